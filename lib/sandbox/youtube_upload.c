/* Resumable uploads:
 * https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "base/utf8.h"

#include "sandbox/media.h"
#include "sandbox/youtube.h"

enum {
    TITLE_MAX = 100,
    DESCRIPTION_MAX_BYTES = 5000,
    FILM_MAX_BYTES = 256 * 1024 * 1024,
    PIECE_UNIT_BYTES = 256 * 1024,
    FILMS_A_DAY = 100, /* of the coordinator's project */
    FILMS_MAX = 10000,
    INCOMPLETE = 308,
};
#define DAY_MS INT64_C(86400000)

/* --- opening --------------------------------------------------------------------------------- */

static bool check_words(struct exchange *exchange, const char *title, const char *description)
{
    if (title == NULL || *title == '\0' || utf8_count(title) > TITLE_MAX ||
        strpbrk(title, "<>") != NULL)
        return sandbox_youtube_say(exchange, 400, "invalidTitle",
                                   "The request metadata specifies an invalid video title.");
    if (description == NULL || strlen(description) > DESCRIPTION_MAX_BYTES ||
        strpbrk(description, "<>") != NULL)
        return sandbox_youtube_say(exchange, 400, "invalidDescription",
                                   "The request metadata specifies an invalid video description.");
    return true;
}

static bool check_status(struct exchange *exchange, const json_t *status)
{
    const char *privacy = json_string_value(json_object_get(status, "privacyStatus"));

    if (privacy == NULL || strcmp(privacy, "public") != 0 ||
        !json_is_false(json_object_get(status, "selfDeclaredMadeForKids")))
        return sandbox_youtube_say(exchange, 400, "invalidVideoMetadata",
                                   "The sandbox wants public films that are not made for kids");
    return true;
}

static bool check_query(struct exchange *exchange)
{
    static const char *const known[] = {"uploadType", "part", "notifySubscribers", NULL};
    const char *query = exchange->request.query;
    struct parameters parameters = {.count = 0};
    const char *type = NULL, *part = NULL;

    if (sandbox_parameters_parse(&parameters, query, strlen(query)) == 0 &&
        sandbox_parameters_unknown(&parameters, known) == NULL) {
        type = sandbox_parameters_get(&parameters, "uploadType");
        part = sandbox_parameters_get(&parameters, "part");
    }
    bool is_fine = type != NULL && strcmp(type, "resumable") == 0 && part != NULL &&
                   strcmp(part, "snippet,status") == 0;
    sandbox_parameters_release(&parameters);
    return is_fine || sandbox_youtube_say(exchange, 400, "badRequest", "Invalid parameter");
}

static bool read_size(struct exchange *exchange, size_t *out)
{
    const char *length = sandbox_request_value(&exchange->request, "x-upload-content-length");
    const char *type = sandbox_request_value(&exchange->request, "x-upload-content-type");

    if (length == NULL || !sandbox_is_number(length) || type == NULL ||
        strcmp(type, "video/mp4") != 0)
        return sandbox_youtube_say(exchange, 400, "badRequest",
                                   "X-Upload-Content-Length and -Type must be a film's");
    *out = strtoull(length, NULL, 10);
    if (*out == 0 || *out > FILM_MAX_BYTES)
        return sandbox_youtube_say(exchange, 400, "badRequest", "The film is too large");
    return true;
}

static bool check_quota(struct world *world, struct exchange *exchange)
{
    bool fits =
        sandbox_window_count(&world->youtube_quota, world->now_ms, DAY_MS, true, FILMS_A_DAY, 1) ||
        world->rate_limits_off;

    return fits ||
           sandbox_youtube_say(exchange, 403, "quotaExceeded",
                               "The request cannot be completed because you have exceeded your "
                               "quota.");
}

static struct film *film_new(struct world *world, struct account *account, const json_t *snippet,
                             size_t size)
{
    struct film *film;

    if (world->film_count == FILMS_MAX)
        return NULL;
    film = memory_alloc(sizeof(*film));
    film->account = account;
    sandbox_trace_id(world, film->id);
    film->title = memory_strdup(json_string_value(json_object_get(snippet, "title")));
    film->description = memory_strdup(json_string_value(json_object_get(snippet, "description")));
    film->size = size;
    text_init(&film->bytes, size);
    film->previous = world->newest_film;
    world->newest_film = film;
    world->film_count++;
    sandbox_table_put(&world->films, film->id, film);
    return film;
}

/* The session's address is at the host that was asked, under the same prefix. */
static void answer_session(struct exchange *exchange, const struct film *film)
{
    const struct request *request = &exchange->request;

    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "location",
                          "https://%s%s?uploadType=resumable&upload_id=%s&part=snippet,status",
                          request->authority, request->path, film->id);
}

void sandbox_youtube_open(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    const json_t *snippet;
    struct film *film;
    json_t *root;
    size_t size = 0;

    if (!sandbox_youtube_authorize(world, exchange, outcome) || !check_query(exchange) ||
        !read_size(exchange, &size))
        return;
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    snippet = json_object_get(root, "snippet");
    if (!sandbox_request_is_type(request, "application/json") || !json_is_object(root)) {
        sandbox_youtube_say(exchange, 400, "badRequest", "The body must be application/json");
    } else if (check_words(exchange, json_string_value(json_object_get(snippet, "title")),
                           json_string_value(json_object_get(snippet, "description"))) &&
               check_status(exchange, json_object_get(root, "status")) &&
               check_quota(world, exchange)) {
        film = film_new(world, outcome->account, snippet, size);
        if (film != NULL)
            answer_session(exchange, film);
        else
            sandbox_youtube_trouble(world, exchange, TROUBLE_FULL, NULL, 0);
    }
    json_decref(root);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static struct film *find_film(const struct world *world, const struct request *request)
{
    struct parameters parameters = {.count = 0};
    struct film *film = NULL;
    const char *id;

    if (sandbox_parameters_parse(&parameters, request->query, strlen(request->query)) == 0) {
        id = sandbox_parameters_get(&parameters, "upload_id");
        film = id != NULL ? sandbox_table_get(&world->films, id) : NULL;
    }
    sandbox_parameters_release(&parameters);
    return film;
}

static void answer_film(struct exchange *exchange, const struct film *film, unsigned status)
{
    struct text *body = &exchange->answer.body;

    sandbox_youtube_ok(exchange, status);
    text_addf(body,
              "{\"kind\":\"youtube#video\",\"id\":\"%s\",\"snippet\":{\"channelId\":\"%s\","
              "\"title\":",
              film->post->id, film->account->key);
    sandbox_json_add(body, film->title, JSON_UTF8);
    text_add(body, "},\"status\":{\"uploadStatus\":\"uploaded\",\"privacyStatus\":\"public\"}}");
}

static void answer_range(struct exchange *exchange, const struct film *film)
{
    exchange->answer.status = INCOMPLETE;
    if (film->bytes.length > 0)
        sandbox_answer_header(&exchange->answer, "range", "bytes=0-%zu", film->bytes.length - 1);
}

/* Eleven letters and digits, as YouTube's ids have. */
static void make_id(struct world *world, char out[12])
{
    char trace[24];

    sandbox_trace_id(world, trace);
    snprintf(out, 12, "%.11s", trace);
}

static struct post *make_post(struct world *world, struct film *film)
{
    struct upload *upload;
    struct text title;
    struct post *post;
    char id[12];

    make_id(world, id);
    upload = sandbox_upload_new(world, film->account, id, film->bytes.bytes, film->bytes.length,
                                film->title);
    post = upload != NULL
               ? sandbox_post_new(world, film->account, id, film->description, strlen(film->title))
               : NULL;
    if (post == NULL)
        return NULL;
    text_init(&title, 8 * 4 * TITLE_MAX);
    sandbox_json_add(&title, film->title, JSON_UTF8);
    post->raw = memory_strdup(title.bytes);
    text_release(&title);
    text_init(&title, 128);
    text_addf(&title, "https://www.youtube.com/watch?v=%s", id);
    post->url = memory_strdup(title.bytes);
    text_release(&title);
    sandbox_post_attach(post, upload);
    return post;
}

/* The last byte is in: there is a film now. */
static void finish(struct world *world, struct exchange *exchange, struct film *film,
                   struct outcome *outcome)
{
    const char *type = sandbox_media_type(film->bytes.bytes, film->bytes.length);

    if (type == NULL || strcmp(type, "video/mp4") != 0) {
        sandbox_youtube_say(exchange, 400, "mediaBodyRequired",
                            "The request does not include the video content.");
        return;
    }
    film->post = make_post(world, film);
    if (film->post == NULL) {
        sandbox_youtube_trouble(world, exchange, TROUBLE_FULL, NULL, 0);
        return;
    }
    outcome->post = film->post;
    outcome->acted = true;
    answer_film(exchange, film, 201);
    text_release(&film->bytes);
    text_init(&film->bytes, 0);
}

/* "bytes 0-262143/3000000"; what was there already is passed over. */
static void take_piece(struct world *world, struct exchange *exchange, struct film *film,
                       const char *range, struct outcome *outcome)
{
    const struct text *body = &exchange->request.body;
    unsigned long long first, last, size;
    char end;

    if (sscanf(range, "bytes %19llu-%19llu/%19llu%c", &first, &last, &size, &end) != 3 ||
        size != film->size || last < first || last >= size || last - first + 1 != body->length ||
        first > film->bytes.length || (last + 1 < size && body->length % PIECE_UNIT_BYTES != 0)) {
        sandbox_youtube_say(exchange, 400, "badRequest", "Invalid Content-Range");
        return;
    }
    if (last >= film->bytes.length) {
        size_t known = film->bytes.length - (size_t)first;
        text_add_bytes(&film->bytes, body->bytes + known, body->length - known);
    }
    if (film->bytes.length == film->size)
        finish(world, exchange, film, outcome);
    else
        answer_range(exchange, film);
}

void sandbox_youtube_put(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    const char *range = sandbox_request_value(request, "content-range");
    struct film *film = find_film(world, request);
    char probe[40];

    if (!sandbox_youtube_authorize(world, exchange, outcome))
        return;
    if (film == NULL || film->account != outcome->account) {
        sandbox_youtube_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
        return;
    }
    snprintf(probe, sizeof(probe), "bytes */%zu", film->size);
    if (film->post != NULL) {
        outcome->post = film->post;
        outcome->repeated = true;
        answer_film(exchange, film, 200);
    } else if (range != NULL && strcmp(range, probe) == 0 && request->body.length == 0) {
        answer_range(exchange, film);
    } else if (range != NULL && sandbox_request_is_type(request, "video/mp4")) {
        take_piece(world, exchange, film, range, outcome);
    } else {
        sandbox_youtube_say(exchange, 400, "badRequest", "Content-Range and -Type are required");
    }
}

void sandbox_youtube_forget(struct world *world)
{
    while (world->newest_film != NULL) {
        struct film *film = world->newest_film;
        world->newest_film = film->previous;
        memory_free(film->title);
        memory_free(film->description);
        text_release(&film->bytes);
        memory_free(film);
    }
    sandbox_table_release(&world->films);
    world->film_count = 0;
    world->youtube_quota = (struct window){0};
}

/* A server of the AT Protocol, as far as an account's posts need it:
 * https://docs.bsky.app/docs/api/com-atproto-repo-put-record */
#include "sandbox/bluesky.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/memory.h"

enum {
    GRAPHEMES_MAX = 300,
    TEXT_MAX_BYTES = 3000,
    LANGUAGES_MAX = 3,
    KEY_LENGTH = 13,
    POINTS_OF_WRITE = 2,
    POINTS_OF_DELETION = 1,
    WINDOW_POINTS = 1,
    URI_SIZE = 256,
};
#define COLLECTION "app.bsky.feed.post"
#define HOUR_MS INT64_C(3600000)

static const char lower_base32[] = "abcdefghijklmnopqrstuvwxyz234567";

static bool invalid(struct exchange *exchange, const char *message)
{
    return sandbox_bluesky_say(exchange, 400, "InvalidRequest", message);
}

void sandbox_bluesky_choose_did(struct world *world, struct account *account)
{
    uint64_t bits[2] = {sandbox_hash(account->key), sandbox_hash(account->key) * 31 + 7};
    char did[40] = "did:plc:";
    size_t at = strlen(did);

    for (size_t i = 0; i < 24; i++) {
        did[at++] = lower_base32[bits[i / 12] & 31];
        bits[i / 12] >>= 5;
    }
    did[at] = '\0';
    account->did = memory_strdup(did);
    sandbox_account_set_key(world, account, did);
}

static const char *procedure_of(const struct path_parts *path)
{
    return path->count == 2 && strcmp(path->items[0], "xrpc") == 0 ? path->items[1] : "";
}

static struct account *bluesky_identify(const struct world *world, const struct request *request,
                                        const struct path_parts *path)
{
    bool is_refresh;
    struct session *session = sandbox_bluesky_session(world, request, &is_refresh);
    struct account *account = session != NULL ? session->account : NULL;
    const char *handle;
    json_t *root;

    if (account != NULL || strcmp(procedure_of(path), "com.atproto.server.createSession") != 0)
        return account;
    root = json_loadb(request->body.bytes, request->body.length, 0, NULL);
    handle = json_string_value(json_object_get(root, "identifier"));
    account = handle != NULL ? sandbox_account_by_key(world, CHANNEL_BLUESKY, handle) : NULL;
    json_decref(root);
    return account;
}

void sandbox_bluesky_cid(enum bluesky_codec codec, const char *of, size_t size,
                         char out[BLUESKY_CID_SIZE])
{
    unsigned char bytes[4 + SHA256_SIZE] = {0x01, (unsigned char)codec, 0x12, 0x20};
    unsigned bits = 0, count = 0;
    size_t at = 0;

    sha256(of, size, bytes + 4);
    out[at++] = 'b';
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 5; count -= 5)
            out[at++] = lower_base32[bits >> (count - 5) & 31];
    }
    if (count > 0)
        out[at++] = lower_base32[bits << (5 - count) & 31];
    out[at] = '\0';
}

static void cid_of(const char *record, char out[BLUESKY_CID_SIZE])
{
    sandbox_bluesky_cid(CODEC_RECORD, record, strlen(record), out);
}

static bool is_key(const char *key)
{
    return strlen(key) == KEY_LENGTH && strspn(key, "234567abcdefghijklmnopqrstuvwxyz") == 13 &&
           strchr("234567abcdefghij", key[0]) != NULL;
}

static void write_uri(char out[URI_SIZE], const struct account *account, const char *key)
{
    snprintf(out, URI_SIZE, "at://%s/" COLLECTION "/%.13s", account->did, key);
}

/* --- records --------------------------------------------------------------------------------- */

/* A reference with another cid than the post's is taken as it is, but leads nowhere. */
static bool read_reference(const struct world *world, struct exchange *exchange, json_t *reply,
                           const char *name, struct post **out)
{
    json_t *reference = json_object_get(reply, name);
    const char *uri = json_string_value(json_object_get(reference, "uri"));
    const char *given = json_string_value(json_object_get(reference, "cid"));
    char cid[BLUESKY_CID_SIZE];

    if (uri == NULL || given == NULL || strncmp(uri, "at://", 5) != 0 ||
        json_object_size(reference) != 2)
        return invalid(exchange, "Record/reply must have root and parent with uri and cid");
    *out = sandbox_post_by_id(world, CHANNEL_BLUESKY, NULL, uri);
    if (*out != NULL) {
        cid_of((*out)->raw, cid);
        if (strcmp(cid, given) != 0)
            *out = NULL;
    }
    return true;
}

static bool check_text(struct exchange *exchange, const char *text)
{
    if (text == NULL)
        return invalid(exchange, "Record must have the property \"text\"");
    if (strlen(text) > TEXT_MAX_BYTES)
        return invalid(exchange, "Record/text must not be longer than 3000 bytes");
    if (sandbox_graphemes(text, strlen(text)) > GRAPHEMES_MAX)
        return invalid(exchange, "Record/text must not be longer than 300 graphemes");
    return true;
}

static bool check_facets(struct exchange *exchange, const json_t *facets, const char *text)
{
    size_t index;
    json_t *facet;

    json_array_foreach(facets, index, facet)
    {
        const json_t *place = json_object_get(facet, "index");
        const json_t *feature = json_array_get(json_object_get(facet, "features"), 0);
        const char *uri = json_string_value(json_object_get(feature, "uri"));
        json_int_t start = json_integer_value(json_object_get(place, "byteStart"));
        json_int_t end = json_integer_value(json_object_get(place, "byteEnd"));
        if (uri == NULL || strncmp(uri, "http", 4) != 0 || start < 0 || end <= start ||
            (size_t)end > strlen(text))
            return invalid(exchange, "Record/facets must be links within the text");
    }
    return true;
}

/* What a record has beside its own members. */
struct record_links {
    struct post *parent;
    struct bluesky_image images[BLUESKY_IMAGES_MAX];
    size_t image_count;
};

static bool check_record(struct world *world, struct exchange *exchange, json_t *record,
                         const struct account *account, struct record_links *links)
{
    const char *type = json_string_value(json_object_get(record, "$type"));
    const char *created = json_string_value(json_object_get(record, "createdAt"));
    const char *text = json_string_value(json_object_get(record, "text"));
    json_t *reply = json_object_get(record, "reply");
    struct post *root;
    int64_t time_ms;

    if (type == NULL || strcmp(type, COLLECTION) != 0)
        return invalid(exchange, "Invalid $type: expected app.bsky.feed.post");
    if (!check_text(exchange, text))
        return false;
    if (created == NULL || !rfc3339_parse(created, &time_ms))
        return invalid(exchange, "Record/createdAt must be an valid atproto datetime");
    if (json_array_size(json_object_get(record, "langs")) > LANGUAGES_MAX)
        return invalid(exchange, "Record/langs must not have more than 3 elements");
    if (!check_facets(exchange, json_object_get(record, "facets"), text) ||
        !sandbox_bluesky_read_embed(world, exchange, json_object_get(record, "embed"), account,
                                    links->images, &links->image_count))
        return false;
    return reply == NULL || (read_reference(world, exchange, reply, "root", &root) &&
                             read_reference(world, exchange, reply, "parent", &links->parent));
}

static bool check_place(struct exchange *exchange, const json_t *root,
                        const struct account *account)
{
    const char *repo = json_string_value(json_object_get(root, "repo"));
    const char *collection = json_string_value(json_object_get(root, "collection"));
    const char *key = json_string_value(json_object_get(root, "rkey"));

    if (repo == NULL || collection == NULL || strcmp(collection, COLLECTION) != 0 || key == NULL)
        return invalid(exchange, "Input must have repo, collection and rkey");
    if (strcmp(repo, account->did) != 0 && strcmp(repo, account->key) != 0)
        return sandbox_bluesky_say(exchange, 403, "AccountNotFound", "Could not find repo");
    if (!is_key(key))
        return invalid(exchange, "Invalid record key for app.bsky.feed.post: Invalid TID string");
    return true;
}

static void answer_record(struct exchange *exchange, const struct post *post, bool is_new)
{
    struct text *body = &exchange->answer.body;
    char cid[BLUESKY_CID_SIZE];

    cid_of(post->raw, cid);
    sandbox_bluesky_ok(exchange);
    text_addf(body, "{\"uri\":\"%s\",\"cid\":\"%s\"", post->id, cid);
    if (is_new)
        text_addf(body, ",\"commit\":{\"cid\":\"%s\",\"rev\":\"3l%011" PRIu64 "\"}", cid,
                  post->number);
    text_add(body, ",\"validationStatus\":\"valid\"}");
}

static bool count_points(struct world *world, struct exchange *exchange, struct account *account,
                         unsigned points)
{
    struct window *window = &account->windows[WINDOW_POINTS];
    bool fits =
        sandbox_window_count(window, world->now_ms, HOUR_MS, false, BLUESKY_POINTS_MAX, points) ||
        world->rate_limits_off;

    sandbox_bluesky_rate_headers(exchange, BLUESKY_POINTS_MAX - window->used,
                                 window->start_ms + HOUR_MS);
    return fits || (sandbox_bluesky_refuse(world, exchange, 429) && false);
}

static void set_text(struct post *post, const json_t *record, char *raw)
{
    const char *language = json_string_value(json_array_get(json_object_get(record, "langs"), 0));

    memory_free(post->text);
    memory_free(post->raw);
    memory_free(post->language);
    post->text = memory_strdup(json_string_value(json_object_get(record, "text")));
    post->raw = memory_strdup(raw);
    post->language = language != NULL ? memory_strdup(language) : NULL;
}

static void put_record(struct world *world, struct exchange *exchange, const json_t *root,
                       const struct record_links *links, struct outcome *outcome)
{
    const json_t *record = json_object_get(root, "record");
    const char *key = json_string_value(json_object_get(root, "rkey"));
    char *raw = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
    char uri[URI_SIZE], url[URI_SIZE];
    struct post *post;

    write_uri(uri, outcome->account, key);
    post = sandbox_post_by_id(world, CHANNEL_BLUESKY, NULL, uri);
    if (post != NULL && post->deleted_ms == 0 && strcmp(post->raw, raw) == 0) {
        outcome->post = post;
        outcome->repeated = true;
        answer_record(exchange, post, false);
        memory_free(raw);
        return;
    }
    if (post == NULL || post->deleted_ms != 0) {
        post = sandbox_post_new(world, outcome->account, uri, "", strlen(raw) * 2);
        if (post != NULL) {
            snprintf(url, sizeof(url), "https://bsky.app/profile/%s/post/%s", outcome->account->did,
                     key);
            post->url = memory_strdup(url);
        }
    }
    if (post == NULL) {
        sandbox_bluesky_refuse(world, exchange, 507);
    } else {
        set_text(post, record, raw);
        post->reply_to = links->parent;
        post->media_count = 0;
        sandbox_bluesky_attach(world, post, links->images, links->image_count);
        outcome->post = post;
        outcome->acted = true;
        answer_record(exchange, post, true);
    }
    memory_free(raw);
}

static void bluesky_put(struct world *world, struct exchange *exchange, const json_t *root,
                        struct outcome *outcome)
{
    struct record_links links = {0};

    if (!sandbox_bluesky_authorize(world, exchange, outcome) ||
        !check_place(exchange, root, outcome->account) ||
        !check_record(world, exchange, json_object_get(root, "record"), outcome->account, &links) ||
        !count_points(world, exchange, outcome->account, POINTS_OF_WRITE))
        return;
    put_record(world, exchange, root, &links, outcome);
}

static void bluesky_delete(struct world *world, struct exchange *exchange, const json_t *root,
                           struct outcome *outcome)
{
    char uri[URI_SIZE];
    struct post *post;

    if (!sandbox_bluesky_authorize(world, exchange, outcome) ||
        !check_place(exchange, root, outcome->account) ||
        !count_points(world, exchange, outcome->account, POINTS_OF_DELETION))
        return;
    write_uri(uri, outcome->account, json_string_value(json_object_get(root, "rkey")));
    post = sandbox_post_by_id(world, CHANNEL_BLUESKY, NULL, uri);
    sandbox_bluesky_ok(exchange);
    if (post == NULL || post->deleted_ms != 0) {
        text_add(&exchange->answer.body, "{}");
        return;
    }
    sandbox_post_delete(world, post);
    outcome->post = post;
    outcome->acted = true;
    text_addf(&exchange->answer.body, "{\"commit\":{\"rev\":\"3l%011" PRIu64 "\"}}", post->number);
}

/* Anybody may read. */
static void bluesky_get(struct world *world, struct exchange *exchange)
{
    const char *query = exchange->request.query;
    struct parameters parameters = {.count = 0};
    const char *repo, *key;
    const struct account *account = NULL;
    const struct post *post = NULL;
    char uri[URI_SIZE], cid[BLUESKY_CID_SIZE];

    if (sandbox_parameters_parse(&parameters, query, strlen(query)) == 0) {
        repo = sandbox_parameters_get(&parameters, "repo");
        key = sandbox_parameters_get(&parameters, "rkey");
        account = repo != NULL ? sandbox_account_by_key(world, CHANNEL_BLUESKY, repo) : NULL;
        if (account != NULL && key != NULL) {
            write_uri(uri, account, key);
            post = sandbox_post_by_id(world, CHANNEL_BLUESKY, NULL, uri);
        }
    }
    if (post == NULL || post->deleted_ms != 0) {
        sandbox_bluesky_say(exchange, 400, "RecordNotFound", "Could not locate record");
    } else {
        cid_of(post->raw, cid);
        sandbox_bluesky_ok(exchange);
        text_addf(&exchange->answer.body, "{\"uri\":\"%s\",\"cid\":\"%s\",\"value\":%s}", post->id,
                  cid, post->raw);
    }
    sandbox_parameters_release(&parameters);
}

/* --- requests -------------------------------------------------------------------------------- */

static void bluesky_write(struct world *world, struct exchange *exchange, bool is_put,
                          struct outcome *outcome)
{
    const struct text *body = &exchange->request.body;
    json_t *root = json_loadb(body->bytes, body->length, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(root) || !sandbox_request_is_type(&exchange->request, "application/json"))
        invalid(exchange, "Request encoding must be application/json");
    else if (is_put)
        bluesky_put(world, exchange, root, outcome);
    else
        bluesky_delete(world, exchange, root, outcome);
    json_decref(root);
}

static void bluesky_handle(struct world *world, struct exchange *exchange,
                           const struct path_parts *path, struct outcome *outcome)
{
    const char *procedure = procedure_of(path);
    bool is_post = strcmp(exchange->request.method, "POST") == 0;
    bool is_get = strcmp(exchange->request.method, "GET") == 0;

    if (is_post && strcmp(procedure, "com.atproto.server.createSession") == 0)
        sandbox_bluesky_sign_in(world, exchange, outcome);
    else if (is_post && strcmp(procedure, "com.atproto.server.refreshSession") == 0)
        sandbox_bluesky_refresh(world, exchange, outcome);
    else if (is_get && strcmp(procedure, "com.atproto.server.getSession") == 0)
        sandbox_bluesky_who(world, exchange, outcome);
    else if (is_post && strcmp(procedure, "com.atproto.repo.uploadBlob") == 0)
        sandbox_bluesky_upload(world, exchange, outcome);
    else if (is_post && strcmp(procedure, "com.atproto.repo.putRecord") == 0)
        bluesky_write(world, exchange, true, outcome);
    else if (is_post && strcmp(procedure, "com.atproto.repo.deleteRecord") == 0)
        bluesky_write(world, exchange, false, outcome);
    else if (is_get && strcmp(procedure, "com.atproto.repo.getRecord") == 0)
        bluesky_get(world, exchange);
    else
        sandbox_bluesky_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

/* Deleting is POST as well, and so is opening a session. */
static const char *bluesky_does(const struct path_parts *path)
{
    const char *procedure = procedure_of(path);

    if (strcmp(procedure, "com.atproto.repo.putRecord") == 0 ||
        strcmp(procedure, "com.atproto.repo.uploadBlob") == 0)
        return "POST";
    return strcmp(procedure, "com.atproto.repo.deleteRecord") == 0 ? "DELETE" : "GET";
}

const struct network sandbox_bluesky = {
    .prefix = "/bluesky",
    .identify = bluesky_identify,
    .handle = bluesky_handle,
    .trouble = sandbox_bluesky_trouble,
    .refuse = sandbox_bluesky_refuse,
    .does = bluesky_does,
};

/* A Mastodon server, as far as an account's posts need it:
 * https://docs.joinmastodon.org/methods/statuses */
#include "sandbox/mastodon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"

#include "sandbox/media.h"

enum { LIST_DEFAULT = 20, LIST_MAX = 40, KEY_MAX_BYTES = 255 };
#define KEY_LIFE_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

static const struct {
    unsigned limit;
    int64_t length_ms;
} limits[] = {
    [COUNTED_REQUESTS] = {300, 5 * MINUTE_MS},
    [COUNTED_STATUSES] = {300, 180 * MINUTE_MS},
    [COUNTED_DELETIONS] = {30, 30 * MINUTE_MS},
    [COUNTED_MEDIA] = {30, 30 * MINUTE_MS},
};

static struct account *mastodon_identify(const struct world *world, const struct request *request,
                                         const struct path_parts *path)
{
    const char *token = sandbox_bearer_token(request);

    (void)path;
    return token != NULL ? sandbox_account_by_token(world, CHANNEL_MASTODON, token) : NULL;
}

/* A token never seen before, where no accounts were given: an account of its own. */
static struct account *mastodon_bind(struct world *world, const char *token)
{
    struct account *account = sandbox_account_new(world, CHANNEL_MASTODON);
    char key[24];

    if (account == NULL)
        return NULL;
    snprintf(key, sizeof(key), "%" PRIu64,
             UINT64_C(110000000000000000) + sandbox_hash(token) % UINT64_C(900000000000000));
    sandbox_account_set_key(world, account, key);
    sandbox_account_set_token(world, account, token);
    return account;
}

bool sandbox_mastodon_authorize(struct world *world, struct exchange *exchange,
                                struct outcome *outcome, enum mastodon_counted counted)
{
    const char *token = sandbox_bearer_token(&exchange->request);
    struct window *window;
    bool fits;

    if (token == NULL || !sandbox_token_is_formed(token))
        return sandbox_mastodon_refuse(world, exchange, 401) && false;
    if (outcome->account == NULL && !world->strict_accounts)
        outcome->account = mastodon_bind(world, token);
    if (outcome->account == NULL)
        return sandbox_mastodon_refuse(world, exchange, 401) && false;
    window = &outcome->account->windows[counted];
    fits = sandbox_window_count(window, world->now_ms, limits[counted].length_ms, true,
                                limits[counted].limit, 1);
    sandbox_mastodon_rate_headers(exchange, limits[counted].limit,
                                  world->rate_limits_off ? 1 : window->used,
                                  window->start_ms + limits[counted].length_ms);
    if (!fits && !world->rate_limits_off)
        return sandbox_mastodon_refuse(world, exchange, 429) && false;
    return true;
}

struct draft_status {
    const char *text, *language;
    struct post *reply_to;
    struct upload *media[MASTODON_MEDIA_MAX];
    size_t media_count;
};

static bool read_member(const struct world *world, struct exchange *exchange, const char *name,
                        const char *value, const struct account *account, struct draft_status *out)
{
    if (value == NULL)
        return sandbox_mastodon_say(exchange, 400, "Invalid parameter: not a string");
    if (strcmp(name, "status") == 0) {
        out->text = value;
    } else if (strcmp(name, "language") == 0) {
        if (strlen(value) < 2 || strlen(value) > 3)
            return sandbox_mastodon_say(exchange, 422,
                                        "Validation failed: Language is not a valid language");
        out->language = value;
    } else if (strcmp(name, "visibility") == 0) {
        if (strcmp(value, "public") != 0 && strcmp(value, "unlisted") != 0)
            return sandbox_mastodon_say(exchange, 422,
                                        "Validation failed: Visibility is not in the list");
    } else if (strcmp(name, "in_reply_to_id") == 0) {
        out->reply_to = sandbox_post_by_id(world, CHANNEL_MASTODON, NULL, value);
        if (out->reply_to == NULL || out->reply_to->deleted_ms != 0 ||
            out->reply_to->account != account)
            return sandbox_mastodon_say(exchange, 404, "Record not found");
    } else {
        return sandbox_mastodon_say(exchange, 400,
                                    "Invalid parameter: one that the sandbox does not know");
    }
    return true;
}

static bool read_status(const struct world *world, struct exchange *exchange, json_t *root,
                        const struct account *account, struct draft_status *out)
{
    const char *name;
    json_t *value;

    if (!json_is_object(root))
        return sandbox_mastodon_say(exchange, 400, "Error occurred while parsing request params");
    json_object_foreach(root, name, value)
    {
        bool is_media = strcmp(name, "media_ids") == 0;
        if (is_media && !sandbox_mastodon_read_media(world, exchange, value, account, out->media,
                                                     &out->media_count))
            return false;
        if (!is_media &&
            !read_member(world, exchange, name, json_string_value(value), account, out))
            return false;
    }
    if (out->text == NULL || out->text[strspn(out->text, " \t\r\n")] == '\0')
        return sandbox_mastodon_say(exchange, 422, "Validation failed: Text can't be blank");
    size_t limit = account->text_limit > 0 ? account->text_limit : MASTODON_TEXT_MAX;
    if (sandbox_mastodon_length(out->text) > limit) {
        char words[96];
        snprintf(words, sizeof(words), "Validation failed: Text character limit of %zu exceeded",
                 limit);
        return sandbox_mastodon_say(exchange, 422, words);
    }
    return true;
}

uint64_t sandbox_mastodon_next_id(struct world *world)
{
    uint64_t number = (uint64_t)world->now_ms << 16;

    if (number <= world->last_mastodon_id)
        number = world->last_mastodon_id + 1;
    world->last_mastodon_id = number;
    return number;
}

static struct post *make_status(struct world *world, struct exchange *exchange,
                                struct account *account, const struct draft_status *draft)
{
    char id[24], url[160];
    struct post *post;

    snprintf(id, sizeof(id), "%" PRIu64, sandbox_mastodon_next_id(world));
    post = sandbox_post_new(world, account, id, draft->text, 0);
    if (post == NULL) {
        sandbox_mastodon_trouble(world, exchange, TROUBLE_FULL, account, 0);
        return NULL;
    }
    snprintf(url, sizeof(url), "https://mastodon.example/@user%.30s/%s", account->key, id);
    post->url = memory_strdup(url);
    post->language = draft->language != NULL ? memory_strdup(draft->language) : NULL;
    post->reply_to = draft->reply_to;
    for (size_t i = 0; i < draft->media_count; i++)
        sandbox_post_attach(post, draft->media[i]);
    return post;
}

static void answer_status(struct exchange *exchange, const struct post *post)
{
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    sandbox_mastodon_add_status(&exchange->answer.body, post);
}

/* The key is looked at before anything else of the request: another text under it is not read. */
static void mastodon_create(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    const char *given = sandbox_request_value(request, "idempotency-key");
    struct draft_status draft = {0};
    char key[KEY_MAX_BYTES + 32] = "";
    struct post *known = NULL;
    json_t *root;

    if (!sandbox_mastodon_authorize(world, exchange, outcome, COUNTED_STATUSES))
        return;
    if (!sandbox_request_is_type(request, "application/json")) {
        sandbox_mastodon_say(exchange, 400, "The sandbox takes application/json");
        return;
    }
    if (given != NULL && strlen(given) <= KEY_MAX_BYTES && !world->key_ignored)
        snprintf(key, sizeof(key), "%zu:%s", outcome->account->number, given);
    if (key[0] != '\0')
        known = sandbox_table_get(&world->by_post_key, key);
    if (known != NULL && known->deleted_ms == 0 &&
        world->now_ms - known->created_ms < KEY_LIFE_MS) {
        outcome->post = known;
        outcome->repeated = true;
        answer_status(exchange, known);
        return;
    }
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (read_status(world, exchange, root, outcome->account, &draft))
        outcome->post = make_status(world, exchange, outcome->account, &draft);
    json_decref(root);
    if (outcome->post == NULL)
        return;
    outcome->acted = true;
    if (key[0] != '\0')
        sandbox_table_put(&world->by_post_key, key, outcome->post);
    answer_status(exchange, outcome->post);
}

static void mastodon_delete(struct world *world, struct exchange *exchange, const char *id,
                            struct outcome *outcome)
{
    struct post *post;

    if (!sandbox_mastodon_authorize(world, exchange, outcome, COUNTED_DELETIONS))
        return;
    post = sandbox_post_by_id(world, CHANNEL_MASTODON, NULL, id);
    if (post == NULL || post->deleted_ms != 0 || post->account != outcome->account) {
        sandbox_mastodon_refuse(world, exchange, 404);
        return;
    }
    sandbox_post_delete(world, post);
    outcome->post = post;
    outcome->acted = true;
    answer_status(exchange, post);
}

static void mastodon_who(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    struct text *body = &exchange->answer.body;
    const struct account *account;

    if (!sandbox_mastodon_authorize(world, exchange, outcome, COUNTED_REQUESTS))
        return;
    account = outcome->account;
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    text_addf(body, "{\"id\":\"%s\",\"username\":\"user%s\",\"acct\":\"user%s\",\"display_name\":",
              account->key, account->key, account->key);
    sandbox_json_add(body, account->name != NULL ? account->name : "Sandbox user", JSON_UTF8);
    text_addf(body, ",\"url\":\"https://mastodon.example/@user%s\"}", account->key);
}

static void list_statuses(struct world *world, struct exchange *exchange,
                          const struct account *account, size_t limit)
{
    struct text *body = &exchange->answer.body;
    size_t count = 0;

    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    text_add_char(body, '[');
    for (const struct post *post = account->newest; post != NULL && count < limit;
         post = post->previous) {
        if (!sandbox_post_is_listed(world, post))
            continue;
        if (count++ > 0)
            text_add_char(body, ',');
        sandbox_mastodon_add_status(body, post);
    }
    text_add_char(body, ']');
}

static void mastodon_list(struct world *world, struct exchange *exchange, const char *id,
                          struct outcome *outcome)
{
    static const char *const known[] = {"limit", "exclude_reblogs", NULL};
    const char *query = exchange->request.query;
    struct parameters parameters = {.count = 0};
    const struct account *account = sandbox_account_by_key(world, CHANNEL_MASTODON, id);
    const char *limit;

    if (!sandbox_mastodon_authorize(world, exchange, outcome, COUNTED_REQUESTS))
        return;
    if (account == NULL) {
        sandbox_mastodon_refuse(world, exchange, 404);
    } else if (sandbox_parameters_parse(&parameters, query, strlen(query)) < 0 ||
               parameters.repeated != NULL ||
               sandbox_parameters_unknown(&parameters, known) != NULL) {
        sandbox_mastodon_refuse(world, exchange, 400);
    } else {
        limit = sandbox_parameters_get(&parameters, "limit");
        size_t count = limit != NULL ? strtoul(limit, NULL, 10) : LIST_DEFAULT;
        list_statuses(world, exchange, account, count > LIST_MAX ? LIST_MAX : count);
    }
    sandbox_parameters_release(&parameters);
}

static void mastodon_instance(struct exchange *exchange)
{
    exchange->answer.status = 200;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    text_addf(&exchange->answer.body,
              "{\"uri\":\"mastodon.example\",\"title\":\"Sandbox\",\"version\":\"4.3.0\","
              "\"configuration\":{\"statuses\":{\"max_characters\":%d,"
              "\"characters_reserved_per_url\":%d}}}",
              MASTODON_TEXT_MAX, MASTODON_LINK_LENGTH);
}

static void mastodon_handle(struct world *world, struct exchange *exchange,
                            const struct path_parts *path, struct outcome *outcome)
{
    const char *const *parts = path->items;
    const char *method = exchange->request.method;
    bool is_get = strcmp(method, "GET") == 0;
    bool is_api = path->count >= 3 && strcmp(parts[0], "api") == 0;
    const char *what = is_api && strcmp(parts[1], "v1") == 0 ? parts[2] : "";
    bool is_media = is_api && strcmp(parts[2], "media") == 0;

    if (strcmp(what, "statuses") == 0 && path->count == 3 && strcmp(method, "POST") == 0)
        mastodon_create(world, exchange, outcome);
    else if (strcmp(what, "statuses") == 0 && path->count == 4 && strcmp(method, "DELETE") == 0)
        mastodon_delete(world, exchange, parts[3], outcome);
    else if (strcmp(what, "accounts") == 0 && path->count == 4 && is_get &&
             strcmp(parts[3], "verify_credentials") == 0)
        mastodon_who(world, exchange, outcome);
    else if (strcmp(what, "accounts") == 0 && path->count == 5 && is_get &&
             strcmp(parts[4], "statuses") == 0)
        mastodon_list(world, exchange, parts[3], outcome);
    else if (is_media && strcmp(parts[1], "v2") == 0 && path->count == 3 &&
             strcmp(method, "POST") == 0)
        sandbox_mastodon_upload(world, exchange, outcome);
    else if (is_media && strcmp(parts[1], "v1") == 0 && path->count == 4 && is_get)
        sandbox_mastodon_upload_state(world, exchange, parts[3], outcome);
    else if (strcmp(what, "instance") == 0 && path->count == 3 && is_get)
        mastodon_instance(exchange);
    else
        sandbox_mastodon_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

const struct network sandbox_mastodon = {
    .prefix = "/mastodon",
    .identify = mastodon_identify,
    .handle = mastodon_handle,
    .trouble = sandbox_mastodon_trouble,
    .refuse = sandbox_mastodon_refuse,
};

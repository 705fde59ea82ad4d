/* X API v2, as far as an account's posts need it: https://docs.x.com/x-api */
#include "sandbox/x.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "sandbox/media.h"

enum { TEXT_MAX_WEIGHT = 280 };
#define DUPLICATE_WINDOW_MS INT64_C(86400000) /* a day */
#define SNOWFLAKE_EPOCH_MS INT64_C(1288834974657)

struct draft_post {
    const char *text;
    struct post *reply_to;
    struct upload *media[X_MEDIA_MAX];
    size_t media_count;
};

static bool x_check_reply(struct world *world, struct exchange *exchange, json_t *reply,
                          struct draft_post *draft, const struct account *account)
{
    const char *id = json_string_value(json_object_get(reply, "in_reply_to_tweet_id"));
    const char *key;
    json_t *value;

    json_object_foreach(reply, key, value)
    {
        if (strcmp(key, "in_reply_to_tweet_id") != 0 &&
            strcmp(key, "auto_populate_reply_metadata") != 0)
            return sandbox_x_invalid(exchange, "reply", key,
                                     "This member of reply is not known here");
    }
    if (id == NULL || !sandbox_is_number(id))
        return sandbox_x_invalid(exchange, "reply.in_reply_to_tweet_id", id != NULL ? id : "",
                                 "in_reply_to_tweet_id must be a string of 1 to 19 digits");
    draft->reply_to = sandbox_post_by_id(world, CHANNEL_X, NULL, id);
    if (draft->reply_to == NULL || draft->reply_to->deleted_ms != 0)
        return sandbox_x_not_found(exchange, "post", id);
    if (draft->reply_to->account != account)
        return sandbox_x_problem(
            exchange, 403, "Forbidden", BLANK,
            "Reply to this conversation is not allowed because you have not been "
            "mentioned or otherwise engaged by the author of the post you are "
            "replying to.");
    return true;
}

static bool x_check_text(struct world *world, struct exchange *exchange, const char *text)
{
    uint32_t code_point;
    size_t length = strlen(text);

    if (length == 0)
        return sandbox_x_invalid(exchange, "text", "", "text is missing or empty");
    for (size_t at = 0; at < length;) {
        size_t used = utf8_decode(text + at, length - at, &code_point);
        if (used == 0 || code_point == 0xfffe || code_point == 0xfeff || code_point == 0xffff)
            return sandbox_x_invalid(exchange, "text", "",
                                     "text has characters that are not allowed");
        at += used;
    }
    if (sandbox_x_weight(text) > TEXT_MAX_WEIGHT)
        return sandbox_x_refuse(world, exchange, 403) && false;
    return true;
}

static bool x_read_draft(struct world *world, struct exchange *exchange, json_t *root,
                         const struct account *account, struct draft_post *draft)
{
    const char *key;
    json_t *value;

    if (!json_is_object(root))
        return sandbox_x_invalid(exchange, NULL, NULL, "The body is not a JSON object");
    json_object_foreach(root, key, value)
    {
        if (strcmp(key, "text") == 0 && json_is_string(value))
            draft->text = json_string_value(value);
        else if (strcmp(key, "reply") == 0 && json_is_object(value)) {
            if (!x_check_reply(world, exchange, value, draft, account))
                return false;
        } else if (strcmp(key, "media") == 0 && json_is_object(value)) {
            if (!sandbox_x_read_media(world, exchange, value, account, draft->media,
                                      &draft->media_count))
                return false;
        } else {
            return sandbox_x_invalid(exchange, key, "",
                                     "This member is not known here, or of a wrong type");
        }
    }
    return x_check_text(world, exchange, draft->text != NULL ? draft->text : "");
}

static void text_key(char out[128], const struct account *account, const char *text)
{
    unsigned char digest[SHA256_SIZE];
    struct text hex;

    sha256(text ? text : "", text ? strlen(text) : 0, digest);
    text_init(&hex, 2 * SHA256_SIZE);
    hex_add(&hex, digest, sizeof(digest));
    snprintf(out, 128, "%zu:%s", account->number, hex.bytes);
    text_release(&hex);
}

static bool x_is_duplicate(const struct world *world, const char *key)
{
    const struct post *post = sandbox_table_get(&world->by_text, key);

    return post != NULL && post->deleted_ms == 0 && !world->duplicates_allowed &&
           world->now_ms - post->created_ms < DUPLICATE_WINDOW_MS;
}

uint64_t sandbox_x_next_id(struct world *world)
{
    uint64_t id = (uint64_t)(world->now_ms - SNOWFLAKE_EPOCH_MS) << 22;

    if (id <= world->last_x_id)
        id = world->last_x_id + 1;
    world->last_x_id = id;
    return id;
}

static struct post *x_make_post(struct world *world, struct exchange *exchange,
                                struct account *account, const struct draft_post *draft)
{
    char key[128];
    char id[24];
    char url[160];
    struct post *post;

    text_key(key, account, draft->text);
    if (x_is_duplicate(world, key)) {
        sandbox_x_trouble(world, exchange, TROUBLE_DUPLICATE, account, 0);
        return NULL;
    }
    snprintf(id, sizeof(id), "%" PRIu64, sandbox_x_next_id(world));
    post = sandbox_post_new(world, account, id, draft->text, 0);
    if (post == NULL) {
        sandbox_x_trouble(world, exchange, TROUBLE_FULL, account, 0);
        return NULL;
    }
    snprintf(url, sizeof(url), "https://x.com/user%.30s/status/%s", account->key, id);
    post->url = memory_strdup(url);
    post->reply_to = draft->reply_to;
    for (size_t i = 0; i < draft->media_count; i++)
        sandbox_post_attach(post, draft->media[i]);
    sandbox_table_put(&world->by_text, key, post);
    return post;
}

static void x_create(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    struct text *body = &exchange->answer.body;
    struct draft_post draft = {0};
    json_error_t problem;
    json_t *root = NULL;
    struct post *post;

    if (!sandbox_x_authorize(world, exchange, outcome) ||
        !sandbox_x_count(world, exchange, outcome->account, X_CREATE))
        return;
    if (*request->query != '\0') {
        sandbox_x_invalid(exchange, NULL, NULL, "There are no query parameters here");
        return;
    }
    if (!sandbox_request_is_type(request, "application/json")) {
        sandbox_x_invalid(exchange, NULL, NULL, "The content type must be application/json");
        return;
    }
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, &problem);
    if (!x_read_draft(world, exchange, root, outcome->account, &draft))
        goto out;
    post = x_make_post(world, exchange, outcome->account, &draft);
    if (post == NULL)
        goto out;
    outcome->post = post;
    outcome->acted = true;
    exchange->answer.status = 201;
    sandbox_x_headers(exchange);
    text_addf(body,
              "{\"data\":{\"edit_history_tweet_ids\":[\"%s\"],\"id\":\"%s\",\"text\":", post->id,
              post->id);
    sandbox_x_add_wrapped(body, post);
    text_add(body, "}}");
out:
    json_decref(root);
}

static void x_delete(struct world *world, struct exchange *exchange, const char *id,
                     struct outcome *outcome)
{
    struct post *post;

    if (!sandbox_x_authorize(world, exchange, outcome) ||
        !sandbox_x_count(world, exchange, outcome->account, X_DELETE))
        return;
    if (*exchange->request.query != '\0' || exchange->request.body.length > 0) {
        sandbox_x_invalid(exchange, NULL, NULL, "There are no parameters here");
        return;
    }
    if (!sandbox_is_number(id)) {
        sandbox_x_invalid(exchange, "id", id, "The id must be a string of 1 to 19 digits");
        return;
    }
    post = sandbox_post_by_id(world, CHANNEL_X, NULL, id);
    if (post == NULL || post->deleted_ms != 0) {
        sandbox_x_not_found(exchange, "post", id);
        return;
    }
    if (post->account != outcome->account) {
        sandbox_x_problem(exchange, 403, "Forbidden", BLANK,
                          "You are not authorized to delete this Post.");
        return;
    }
    sandbox_post_delete(world, post);
    outcome->post = post;
    outcome->acted = true;
    exchange->answer.status = 200;
    sandbox_x_headers(exchange);
    text_add(&exchange->answer.body, "{\"data\":{\"deleted\":true}}");
}

static void x_me(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    static const char *const known[] = {"user.fields", NULL};
    struct text *body = &exchange->answer.body;
    struct parameters parameters = {.count = 0};
    const struct account *account;

    if (sandbox_x_authorize(world, exchange, outcome) &&
        sandbox_x_count(world, exchange, outcome->account, X_ME) &&
        sandbox_x_read_query(exchange, &parameters, known)) {
        account = outcome->account;
        exchange->answer.status = 200;
        sandbox_x_headers(exchange);
        text_addf(body, "{\"data\":{\"id\":\"%s\",\"name\":", account->key);
        sandbox_json_add(body, account->name != NULL ? account->name : "Sandbox user", JSON_UTF8);
        text_addf(body, ",\"username\":\"user%s\"}}", account->key);
    }
    sandbox_parameters_release(&parameters);
}

static void x_handle(struct world *world, struct exchange *exchange, const struct path_parts *path,
                     struct outcome *outcome)
{
    const char *const *parts = path->items;
    const char *method = exchange->request.method;
    bool is_post = strcmp(method, "POST") == 0;
    bool is_get = strcmp(method, "GET") == 0;
    bool version = path->count > 1 && strcmp(parts[0], "2") == 0;
    bool tweets = version && strcmp(parts[1], "tweets") == 0;
    bool users = version && strcmp(parts[1], "users") == 0;
    bool media = version && path->count == 3 && strcmp(parts[1], "media") == 0;
    bool token = version && path->count == 3 && strcmp(parts[1], "oauth2") == 0 &&
                 strcmp(parts[2], "token") == 0;

    if (tweets && path->count == 2 && is_post)
        x_create(world, exchange, outcome);
    else if (tweets && path->count == 3 && strcmp(method, "DELETE") == 0)
        x_delete(world, exchange, parts[2], outcome);
    else if (users && path->count == 3 && strcmp(parts[2], "me") == 0 && is_get)
        x_me(world, exchange, outcome);
    else if (users && path->count == 4 && strcmp(parts[3], "tweets") == 0 && is_get)
        sandbox_x_timeline(world, exchange, parts[2], outcome);
    else if (media && strcmp(parts[2], "upload") == 0 && is_post)
        sandbox_x_upload(world, exchange, outcome);
    else if (media && strcmp(parts[2], "metadata") == 0 && is_post)
        sandbox_x_describe(world, exchange, outcome);
    else if (token && is_post)
        sandbox_x_token(world, exchange, outcome);
    else if ((tweets && path->count <= 3) || token ||
             (users && path->count == 3 && strcmp(parts[2], "me") == 0))
        sandbox_x_problem(exchange, 405, "Method Not Allowed", BLANK, "Method Not Allowed");
    else
        sandbox_x_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

const struct network sandbox_x = {
    .prefix = "/x",
    .identify = sandbox_x_identify,
    .handle = x_handle,
    .trouble = sandbox_x_trouble,
    .refuse = sandbox_x_refuse,
};

/* X API v2, as far as an account's posts need it: https://docs.x.com/x-api */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "sandbox/network.h"

enum {
    TEXT_MAX_WEIGHT = 280,
    TIMELINE_MIN = 5,
    TIMELINE_MAX = 100,
    TIMELINE_DEFAULT = 10,
    WRAPPED_MAX_BYTES = 64 * 1024,
};
#define WINDOW_MS INT64_C(900000)           /* 15 minutes */
#define DUPLICATE_WINDOW_MS INT64_C(86400000) /* a day */
#define SNOWFLAKE_EPOCH_MS INT64_C(1288834974657)

static const unsigned window_limits[X_ENDPOINT_COUNT] = {
    [X_CREATE] = 100, [X_DELETE] = 50, [X_ME] = 75, [X_TIMELINE] = 900,
};

struct x_problem {
    int code; /* for refuse:code=; legacy codes have their own shape */
    unsigned status;
    bool legacy;
    const char *title, *type, *detail;
};

#define BLANK "about:blank"
#define PROBLEM "https://api.x.com/2/problems/"

static const struct x_problem problems[] = {
    {400, 400, false, "Invalid Request", PROBLEM "invalid-request",
     "One or more parameters to your request was invalid."},
    {401, 401, false, "Unauthorized", BLANK, "Unauthorized"},
    {402, 402, false, "CreditsDepleted", PROBLEM "credits",
     "Your enrolled account [1] does not have any credits to fulfill this request."},
    {403, 403, false, "Forbidden", BLANK, "You are not permitted to perform this action."},
    {404, 404, false, "Not Found Error", PROBLEM "resource-not-found", "Could not find it."},
    {429, 429, false, "Too Many Requests", BLANK, "Too Many Requests"},
    {500, 500, false, "Internal Server Error", BLANK, "Something is broken."},
    {503, 503, false, "Service Unavailable", BLANK, "Service Unavailable"},
    {32, 401, true, NULL, NULL, "Could not authenticate you."},
    {64, 403, true, NULL, NULL, "Your account is suspended and is not permitted to access this "
                                "feature."},
    {88, 429, true, NULL, NULL, "Rate limit exceeded"},
    {89, 401, true, NULL, NULL, "Invalid or expired token."},
    {130, 503, true, NULL, NULL, "Over capacity"},
    {131, 500, true, NULL, NULL, "Internal error"},
    {185, 403, true, NULL, NULL, "User is over daily status update limit."},
    {186, 403, true, NULL, NULL, "Tweet needs to be a bit shorter."},
    {187, 403, true, NULL, NULL, "Status is a duplicate."},
    {226, 403, true, NULL, NULL, "This request looks like it might be automated."},
    {261, 403, true, NULL, NULL, "Application cannot perform write actions."},
    {326, 403, true, NULL, NULL, "To protect our users from spam and other malicious activity, "
                                 "this account is temporarily locked."},
};

static void x_headers(struct exchange *exchange)
{
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
}

static bool x_problem(struct exchange *exchange, unsigned status, const char *title,
                      const char *type, const char *detail)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type",
                          "application/problem+json; charset=utf-8");
    text_add(body, "{\"title\":");
    sandbox_json_add(body, title, JSON_UTF8);
    text_add(body, ",\"detail\":");
    sandbox_json_add(body, detail, JSON_UTF8);
    text_addf(body, ",\"type\":\"%s\",\"status\":%u}", type, status);
    return false;
}

static bool x_refuse(struct world *world, struct exchange *exchange, int code)
{
    const struct x_problem *problem = NULL;

    (void)world;
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]) && problem == NULL; i++) {
        if (problems[i].code == code)
            problem = &problems[i];
    }
    if (problem == NULL)
        return false;
    if (problem->legacy) {
        exchange->answer.status = problem->status;
        x_headers(exchange);
        text_addf(&exchange->answer.body, "{\"errors\":[{\"code\":%d,\"message\":\"%s\"}]}",
                  problem->code, problem->detail);
    } else {
        x_problem(exchange, problem->status, problem->title, problem->type, problem->detail);
    }
    return true;
}

/* 400, naming the parameter. */
static bool x_invalid(struct exchange *exchange, const char *parameter, const char *value,
                      const char *message)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = 400;
    x_headers(exchange);
    text_add(body, "{\"errors\":[{\"parameters\":{");
    if (parameter != NULL) {
        sandbox_json_add(body, parameter, JSON_UTF8);
        text_add(body, ":[");
        sandbox_json_add(body, value, JSON_UTF8);
        text_add(body, "]");
    }
    text_add(body, "},\"message\":");
    sandbox_json_add(body, message, JSON_UTF8);
    text_add(body, "}],\"title\":\"Invalid Request\",\"detail\":\"One or more parameters to your "
                   "request was invalid.\",\"type\":\"" PROBLEM "invalid-request\"}");
    return false;
}

static bool x_not_found(struct exchange *exchange, const char *what, const char *id)
{
    char detail[200];

    snprintf(detail, sizeof(detail), "Could not find %s with id: [%.40s].", what, id);
    return x_problem(exchange, 404, "Not Found Error", PROBLEM "resource-not-found", detail);
}

static void rate_headers(struct exchange *exchange, unsigned limit, unsigned used,
                         int64_t reset_ms)
{
    sandbox_answer_header(&exchange->answer, "x-rate-limit-limit", "%u", limit);
    sandbox_answer_header(&exchange->answer, "x-rate-limit-remaining", "%u",
                          used < limit ? limit - used : 0);
    sandbox_answer_header(&exchange->answer, "x-rate-limit-reset", "%" PRId64,
                          (reset_ms + 999) / 1000);
}

static void x_trouble(struct world *world, struct exchange *exchange,
                      enum network_trouble trouble, const struct account *account,
                      int64_t seconds)
{
    (void)account;
    switch (trouble) {
    case TROUBLE_SERVER:
        x_refuse(world, exchange, 500);
        break;
    case TROUBLE_UNAVAILABLE:
        x_refuse(world, exchange, 503);
        break;
    case TROUBLE_LIMIT:
        rate_headers(exchange, window_limits[X_CREATE], window_limits[X_CREATE],
                     world->now_ms + seconds * 1000);
        x_refuse(world, exchange, 429);
        break;
    case TROUBLE_EXPIRED:
        x_refuse(world, exchange, 401);
        break;
    case TROUBLE_DUPLICATE:
        x_problem(exchange, 403, "Forbidden", BLANK,
                  "You are not allowed to create a Tweet with duplicate content.");
        break;
    case TROUBLE_FULL:
        x_problem(exchange, 507, "Insufficient Storage", BLANK, "The sandbox keeps no more posts");
        break;
    case TROUBLE_BODY:
        x_problem(exchange, 413, "Payload Too Large", BLANK, "Payload Too Large");
        break;
    case TROUBLE_HEAD:
        x_problem(exchange, 431, "Request Header Fields Too Large", BLANK,
                  "Request Header Fields Too Large");
        break;
    case TROUBLE_NOT_FOUND:
        x_problem(exchange, 404, "Not Found", BLANK, "Not Found");
        break;
    }
}

static const char *bearer_token(const char *authorization)
{
    return strncasecmp(authorization, "Bearer ", 7) == 0 ? authorization + 7 : NULL;
}

static struct account *x_identify(const struct world *world, const struct request *request,
                                  const struct path_parts *path)
{
    const char *authorization = sandbox_request_value(request, "authorization");
    struct oauth_header header;
    const char *token;

    (void)path;
    if (authorization == NULL)
        return NULL;
    token = bearer_token(authorization);
    if (token == NULL && sandbox_oauth_read(&header, authorization))
        token = header.token;
    return token != NULL ? sandbox_account_by_token(world, CHANNEL_X, token) : NULL;
}

/* A token never seen before, where no accounts were given: a user of its own. */
static struct account *x_bind(struct world *world, const char *token)
{
    struct account *account = sandbox_account_new(world, CHANNEL_X);
    char key[24];

    if (account == NULL)
        return NULL;
    snprintf(key, sizeof(key), "%" PRIu64,
             UINT64_C(1000000000000000000) + sandbox_hash(token) % UINT64_C(900000000000000000));
    sandbox_account_set_key(world, account, key);
    sandbox_account_set_token(world, account, token);
    return account;
}

static bool x_check_oauth(struct world *world, struct exchange *exchange,
                          const struct oauth_header *header, const struct account *account)
{
    if (account != NULL && account->given) {
        if (account->api_key == NULL || strcmp(account->api_key, header->consumer_key) != 0 ||
            !sandbox_oauth_verify(&exchange->request, header, account->api_secret,
                                  account->access_secret))
            return x_refuse(world, exchange, 32) && false;
    }
    /* After the signature, so that a forged request cannot use up a nonce. */
    if (!sandbox_oauth_is_fresh(world, header))
        return x_refuse(world, exchange, 32) && false;
    return true;
}

static bool x_authorize(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const char *authorization = sandbox_request_value(&exchange->request, "authorization");
    struct oauth_header header;
    const char *token = authorization != NULL ? bearer_token(authorization) : NULL;
    bool oauth = token == NULL && authorization != NULL &&
                 sandbox_oauth_read(&header, authorization);
    struct account *account;

    if (oauth)
        token = header.token;
    if (token == NULL || !sandbox_token_is_formed(token))
        return x_refuse(world, exchange, 401) && false;
    account = sandbox_account_by_token(world, CHANNEL_X, token);
    if (account == NULL && world->strict_accounts)
        return x_refuse(world, exchange, oauth ? 89 : 401) && false;
    if (!oauth && account != NULL && account->api_key != NULL)
        return x_refuse(world, exchange, 401) && false;
    if (oauth && !x_check_oauth(world, exchange, &header, account))
        return false;
    if (account == NULL)
        account = x_bind(world, token);
    if (account == NULL) {
        x_trouble(world, exchange, TROUBLE_FULL, NULL, 0);
        return false;
    }
    if (oauth)
        sandbox_answer_header(&exchange->answer, "x-access-level", "read-write");
    outcome->account = account;
    return true;
}

/* Counts the request in its window; 429 when the window is used up. */
static bool x_count(struct world *world, struct exchange *exchange, struct account *account,
                    enum x_endpoint endpoint)
{
    struct window *window = &account->windows[endpoint];
    unsigned limit = window_limits[endpoint];
    bool over;

    if (window->used == 0 || world->now_ms - window->start_ms >= WINDOW_MS) {
        window->start_ms = world->now_ms;
        window->used = 0;
    }
    over = window->used >= limit && !world->rate_limits_off;
    if (window->used < limit)
        window->used++;
    if (world->rate_limits_off)
        rate_headers(exchange, limit, 1, window->start_ms + WINDOW_MS);
    else
        rate_headers(exchange, limit, window->used, window->start_ms + WINDOW_MS);
    return !over || (x_refuse(world, exchange, 429) && false);
}

struct draft_post {
    const char *text;
    struct post *reply_to;
};

static bool x_check_reply(struct world *world, struct exchange *exchange, const json_t *reply,
                          struct draft_post *draft, const struct account *account)
{
    const char *id = json_string_value(json_object_get(reply, "in_reply_to_tweet_id"));
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)reply, key, value) {
        if (strcmp(key, "in_reply_to_tweet_id") != 0 &&
            strcmp(key, "auto_populate_reply_metadata") != 0)
            return x_invalid(exchange, "reply", key, "This member of reply is not known here");
    }
    if (id == NULL || !sandbox_is_number(id))
        return x_invalid(exchange, "reply.in_reply_to_tweet_id", id != NULL ? id : "",
                         "in_reply_to_tweet_id must be a string of 1 to 19 digits");
    draft->reply_to = sandbox_post_by_id(world, CHANNEL_X, NULL, id);
    if (draft->reply_to == NULL || draft->reply_to->deleted_ms != 0)
        return x_not_found(exchange, "post", id);
    if (draft->reply_to->account != account)
        return x_problem(exchange, 403, "Forbidden", BLANK,
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
        return x_invalid(exchange, "text", "", "text is missing or empty");
    for (size_t at = 0; at < length;) {
        size_t used = utf8_decode(text + at, length - at, &code_point);
        if (used == 0 || code_point == 0xfffe || code_point == 0xfeff || code_point == 0xffff)
            return x_invalid(exchange, "text", "", "text has characters that are not allowed");
        at += used;
    }
    if (sandbox_x_weight(text) > TEXT_MAX_WEIGHT)
        return x_refuse(world, exchange, 403) && false;
    return true;
}

static bool x_read_draft(struct world *world, struct exchange *exchange, const json_t *root,
                         const struct account *account, struct draft_post *draft)
{
    const char *key;
    json_t *value;

    if (!json_is_object(root))
        return x_invalid(exchange, NULL, NULL, "The body is not a JSON object");
    json_object_foreach((json_t *)root, key, value) {
        if (strcmp(key, "text") == 0 && json_is_string(value))
            draft->text = json_string_value(value);
        else if (strcmp(key, "reply") == 0 && json_is_object(value)) {
            if (!x_check_reply(world, exchange, value, draft, account))
                return false;
        } else {
            return x_invalid(exchange, key, "", "This member is not known here, or of a wrong type");
        }
    }
    return x_check_text(world, exchange, draft->text != NULL ? draft->text : "");
}

static void text_key(char out[128], const struct account *account, const char *text)
{
    unsigned char digest[SHA256_SIZE];
    struct text hex;

    sha256(text, strlen(text), digest);
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

/* Ids grow with time, as X's do. */
static uint64_t x_next_id(struct world *world)
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
        x_trouble(world, exchange, TROUBLE_DUPLICATE, account, 0);
        return NULL;
    }
    snprintf(id, sizeof(id), "%" PRIu64, x_next_id(world));
    post = sandbox_post_new(world, account, id, draft->text, 0);
    if (post == NULL) {
        x_trouble(world, exchange, TROUBLE_FULL, account, 0);
        return NULL;
    }
    snprintf(url, sizeof(url), "https://x.com/user%.30s/status/%s", account->key, id);
    post->url = memory_strdup(url);
    post->reply_to = draft->reply_to;
    sandbox_table_put(&world->by_text, key, post);
    return post;
}

static void wrapped_add(struct text *out, const char *text)
{
    struct text wrapped;

    text_init(&wrapped, WRAPPED_MAX_BYTES);
    sandbox_x_wrap(&wrapped, text);
    sandbox_json_add(out, wrapped.bytes, JSON_UTF8);
    text_release(&wrapped);
}

static void x_create(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    struct text *body = &exchange->answer.body;
    struct draft_post draft = {0};
    json_error_t problem;
    json_t *root = NULL;
    struct post *post;

    if (!x_authorize(world, exchange, outcome) ||
        !x_count(world, exchange, outcome->account, X_CREATE))
        return;
    if (*request->query != '\0') {
        x_invalid(exchange, NULL, NULL, "There are no query parameters here");
        return;
    }
    if (!sandbox_request_is_type(request, "application/json")) {
        x_invalid(exchange, NULL, NULL, "The content type must be application/json");
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
    x_headers(exchange);
    text_addf(body, "{\"data\":{\"edit_history_tweet_ids\":[\"%s\"],\"id\":\"%s\",\"text\":",
              post->id, post->id);
    wrapped_add(body, post->text);
    text_add(body, "}}");
out:
    json_decref(root);
}

static void x_delete(struct world *world, struct exchange *exchange, const char *id,
                     struct outcome *outcome)
{
    struct post *post;

    if (!x_authorize(world, exchange, outcome) ||
        !x_count(world, exchange, outcome->account, X_DELETE))
        return;
    if (*exchange->request.query != '\0' || exchange->request.body.length > 0) {
        x_invalid(exchange, NULL, NULL, "There are no parameters here");
        return;
    }
    if (!sandbox_is_number(id)) {
        x_invalid(exchange, "id", id, "The id must be a string of 1 to 19 digits");
        return;
    }
    post = sandbox_post_by_id(world, CHANNEL_X, NULL, id);
    if (post == NULL || post->deleted_ms != 0) {
        x_not_found(exchange, "post", id);
        return;
    }
    if (post->account != outcome->account) {
        x_problem(exchange, 403, "Forbidden", BLANK, "You are not authorized to delete this Post.");
        return;
    }
    sandbox_post_delete(world, post);
    outcome->post = post;
    outcome->acted = true;
    exchange->answer.status = 200;
    x_headers(exchange);
    text_add(&exchange->answer.body, "{\"data\":{\"deleted\":true}}");
}

static bool x_read_query(struct exchange *exchange, struct parameters *parameters,
                         const char *const *known)
{
    const char *query = exchange->request.query;
    const char *unknown;

    if (sandbox_parameters_parse(parameters, query, strlen(query)) < 0)
        return x_invalid(exchange, NULL, NULL, "The query is not well formed");
    if (parameters->repeated != NULL)
        return x_invalid(exchange, parameters->repeated, "", "This parameter comes twice");
    unknown = sandbox_parameters_unknown(parameters, known);
    if (unknown != NULL)
        return x_invalid(exchange, unknown, "", "This query parameter is not known here");
    return true;
}

static void x_me(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    static const char *const known[] = {"user.fields", NULL};
    struct text *body = &exchange->answer.body;
    struct parameters parameters = {.count = 0};
    const struct account *account;

    if (x_authorize(world, exchange, outcome) &&
        x_count(world, exchange, outcome->account, X_ME) &&
        x_read_query(exchange, &parameters, known)) {
        account = outcome->account;
        exchange->answer.status = 200;
        x_headers(exchange);
        text_addf(body, "{\"data\":{\"id\":\"%s\",\"name\":", account->key);
        sandbox_json_add(body, account->name != NULL ? account->name : "Sandbox user", JSON_UTF8);
        text_addf(body, ",\"username\":\"user%s\"}}", account->key);
    }
    sandbox_parameters_release(&parameters);
}

struct timeline {
    uint64_t max_results, since_id, until_id, before; /* before: number of a post, from a token */
    int64_t start_ms, end_ms;
    bool no_replies;
    const char *fields;
};

static bool timeline_number(struct exchange *exchange, const struct parameters *parameters,
                            const char *name, uint64_t *out)
{
    const char *value = sandbox_parameters_get(parameters, name);

    if (value == NULL)
        return true;
    if (!sandbox_is_number(value))
        return x_invalid(exchange, name, value, "This must be a number of 1 to 19 digits");
    *out = strtoull(value, NULL, 10);
    return true;
}

static bool timeline_time(struct exchange *exchange, const struct parameters *parameters,
                          const char *name, int64_t *out)
{
    const char *value = sandbox_parameters_get(parameters, name);

    if (value == NULL)
        return true;
    if (value[strlen(value) > 0 ? strlen(value) - 1 : 0] != 'Z' || !rfc3339_parse(value, out))
        return x_invalid(exchange, name, value, "This must be a time like 2026-01-02T03:04:05Z");
    return true;
}

static bool timeline_read(struct exchange *exchange, const struct parameters *parameters,
                          struct timeline *out)
{
    const char *exclude = sandbox_parameters_get(parameters, "exclude");
    const char *fields = sandbox_parameters_get(parameters, "tweet.fields");

    *out = (struct timeline){
        .max_results = TIMELINE_DEFAULT,
        .until_id = UINT64_MAX,
        .before = UINT64_MAX,
        .end_ms = INT64_MAX,
    };
    if (fields == NULL)
        fields = sandbox_parameters_get(parameters, "post.fields");
    out->fields = fields != NULL ? fields : "";
    if (exclude != NULL && strcmp(exclude, "retweets") != 0 && strcmp(exclude, "replies") != 0 &&
        strcmp(exclude, "retweets,replies") != 0 && strcmp(exclude, "replies,retweets") != 0)
        return x_invalid(exchange, "exclude", exclude, "exclude takes retweets and replies");
    out->no_replies = exclude != NULL && strstr(exclude, "replies") != NULL;
    if (!timeline_number(exchange, parameters, "max_results", &out->max_results) ||
        !timeline_number(exchange, parameters, "since_id", &out->since_id) ||
        !timeline_number(exchange, parameters, "until_id", &out->until_id) ||
        !timeline_number(exchange, parameters, "pagination_token", &out->before) ||
        !timeline_time(exchange, parameters, "start_time", &out->start_ms) ||
        !timeline_time(exchange, parameters, "end_time", &out->end_ms))
        return false;
    if (out->max_results < TIMELINE_MIN || out->max_results > TIMELINE_MAX)
        return x_invalid(exchange, "max_results",
                         sandbox_parameters_get(parameters, "max_results"),
                         "max_results must be from 5 to 100");
    return true;
}

static bool timeline_has(const struct timeline *timeline, const struct post *post)
{
    uint64_t id = strtoull(post->id, NULL, 10);

    return post->deleted_ms == 0 && id > timeline->since_id && id < timeline->until_id &&
           post->number < timeline->before && post->created_ms >= timeline->start_ms &&
           post->created_ms < timeline->end_ms && !(timeline->no_replies && post->reply_to != NULL);
}

static void timeline_add(struct text *body, const struct post *post, const char *fields)
{
    char created[RFC3339_SIZE];
    const struct post *first = post;

    text_addf(body, "{\"edit_history_tweet_ids\":[\"%s\"],\"id\":\"%s\",\"text\":", post->id,
              post->id);
    wrapped_add(body, post->text);
    if (strstr(fields, "created_at") != NULL) {
        rfc3339_format(post->created_ms, created);
        text_addf(body, ",\"created_at\":\"%s\"", created);
    }
    if (strstr(fields, "author_id") != NULL)
        text_addf(body, ",\"author_id\":\"%s\"", post->account->key);
    if (strstr(fields, "conversation_id") != NULL) {
        while (first->reply_to != NULL)
            first = first->reply_to;
        text_addf(body, ",\"conversation_id\":\"%s\"", first->id);
    }
    if (strstr(fields, "referenced_tweets") != NULL && post->reply_to != NULL)
        text_addf(body, ",\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"%s\"}]",
                  post->reply_to->id);
    text_add_char(body, '}');
}

static void timeline_write(struct exchange *exchange, const struct account *user,
                           const struct timeline *timeline)
{
    struct text *body = &exchange->answer.body;
    const struct post *newest = NULL;
    const struct post *oldest = NULL;
    uint64_t count = 0;
    bool more = false;

    exchange->answer.status = 200;
    x_headers(exchange);
    text_add_char(body, '{');
    for (const struct post *post = user->newest; post != NULL; post = post->previous) {
        if (!timeline_has(timeline, post))
            continue;
        more = count == timeline->max_results;
        if (more)
            break;
        text_add(body, count++ == 0 ? "\"data\":[" : ",");
        if (newest == NULL)
            newest = post;
        oldest = post;
        timeline_add(body, post, timeline->fields);
    }
    if (count > 0)
        text_add(body, "],");
    text_addf(body, "\"meta\":{\"result_count\":%" PRIu64, count);
    if (count > 0)
        text_addf(body, ",\"newest_id\":\"%s\",\"oldest_id\":\"%s\"", newest->id, oldest->id);
    if (more)
        text_addf(body, ",\"next_token\":\"%" PRIu64 "\"", oldest->number);
    text_add(body, "}}");
}

static void x_timeline(struct world *world, struct exchange *exchange, const char *id,
                       struct outcome *outcome)
{
    static const char *const known[] = {
        "max_results", "since_id", "until_id", "start_time", "end_time", "exclude",
        "tweet.fields", "post.fields", "pagination_token", NULL,
    };
    struct parameters parameters = {.count = 0};
    struct timeline timeline;
    struct account *user;

    if (!x_authorize(world, exchange, outcome) ||
        !x_count(world, exchange, outcome->account, X_TIMELINE) ||
        !x_read_query(exchange, &parameters, known) ||
        !timeline_read(exchange, &parameters, &timeline))
        goto out;
    if (!sandbox_is_number(id)) {
        x_invalid(exchange, "id", id, "The id must be a string of 1 to 19 digits");
        goto out;
    }
    user = sandbox_account_by_key(world, CHANNEL_X, id);
    if (user == NULL && !world->strict_accounts) {
        /* The user's own number, heard for the first time: the token's user has it from now on. */
        user = outcome->account;
        sandbox_account_set_key(world, user, id);
    }
    if (user == NULL)
        x_not_found(exchange, "user", id);
    else
        timeline_write(exchange, user, &timeline);
out:
    sandbox_parameters_release(&parameters);
}

static void token_error(struct exchange *exchange, const char *error, const char *description)
{
    exchange->answer.status = 400;
    x_headers(exchange);
    text_addf(&exchange->answer.body, "{\"error\":\"%s\",\"error_description\":\"%s\"}", error,
              description);
}

static struct account *x_by_refresh_token(const struct world *world, const char *token)
{
    for (size_t i = 0; i < world->account_count; i++) {
        struct account *account = world->accounts[i];
        if (account->channel == CHANNEL_X && account->refresh_token != NULL &&
            strcmp(account->refresh_token, token) == 0)
            return account;
    }
    return NULL;
}

/* A refresh token works once, and the access token before it stops working. */
static void x_renew(struct world *world, struct exchange *exchange, struct outcome *outcome,
                    const struct parameters *parameters)
{
    const char *token = sandbox_parameters_get(parameters, "refresh_token");
    const char *grant = sandbox_parameters_get(parameters, "grant_type");
    struct account *account = token != NULL ? x_by_refresh_token(world, token) : NULL;
    char access[64], refresh[64];
    char trace[24];

    if (grant == NULL || strcmp(grant, "refresh_token") != 0) {
        token_error(exchange, "unsupported_grant_type", "Only refresh_token is known here.");
        return;
    }
    if (account == NULL) {
        token_error(exchange, "invalid_request", "Value passed for the token was invalid.");
        return;
    }
    sandbox_trace_id(world, trace);
    snprintf(access, sizeof(access), "access-%s", trace);
    sandbox_trace_id(world, trace);
    snprintf(refresh, sizeof(refresh), "refresh-%s", trace);
    sandbox_account_set_token(world, account, access);
    memory_free(account->refresh_token);
    account->refresh_token = memory_strdup(refresh);
    outcome->account = account;
    outcome->acted = true;
    exchange->answer.status = 200;
    x_headers(exchange);
    text_addf(&exchange->answer.body,
              "{\"token_type\":\"bearer\",\"expires_in\":7200,\"access_token\":\"%s\","
              "\"scope\":\"tweet.read tweet.write users.read offline.access\","
              "\"refresh_token\":\"%s\"}",
              access, refresh);
}

static void x_token(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    static const char *const known[] = {"grant_type", "refresh_token", "client_id", NULL};
    const struct request *request = &exchange->request;
    struct parameters parameters = {.count = 0};

    if (!sandbox_request_is_type(request, "application/x-www-form-urlencoded") ||
        sandbox_parameters_parse(&parameters, request->body.bytes, request->body.length) < 0 ||
        parameters.repeated != NULL || sandbox_parameters_unknown(&parameters, known) != NULL)
        token_error(exchange, "invalid_request", "The form is not well formed.");
    else
        x_renew(world, exchange, outcome, &parameters);
    sandbox_parameters_release(&parameters);
}

static void x_handle(struct world *world, struct exchange *exchange,
                     const struct path_parts *path, struct outcome *outcome)
{
    const char *const *parts = path->items;
    const char *method = exchange->request.method;
    bool is_post = strcmp(method, "POST") == 0;
    bool is_get = strcmp(method, "GET") == 0;
    bool version = path->count > 1 && strcmp(parts[0], "2") == 0;
    bool tweets = version && strcmp(parts[1], "tweets") == 0;
    bool users = version && strcmp(parts[1], "users") == 0;
    bool token = version && path->count == 3 && strcmp(parts[1], "oauth2") == 0 &&
                 strcmp(parts[2], "token") == 0;

    if (tweets && path->count == 2 && is_post)
        x_create(world, exchange, outcome);
    else if (tweets && path->count == 3 && strcmp(method, "DELETE") == 0)
        x_delete(world, exchange, parts[2], outcome);
    else if (users && path->count == 3 && strcmp(parts[2], "me") == 0 && is_get)
        x_me(world, exchange, outcome);
    else if (users && path->count == 4 && strcmp(parts[3], "tweets") == 0 && is_get)
        x_timeline(world, exchange, parts[2], outcome);
    else if (token && is_post)
        x_token(world, exchange, outcome);
    else if ((tweets && path->count <= 3) || token ||
             (users && path->count == 3 && strcmp(parts[2], "me") == 0))
        x_problem(exchange, 405, "Method Not Allowed", BLANK, "Method Not Allowed");
    else
        x_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

const struct network sandbox_x = {
    .prefix = "/x",
    .identify = x_identify,
    .handle = x_handle,
    .trouble = x_trouble,
    .refuse = x_refuse,
};

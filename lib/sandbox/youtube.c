/* YouTube's Data API v3, as far as a channel's films need it:
 * https://developers.google.com/youtube/v3/docs */
#include "sandbox/youtube.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    unsigned status;
    const char *reason, *message;
} errors[] = {
    {400, 400, "invalidTitle", "The request metadata specifies an invalid or empty video title."},
    {401, 401, "youtubeSignupRequired", "The account has no YouTube channel."},
    {403, 403, "forbidden", "The request is not properly authorized."},
    {404, 404, "videoNotFound", "The video cannot be found."},
    {413, 413, "uploadTooLarge", "Request Entity Too Large"},
    {429, 429, "uploadRateLimitExceeded", "Too many uploads recently."},
    {431, 431, "badRequest", "Request Header Fields Too Large"},
    {500, 500, "backendError", "Backend Error"},
    {503, 503, "backendError", "Service Unavailable"},
    {507, 507, "backendError", "The sandbox keeps no more films"},
};

bool sandbox_youtube_say(struct exchange *exchange, unsigned status, const char *reason,
                         const char *message)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=UTF-8");
    text_addf(body, "{\"error\":{\"code\":%u,\"message\":", status);
    sandbox_json_add(body, message, JSON_UTF8);
    text_add(body, ",\"errors\":[{\"message\":");
    sandbox_json_add(body, message, JSON_UTF8);
    text_addf(body, ",\"domain\":\"youtube\",\"reason\":\"%s\"}]}}", reason);
    return false;
}

void sandbox_youtube_ok(struct exchange *exchange, unsigned status)
{
    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=UTF-8");
}

static bool youtube_refuse(struct world *world, struct exchange *exchange, int code)
{
    (void)world;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].code == code)
            return !sandbox_youtube_say(exchange, errors[i].status, errors[i].reason,
                                        errors[i].message);
    }
    return false;
}

void sandbox_youtube_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds)
{
    static const int codes[] = {
        [TROUBLE_SERVER] = 500, [TROUBLE_UNAVAILABLE] = 503, [TROUBLE_DUPLICATE] = 400,
        [TROUBLE_FULL] = 507,   [TROUBLE_BODY] = 413,        [TROUBLE_HEAD] = 431,
    };

    (void)account;
    if (trouble == TROUBLE_LIMIT) {
        sandbox_answer_header(&exchange->answer, "retry-after", "%" PRId64, seconds);
        sandbox_youtube_say(exchange, 403, "userRateLimitExceeded", "User Rate Limit Exceeded");
    } else if (trouble == TROUBLE_EXPIRED) {
        sandbox_youtube_say(exchange, 401, "authError", "Invalid Credentials");
    } else if (trouble == TROUBLE_NOT_FOUND) {
        sandbox_youtube_say(exchange, 404, "notFound", "Not Found");
    } else {
        youtube_refuse(world, exchange, codes[trouble]);
    }
}

bool sandbox_youtube_authorize(struct world *world, struct exchange *exchange,
                               struct outcome *outcome)
{
    const char *token = sandbox_bearer_token(&exchange->request);

    outcome->account =
        token != NULL ? sandbox_account_by_token(world, CHANNEL_YOUTUBE, token) : NULL;
    return outcome->account != NULL ||
           sandbox_youtube_say(exchange, 401, "authError", "Invalid Credentials");
}

static bool is_token_path(const struct path_parts *path)
{
    return path->count == 1 && strcmp(path->items[0], "token") == 0;
}

static struct account *youtube_identify(const struct world *world, const struct request *request,
                                        const struct path_parts *path)
{
    const char *token = sandbox_bearer_token(request);

    if (is_token_path(path))
        return sandbox_youtube_by_refresh_token(world, request->body.bytes, request->body.length);
    return token != NULL ? sandbox_account_by_token(world, CHANNEL_YOUTUBE, token) : NULL;
}

static void youtube_delete(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    static const char *const known[] = {"id", NULL};
    const char *query = exchange->request.query;
    struct parameters parameters = {.count = 0};
    struct post *post = NULL;
    const char *id = NULL;

    if (!sandbox_youtube_authorize(world, exchange, outcome))
        return;
    if (sandbox_parameters_parse(&parameters, query, strlen(query)) == 0 &&
        sandbox_parameters_unknown(&parameters, known) == NULL)
        id = sandbox_parameters_get(&parameters, "id");
    if (id != NULL)
        post = sandbox_post_by_id(world, CHANNEL_YOUTUBE, NULL, id);
    if (post == NULL || post->deleted_ms != 0) {
        youtube_refuse(world, exchange, 404);
    } else if (post->account != outcome->account) {
        youtube_refuse(world, exchange, 403);
    } else {
        sandbox_post_delete(world, post);
        outcome->post = post;
        outcome->acted = true;
        exchange->answer.status = 204;
    }
    sandbox_parameters_release(&parameters);
}

/* "/youtube/v3/videos" → "videos"; the first part is the sandbox's own where the endpoint has none.
 */
static const char *resource_of(const struct path_parts *path)
{
    size_t at = path->count > 0 && strcmp(path->items[0], "youtube") == 0 ? 1 : 0;

    return path->count == at + 2 && strcmp(path->items[at], "v3") == 0 ? path->items[at + 1] : "";
}

static bool is_upload(const struct path_parts *path)
{
    const char *const *parts = path->items;

    return path->count == 4 && strcmp(parts[0], "upload") == 0 &&
           strcmp(parts[1], "youtube") == 0 && strcmp(parts[2], "v3") == 0 &&
           strcmp(parts[3], "videos") == 0;
}

static void youtube_handle(struct world *world, struct exchange *exchange,
                           const struct path_parts *path, struct outcome *outcome)
{
    const char *method = exchange->request.method;
    const char *resource = resource_of(path);
    bool is_get = strcmp(method, "GET") == 0;
    bool is_post = strcmp(method, "POST") == 0;

    if (is_token_path(path) && is_post)
        sandbox_youtube_token(world, exchange, outcome);
    else if (is_upload(path) && is_post)
        sandbox_youtube_open(world, exchange, outcome);
    else if (is_upload(path) && strcmp(method, "PUT") == 0)
        sandbox_youtube_put(world, exchange, outcome);
    else if (strcmp(resource, "videos") == 0 && strcmp(method, "DELETE") == 0)
        youtube_delete(world, exchange, outcome);
    else if (strcmp(resource, "channels") == 0 && is_get)
        sandbox_youtube_channel(world, exchange, outcome);
    else if (strcmp(resource, "playlistItems") == 0 && is_get)
        sandbox_youtube_playlist(world, exchange, outcome);
    else
        sandbox_youtube_trouble(world, exchange, TROUBLE_NOT_FOUND, NULL, 0);
}

/* Renewing a token is a POST that posts nothing. */
static const char *youtube_does(const struct path_parts *path)
{
    if (is_upload(path))
        return "POST";
    return strcmp(resource_of(path), "videos") == 0 ? "DELETE" : "GET";
}

const struct network sandbox_youtube = {
    .prefix = "/youtube",
    .identify = youtube_identify,
    .handle = youtube_handle,
    .trouble = sandbox_youtube_trouble,
    .refuse = youtube_refuse,
    .does = youtube_does,
};

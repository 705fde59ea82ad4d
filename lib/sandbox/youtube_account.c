/* Who asks: the tokens, the channel, and the list of its films. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/memory.h"

#include "sandbox/youtube.h"

enum { LIST_DEFAULT = 5, LIST_MAX = 50 };

static struct account *by_refresh_token(const struct world *world, const char *token)
{
    for (size_t i = 0; token != NULL && i < world->account_count; i++) {
        struct account *account = world->accounts[i];
        if (account->channel == CHANNEL_YOUTUBE && account->refresh_token != NULL &&
            strcmp(account->refresh_token, token) == 0)
            return account;
    }
    return NULL;
}

struct account *sandbox_youtube_by_refresh_token(const struct world *world, const char *form,
                                                 size_t length)
{
    struct parameters parameters = {.count = 0};
    struct account *account = NULL;

    if (sandbox_parameters_parse(&parameters, form, length) == 0)
        account = by_refresh_token(world, sandbox_parameters_get(&parameters, "refresh_token"));
    sandbox_parameters_release(&parameters);
    return account;
}

/* A token never seen before, where no accounts were given: a channel of its own. */
static struct account *bind(struct world *world, const char *token)
{
    struct account *account = sandbox_account_new(world, CHANNEL_YOUTUBE);
    char key[40];

    if (account == NULL)
        return NULL;
    snprintf(key, sizeof(key), "UC%020llu", (unsigned long long)sandbox_hash(token));
    sandbox_account_set_key(world, account, key);
    account->refresh_token = memory_strdup(token);
    return account;
}

static void token_error(struct exchange *exchange, unsigned status, const char *error,
                        const char *description)
{
    sandbox_youtube_ok(exchange, status);
    text_addf(&exchange->answer.body, "{\"error\":\"%s\",\"error_description\":\"%s\"}", error,
              description);
}

static void renew(struct world *world, struct exchange *exchange, struct account *account)
{
    char trace[24], access[64];

    sandbox_trace_id(world, trace);
    snprintf(access, sizeof(access), "ya29.%s", trace);
    sandbox_account_set_token(world, account, access);
    sandbox_youtube_ok(exchange, 200);
    text_addf(&exchange->answer.body,
              "{\"access_token\":\"%s\",\"expires_in\":3599,"
              "\"scope\":\"https://www.googleapis.com/auth/youtube\",\"token_type\":\"Bearer\"}",
              access);
}

void sandbox_youtube_token(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    static const char *const known[] = {"grant_type", "refresh_token", "client_id", "client_secret",
                                        NULL};
    const struct request *request = &exchange->request;
    struct parameters parameters = {.count = 0};
    const char *grant, *token, *client;

    if (!sandbox_request_is_type(request, "application/x-www-form-urlencoded") ||
        sandbox_parameters_parse(&parameters, request->body.bytes, request->body.length) < 0 ||
        parameters.repeated != NULL || sandbox_parameters_unknown(&parameters, known) != NULL) {
        token_error(exchange, 400, "invalid_request", "The form is not well formed.");
        sandbox_parameters_release(&parameters);
        return;
    }
    grant = sandbox_parameters_get(&parameters, "grant_type");
    token = sandbox_parameters_get(&parameters, "refresh_token");
    client = sandbox_parameters_get(&parameters, "client_id");
    outcome->account = by_refresh_token(world, token);
    if (outcome->account == NULL && token != NULL && !world->strict_accounts)
        outcome->account = bind(world, token);
    if (grant == NULL || strcmp(grant, "refresh_token") != 0)
        token_error(exchange, 400, "unsupported_grant_type", "Invalid grant_type.");
    else if (client == NULL || *client == '\0')
        token_error(exchange, 401, "invalid_client", "The OAuth client was not found.");
    else if (outcome->account == NULL)
        token_error(exchange, 400, "invalid_grant", "Token has been expired or revoked.");
    else
        renew(world, exchange, outcome->account);
    sandbox_parameters_release(&parameters);
}

static bool read_query(struct exchange *exchange, struct parameters *parameters,
                       const char *const *known)
{
    const char *query = exchange->request.query;

    return (sandbox_parameters_parse(parameters, query, strlen(query)) == 0 &&
            parameters->repeated == NULL && sandbox_parameters_unknown(parameters, known) == NULL &&
            sandbox_parameters_get(parameters, "part") != NULL) ||
           sandbox_youtube_say(exchange, 400, "badRequest", "Invalid parameter");
}

void sandbox_youtube_channel(struct world *world, struct exchange *exchange,
                             struct outcome *outcome)
{
    static const char *const known[] = {"part", "mine", NULL};
    struct parameters parameters = {.count = 0};
    struct text *body = &exchange->answer.body;
    const struct account *account;

    if (sandbox_youtube_authorize(world, exchange, outcome) &&
        read_query(exchange, &parameters, known)) {
        account = outcome->account;
        sandbox_youtube_ok(exchange, 200);
        text_addf(body,
                  "{\"kind\":\"youtube#channelListResponse\",\"items\":[{\"id\":\"%s\","
                  "\"snippet\":{\"title\":",
                  account->key);
        sandbox_json_add(body, account->name != NULL ? account->name : "Sandbox channel",
                         JSON_UTF8);
        text_addf(body, "},\"contentDetails\":{\"relatedPlaylists\":{\"uploads\":\"UU%s\"}}}]}",
                  account->key + 2);
    }
    sandbox_parameters_release(&parameters);
}

static void list_films(const struct world *world, struct exchange *exchange,
                       const struct account *account, size_t limit)
{
    struct text *body = &exchange->answer.body;
    char created[RFC3339_SIZE];
    size_t count = 0;

    sandbox_youtube_ok(exchange, 200);
    text_add(body, "{\"kind\":\"youtube#playlistItemListResponse\",\"items\":[");
    for (const struct post *post = account->newest; post != NULL && count < limit;
         post = post->previous) {
        if (!sandbox_post_is_listed(world, post))
            continue;
        rfc3339_format_seconds(post->created_ms, created);
        text_addf(body, "%s{\"snippet\":{\"publishedAt\":\"%s\",\"title\":", count++ ? "," : "",
                  created);
        text_add(body, post->raw); /* the title, as JSON */
        text_add(body, ",\"description\":");
        sandbox_json_add(body, post->text, JSON_UTF8);
        text_addf(body, "},\"contentDetails\":{\"videoId\":\"%s\"}}", post->id);
    }
    text_add(body, "]}");
}

void sandbox_youtube_playlist(struct world *world, struct exchange *exchange,
                              struct outcome *outcome)
{
    static const char *const known[] = {"part", "playlistId", "maxResults", NULL};
    struct parameters parameters = {.count = 0};
    const char *playlist, *limit;

    if (sandbox_youtube_authorize(world, exchange, outcome) &&
        read_query(exchange, &parameters, known)) {
        playlist = sandbox_parameters_get(&parameters, "playlistId");
        limit = sandbox_parameters_get(&parameters, "maxResults");
        size_t count = limit != NULL ? strtoul(limit, NULL, 10) : LIST_DEFAULT;
        if (playlist == NULL || strncmp(playlist, "UU", 2) != 0 ||
            strcmp(playlist + 2, outcome->account->key + 2) != 0)
            sandbox_youtube_say(exchange, 404, "playlistNotFound", "The playlist cannot be found.");
        else if (count > LIST_MAX)
            sandbox_youtube_say(exchange, 400, "badRequest", "Invalid value for maxResults");
        else
            list_films(world, exchange, outcome->account, count);
    }
    sandbox_parameters_release(&parameters);
}

/* Who asks: tokens, signatures, windows of requests, and the renewal of tokens. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

#include "sandbox/x.h"

#define WINDOW_MS INT64_C(900000) /* 15 minutes */

static const unsigned window_limits[X_ENDPOINT_COUNT] = {
    [X_CREATE] = 100, [X_DELETE] = 50, [X_ME] = 75, [X_TIMELINE] = 900, [X_MEDIA] = 500,
};

static const char *bearer_token(const char *authorization)
{
    return strncasecmp(authorization, "Bearer ", 7) == 0 ? authorization + 7 : NULL;
}

struct account *sandbox_x_identify(const struct world *world, const struct request *request,
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
            return sandbox_x_refuse(world, exchange, 32) && false;
    }
    /* After the signature, so that a forged request cannot use up a nonce. */
    if (!sandbox_oauth_is_fresh(world, header))
        return sandbox_x_refuse(world, exchange, 32) && false;
    return true;
}

bool sandbox_x_authorize(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const char *authorization = sandbox_request_value(&exchange->request, "authorization");
    struct oauth_header header;
    const char *token = authorization != NULL ? bearer_token(authorization) : NULL;
    bool oauth =
        token == NULL && authorization != NULL && sandbox_oauth_read(&header, authorization);
    struct account *account;

    if (oauth)
        token = header.token;
    if (token == NULL || !sandbox_token_is_formed(token))
        return sandbox_x_refuse(world, exchange, 401) && false;
    account = sandbox_account_by_token(world, CHANNEL_X, token);
    if (account == NULL && world->strict_accounts)
        return sandbox_x_refuse(world, exchange, oauth ? 89 : 401) && false;
    if (!oauth && account != NULL && account->api_key != NULL)
        return sandbox_x_refuse(world, exchange, 401) && false;
    if (oauth && !x_check_oauth(world, exchange, &header, account))
        return false;
    if (account == NULL)
        account = x_bind(world, token);
    if (account == NULL) {
        sandbox_x_trouble(world, exchange, TROUBLE_FULL, NULL, 0);
        return false;
    }
    if (oauth)
        sandbox_answer_header(&exchange->answer, "x-access-level", "read-write");
    outcome->account = account;
    return true;
}

/* Counts the request in its window; 429 when the window is used up. */
bool sandbox_x_count(struct world *world, struct exchange *exchange, struct account *account,
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
        sandbox_x_rate_headers(exchange, limit, 1, window->start_ms + WINDOW_MS);
    else
        sandbox_x_rate_headers(exchange, limit, window->used, window->start_ms + WINDOW_MS);
    return !over || (sandbox_x_refuse(world, exchange, 429) && false);
}

bool sandbox_x_read_query(struct exchange *exchange, struct parameters *parameters,
                          const char *const *known)
{
    const char *query = exchange->request.query;
    const char *unknown;

    if (sandbox_parameters_parse(parameters, query, strlen(query)) < 0)
        return sandbox_x_invalid(exchange, NULL, NULL, "The query is not well formed");
    if (parameters->repeated != NULL)
        return sandbox_x_invalid(exchange, parameters->repeated, "", "This parameter comes twice");
    unknown = sandbox_parameters_unknown(parameters, known);
    if (unknown != NULL)
        return sandbox_x_invalid(exchange, unknown, "", "This query parameter is not known here");
    return true;
}

static void token_error(struct exchange *exchange, const char *error, const char *description)
{
    exchange->answer.status = 400;
    sandbox_x_headers(exchange);
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
    sandbox_x_headers(exchange);
    text_addf(&exchange->answer.body,
              "{\"token_type\":\"bearer\",\"expires_in\":7200,\"access_token\":\"%s\","
              "\"scope\":\"tweet.read tweet.write users.read media.write offline.access\","
              "\"refresh_token\":\"%s\"}",
              access, refresh);
}

void sandbox_x_token(struct world *world, struct exchange *exchange, struct outcome *outcome)
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

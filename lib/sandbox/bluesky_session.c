/* Sessions: com.atproto.server.createSession, refreshSession and getSession. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"

#include "sandbox/bluesky.h"

enum { SIGN_INS_MAX = 30, WINDOW_SIGN_INS = 0 };
#define SIGN_IN_WINDOW_MS INT64_C(300000)
#define ACCESS_LIFE_MS INT64_C(7200000)
#define REFRESH_LIFE_MS INT64_C(7776000000)
#define GRACE_MS INT64_C(7200000) /* a refresh token that was used gives the same again */

void sandbox_bluesky_forget_sessions(struct world *world)
{
    struct session *session = world->newest_session;

    while (session != NULL) {
        struct session *previous = session->previous;
        memory_free(session);
        session = previous;
    }
    world->newest_session = NULL;
    world->bluesky_session_count = 0;
    sandbox_table_release(&world->sessions);
}

struct session *sandbox_bluesky_session(const struct world *world, const struct request *request,
                                        bool *is_refresh)
{
    const char *token = sandbox_bearer_token(request);
    struct session *session = token != NULL ? sandbox_table_get(&world->sessions, token) : NULL;

    *is_refresh = session != NULL && strcmp(session->refresh, token) == 0;
    return session;
}

static struct session *session_new(struct world *world, struct account *account)
{
    struct session *session;
    char traces[4][24];

    if (world->bluesky_session_count == SANDBOX_SESSIONS_MAX)
        return NULL;
    session = memory_alloc(sizeof(*session));
    for (size_t i = 0; i < 4; i++)
        sandbox_trace_id(world, traces[i]);
    snprintf(session->access, sizeof(session->access), "eyJ0eXAiOiJhdCtqd3Qi.%s.%s", traces[0],
             traces[1]);
    snprintf(session->refresh, sizeof(session->refresh), "eyJ0eXAiOiJyZWZyZXNoK2p3dCI.%s.%s",
             traces[2], traces[3]);
    session->account = account;
    session->number = ++account->session_count;
    session->created_ms = world->now_ms;
    session->previous = world->newest_session;
    world->newest_session = session;
    world->bluesky_session_count++;
    sandbox_table_put(&world->sessions, session->access, session);
    sandbox_table_put(&world->sessions, session->refresh, session);
    return session;
}

bool sandbox_bluesky_authorize(struct world *world, struct exchange *exchange,
                               struct outcome *outcome)
{
    bool is_refresh;
    struct session *session = sandbox_bluesky_session(world, &exchange->request, &is_refresh);

    if (sandbox_bearer_token(&exchange->request) == NULL)
        return sandbox_bluesky_say(exchange, 401, "AuthMissing", "Authentication Required");
    if (session == NULL)
        return sandbox_bluesky_say(exchange, 400, "InvalidToken", "Token could not be verified");
    if (is_refresh)
        return sandbox_bluesky_say(exchange, 400, "InvalidToken", "Invalid token type");
    if (session->number <= session->account->session_expired ||
        world->now_ms - session->created_ms >= ACCESS_LIFE_MS)
        return sandbox_bluesky_say(exchange, 400, "ExpiredToken", "Token has expired");
    outcome->account = session->account;
    return true;
}

static void add_identity(struct text *body, const struct account *account)
{
    text_addf(body, "\"did\":\"%s\",\"handle\":", account->did);
    sandbox_json_add(body, account->key, JSON_UTF8);
    text_add(body, ",\"active\":true}");
}

static void answer_session(struct exchange *exchange, const struct session *session)
{
    sandbox_bluesky_ok(exchange);
    text_addf(&exchange->answer.body, "{\"accessJwt\":\"%s\",\"refreshJwt\":\"%s\",",
              session->access, session->refresh);
    add_identity(&exchange->answer.body, session->account);
}

/* A handle heard of for the first time, where no accounts were given, gets this password. */
static struct account *find_account(struct world *world, const char *handle, const char *password)
{
    struct account *account = sandbox_account_by_key(world, CHANNEL_BLUESKY, handle);

    if (account == NULL && !world->strict_accounts && strlen(handle) < SANDBOX_KEY_MAX_BYTES) {
        account = sandbox_account_new(world, CHANNEL_BLUESKY);
        if (account == NULL)
            return NULL;
        sandbox_account_set_key(world, account, handle);
        sandbox_bluesky_choose_did(world, account);
        account->password = memory_strdup(password);
    }
    return account != NULL && strcmp(account->password, password) == 0 ? account : NULL;
}

static void open_session(struct world *world, struct exchange *exchange, const char *handle,
                         const char *password, struct outcome *outcome)
{
    struct account *account = find_account(world, handle, password);
    struct session *session;

    if (account == NULL) {
        sandbox_bluesky_say(exchange, 401, "AuthenticationRequired",
                            "Invalid identifier or password");
        return;
    }
    outcome->account = account;
    if (!sandbox_window_count(&account->windows[WINDOW_SIGN_INS], world->now_ms, SIGN_IN_WINDOW_MS,
                              false, SIGN_INS_MAX, 1) &&
        !world->rate_limits_off) {
        sandbox_bluesky_say(exchange, 429, "RateLimitExceeded", "Rate Limit Exceeded");
        return;
    }
    session = session_new(world, account);
    if (session == NULL) {
        sandbox_bluesky_say(exchange, 507, "InternalServerError", "The sandbox is full");
        return;
    }
    outcome->acted = true;
    answer_session(exchange, session);
}

void sandbox_bluesky_sign_in(struct world *world, struct exchange *exchange,
                             struct outcome *outcome)
{
    const struct text *body = &exchange->request.body;
    json_t *root = json_loadb(body->bytes, body->length, JSON_REJECT_DUPLICATES, NULL);
    const char *handle = json_string_value(json_object_get(root, "identifier"));
    const char *password = json_string_value(json_object_get(root, "password"));

    if (!sandbox_request_is_type(&exchange->request, "application/json") || handle == NULL ||
        password == NULL || json_object_size(root) != 2)
        sandbox_bluesky_say(exchange, 400, "InvalidRequest",
                            "Input must have the properties identifier and password");
    else
        open_session(world, exchange, handle, password, outcome);
    json_decref(root);
}

/* A token that was used already gives the same session again for two hours. */
void sandbox_bluesky_refresh(struct world *world, struct exchange *exchange,
                             struct outcome *outcome)
{
    bool is_refresh;
    struct session *session = sandbox_bluesky_session(world, &exchange->request, &is_refresh);

    if (exchange->request.body.length > 0) {
        sandbox_bluesky_say(exchange, 400, "InvalidRequest",
                            "A request body was provided when none was expected");
        return;
    }
    if (session == NULL || !is_refresh) {
        sandbox_bluesky_say(exchange, 400, "InvalidToken", "Token could not be verified");
        return;
    }
    outcome->account = session->account;
    if (world->now_ms - session->created_ms >= REFRESH_LIFE_MS ||
        (session->next != NULL && world->now_ms - session->next_ms >= GRACE_MS)) {
        sandbox_bluesky_say(exchange, 400, "ExpiredToken", "Token has been revoked");
        return;
    }
    if (session->next == NULL) {
        session->next = session_new(world, session->account);
        session->next_ms = world->now_ms;
        outcome->acted = true;
    } else {
        outcome->repeated = true;
    }
    if (session->next == NULL)
        sandbox_bluesky_say(exchange, 507, "InternalServerError", "The sandbox is full");
    else
        answer_session(exchange, session->next);
}

void sandbox_bluesky_who(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    if (!sandbox_bluesky_authorize(world, exchange, outcome))
        return;
    sandbox_bluesky_ok(exchange);
    text_add_char(&exchange->answer.body, '{');
    add_identity(&exchange->answer.body, outcome->account);
}

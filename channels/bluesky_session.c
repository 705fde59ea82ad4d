#include "channels/bluesky_session.h"

#include <string.h>

#include "base/language.h"

#include "channels/access_token.h"
#include "channels/drivers.h"
#include "channels/shared.h"

enum { DID_MAX_BYTES = 128 };

static bool is_did(const char *did)
{
    return did && strncmp(did, "did:", 4) == 0 && strlen(did) <= DID_MAX_BYTES &&
           shared_consists_of(did, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ":._-");
}

const char *bluesky_missing_part(const struct channel_job *job)
{
    const char *handle = account_setting(job->account, "handle");
    const char *password = shared_own_secret(job, "app-password");
    const char *address = channel_address(&channel_bluesky, job->account, job->network);

    if (!handle || !handle[0])
        return N_("the account has no setting 'handle'");
    if (!password)
        return N_("the credential has no app-password");
    if (!shared_is_token(password))
        return N_("the app-password holds a space, a line feed or another character that none has");
    if (!address || !url_is_acceptable(address))
        return N_("the account's setting 'server' is not an https address");
    return NULL;
}

bool bluesky_has_session(const struct channel_job *job)
{
    const char *token = shared_own_secret(job, "access-token");
    return token && shared_is_token(token) && is_did(shared_own_secret(job, "did"));
}

bool bluesky_has_refresh_token(const struct channel_job *job)
{
    const char *token = shared_own_secret(job, "refresh-token");
    return token && shared_is_token(token);
}

const char *bluesky_repository(const struct channel_job *job)
{
    return shared_own_secret(job, "did");
}

static void start(const struct channel_job *job, struct channel_action *action,
                  enum http_method method, enum request_effect effect, const char *procedure,
                  const char *token)
{
    struct http_request *request = &action->request;

    http_request_reset(request, method, effect);
    text_add(&request->url, channel_address(&channel_bluesky, job->account, job->network));
    text_add(&request->url, "/xrpc/");
    text_add(&request->url, procedure);
    http_request_header(request, "Accept", "application/json");
    if (token)
        access_token_add_header(request, token);
}

void bluesky_start_request(const struct channel_job *job, struct channel_action *action,
                           enum http_method method, enum request_effect effect,
                           const char *procedure)
{
    start(job, action, method, effect, procedure, shared_own_secret(job, "access-token"));
}

/* The old token stays good for two hours, and gives the same new one again: a lost answer does no
 * harm. */
enum channel_next bluesky_send_refresh(const struct channel_job *job, struct channel_action *action)
{
    start(job, action, HTTP_POST, EFFECT_REPEATABLE, "com.atproto.server.refreshSession",
          shared_own_secret(job, "refresh-token"));
    return shared_send(job, action);
}

enum channel_next bluesky_send_sign_in(const struct channel_job *job, struct channel_action *action)
{
    struct text *body = &action->request.body;

    start(job, action, HTTP_POST, EFFECT_REPEATABLE, "com.atproto.server.createSession", NULL);
    http_request_header(&action->request, "Content-Type", "application/json");
    text_add_char(body, '{');
    json_add_member(body, "identifier", account_setting(job->account, "handle"));
    json_add_member(body, "password", shared_own_secret(job, "app-password"));
    text_add_char(body, '}');
    return shared_send(job, action);
}

bool bluesky_take_session(const struct channel_job *job, const struct http_reply *reply,
                          const struct json *root, struct channel_action *action)
{
    const char *access = json_text(root, "accessJwt", NULL);
    const char *refresh = json_text(root, "refreshJwt", NULL);
    const char *did = json_text(root, "did", NULL);
    (void)job;

    if (!shared_is_success(reply) || !access || !shared_is_token(access) || !refresh ||
        !shared_is_token(refresh) || !is_did(did))
        return false;
    text_reset(&action->renewed);
    credential_add(&action->renewed, "access-token", access);
    credential_add(&action->renewed, "refresh-token", refresh);
    credential_add(&action->renewed, "did", did);
    return true;
}

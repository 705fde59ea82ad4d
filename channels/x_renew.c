#include "channels/x_renew.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"
#include "wire/form.h"
#include "wire/json.h"

#include "channels/shared.h"
#include "channels/x_request.h"

enum {
    MARGIN_MS = 60 * 1000, /* renewed so long before the token's end */
    LIFE_MAX_S = 10 * 365 * 24 * 60 * 60,
};

/* Unix seconds, in the credential, beside the token that it is of. */
static const char expiry_name[] = "access-token-expires";

static const char connect_again[] =
    N_("the municipality must connect X again: crisis invite, then crisis register");
static const char set_app[] =
    N_("the coordinator must set the app's client-id and client-secret for X");

static bool can_renew(const struct channel_job *job)
{
    const char *token = shared_own_secret(job, "refresh-token");
    const char *client = shared_network_setting(job, "client-id");
    return token && shared_is_token(token) && client && client[0] && !x_uses_oauth1(job);
}

bool x_needs_renewal(const struct channel_job *job, const struct http_reply *reply)
{
    const char *expires = shared_own_secret(job, expiry_name);

    if (job->task == TASK_RENEW || !can_renew(job))
        return false;
    if (reply)
        return reply->status == 401;
    return expires && strtoll(expires, NULL, 10) * 1000 - MARGIN_MS < job->now_unix_ms;
}

/* Apps with a secret name themselves by Basic authentication, others in the form. */
static enum channel_next send_refresh(const struct channel_job *job, struct channel_action *action)
{
    struct http_request *request = &action->request;
    const char *client = shared_network_setting(job, "client-id");
    const char *client_secret = shared_app_secret(job, "client-secret");
    struct text pair, authorization;

    x_start_request(job, action, HTTP_POST, EFFECT_ONCE, "/2/oauth2/token");
    http_request_header(request, "Content-Type", "application/x-www-form-urlencoded");
    http_request_header(request, "Accept", "application/json");
    form_add(&request->body, "grant_type", "refresh_token");
    form_add(&request->body, "refresh_token", shared_own_secret(job, "refresh-token"));
    if (client_secret) {
        text_init_secret(&pair, REQUEST_HEADERS_MAX_BYTES);
        text_init_secret(&authorization, REQUEST_HEADERS_MAX_BYTES);
        percent_add(&pair, client);
        text_add_char(&pair, ':');
        percent_add(&pair, client_secret);
        text_add(&authorization, "Basic ");
        base64_add(&authorization, pair.bytes, pair.length);
        http_request_header(request, "Authorization", authorization.bytes);
        text_release(&authorization);
        text_release(&pair);
    } else {
        form_add(&request->body, "client_id", client);
    }
    return shared_send(job, action);
}

/* The old refresh token stays where the answer has no new one. */
static bool take_tokens(const struct channel_job *job, const struct http_reply *reply,
                        const struct json *root, struct text *out)
{
    const char *access = json_text(root, "access_token", NULL);
    const char *refresh = json_text(root, "refresh_token", NULL);
    int64_t life_s = 0;
    char expires[24];

    if (!shared_is_success(reply) || !access || !shared_is_token(access) ||
        (refresh && !shared_is_token(refresh)))
        return false;
    credential_add(out, "access-token", access);
    if (refresh)
        credential_add(out, "refresh-token", refresh);
    if (!json_whole(root, &life_s, "expires_in", NULL) || life_s <= 0 || life_s > LIFE_MAX_S)
        return true;
    snprintf(expires, sizeof(expires), "%" PRId64, job->now_unix_ms / 1000 + life_s);
    credential_add(out, expiry_name, expires);
    return true;
}

static bool is_error(const struct json *root, const char *name)
{
    const char *error = json_text(root, "error", NULL);
    return error && strcmp(error, name) == 0;
}

static void refuse(struct verdict *verdict, const char *sentence, const char *next)
{
    verdict->result = OUTCOME_FAILED;
    verdict->kind = FAILURE_CREDENTIAL;
    verdict->sentence = sentence;
    verdict->next = next;
}

static enum channel_next end_refused(const struct channel_job *job, const struct http_reply *reply,
                                     const struct json *root, struct channel_action *action)
{
    char code[X_CODE_SIZE];
    bool is_open = shared_is_success(reply) || reply->status >= 500 || reply->status == 408;
    struct verdict verdict = is_open ? shared_verdict_of_status(reply, EFFECT_REPEATABLE)
                                     : x_judge(job, reply, root, EFFECT_REPEATABLE, code);

    if (is_open) {
        /* It may have been used up. Asking again tells: a used one is refused for good. */
        verdict.sentence = N_("X did not say what became of the renewal of the token");
        verdict.detail = json_text(root, "error_description", NULL);
    } else if (reply->status == 401 || is_error(root, "unauthorized_client") ||
               is_error(root, "invalid_client")) {
        refuse(&verdict, N_("X does not know the app by its id and secret"), set_app);
    } else if (reply->status == 400 &&
               (is_error(root, "invalid_request") || is_error(root, "invalid_grant"))) {
        refuse(&verdict, N_("X does not renew the token"), connect_again);
    } else if (reply->status == 400) {
        verdict.kind = FAILURE_PROTOCOL;
    }
    return shared_end(job, reply, &verdict, action);
}

static enum channel_next end_incomplete(const struct channel_job *job,
                                        struct channel_action *action)
{
    const char *client = shared_network_setting(job, "client-id");

    if (!client || !client[0])
        return shared_end_unready(job, N_("crisis.yaml has no client-id for X"), set_app, action);
    return shared_end_incomplete(job, N_("the credential has no refresh-token"), action);
}

enum channel_next x_step_renew(const struct channel_job *job, struct channel_progress *progress,
                               const struct http_reply *reply, struct channel_action *action)
{
    enum channel_next next;

    if (!can_renew(job))
        return end_incomplete(job, action);
    if (!reply || progress->stage != X_RENEWING) {
        progress->stage = X_RENEWING;
        return send_refresh(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    text_reset(&action->renewed);
    if (take_tokens(job, reply, root, &action->renewed))
        next = shared_end_well(reply, OUTCOME_RENEWED, action);
    else
        next = end_refused(job, reply, root, action);
    json_free(root);
    return next;
}

#include "channels/youtube.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "wire/form.h"

#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/youtube_reply.h"

enum {
    MARGIN_MS = 5 * 60 * 1000, /* renewed so long before the token's end */
    LIFE_MAX_S = 30 * 24 * 60 * 60,
};

/* Google has tokens at a host of their own. crisis.yaml's endpoint stands for both. */
static const char token_address[] = "https://oauth2.googleapis.com";

/* Unix seconds, in the credential, beside the token that it is of. */
static const char expiry_name[] = "access-token-expires";

/* Errors of the token endpoint (RFC 6749 5.2, and Google's own). */
static const struct {
    const char *error, *sentence, *next;
} refusals[] = {
    {"invalid_grant", N_("the connection to YouTube was taken back, or has expired"),
     N_("the municipality must connect YouTube again: crisis invite, then crisis register")},
    {"invalid_client", N_("Google does not know the coordinator's app, or its secret is wrong"),
     N_("the coordinator must check `client-id` and `client-secret` of `networks: youtube` in "
        "crisis.yaml")},
    {"unauthorized_client", N_("the coordinator's app may not do this"),
     N_("the coordinator must check the app's kind and consent screen at "
        "console.cloud.google.com")},
    {"deleted_client", N_("the coordinator's app was deleted at Google"),
     N_("the coordinator must make a new app, and every municipality must connect again")},
    {"admin_policy_enforced", N_("the municipality's own Google administrator forbids it"),
     N_("ask the municipality's Google Workspace administrator to allow the coordinator's app")},
};

static const char *secret(const struct channel_job *job, const char *name)
{
    const char *value = job->credential ? credential_find(job->credential, name) : NULL;
    return value && value[0] ? value : NULL;
}

bool youtube_needs_renewal(const struct channel_job *job, const struct http_reply *reply)
{
    const char *token = secret(job, "access-token");
    const char *expires = secret(job, expiry_name);

    if (job->task == TASK_RENEW)
        return false;
    if (!token || !shared_is_token(token))
        return true;
    if (!reply)
        return expires && strtoll(expires, NULL, 10) * 1000 - MARGIN_MS < job->now_unix_ms;
    if (reply->status != 401)
        return false;
    struct json *root = json_parse(reply->body, reply->body_size);
    const char *reason = youtube_reason(root);
    bool is_without_channel = reason && strcmp(reason, "youtubeSignupRequired") == 0;
    json_free(root);
    return !is_without_channel;
}

/* The refresh token works again and again: a lost answer does no harm. */
static enum channel_next send_refresh(const struct channel_job *job, struct channel_action *action)
{
    struct http_request *request = &action->request;
    const char *endpoint = job->network ? job->network->endpoint : NULL;
    const char *client_secret = shared_app_secret(job, "client-secret");

    http_request_reset(request, HTTP_POST, EFFECT_REPEATABLE);
    text_add(&request->url, endpoint ? endpoint : token_address);
    text_add(&request->url, "/token");
    http_request_header(request, "Content-Type", "application/x-www-form-urlencoded");
    http_request_header(request, "Accept", "application/json");
    form_add(&request->body, "grant_type", "refresh_token");
    form_add(&request->body, "refresh_token", secret(job, "refresh-token"));
    form_add(&request->body, "client_id", shared_network_setting(job, "client-id"));
    if (client_secret)
        form_add(&request->body, "client_secret", client_secret);
    return shared_send(job, action);
}

/* A person can untick what the app asks for. An answer without scope says nothing of it. */
static bool may_upload(const struct json *root)
{
    static const char *const scopes[] = {"/auth/youtube.upload", "/auth/youtube",
                                         "/auth/youtube.force-ssl"};
    const char *scope = json_text(root, "scope", NULL);
    bool is_found = !scope;

    for (size_t i = 0; !is_found && i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        size_t length = strlen(scopes[i]);
        for (const char *at = scope; !is_found && (at = strstr(at, scopes[i])); at += length)
            is_found = at[length] == ' ' || at[length] == '\0';
    }
    return is_found;
}

static void add_pair(struct text *out, const char *name, const char *value)
{
    text_add_bytes(out, name, strlen(name) + 1);
    text_add_bytes(out, value, strlen(value) + 1);
}

static bool take_token(const struct channel_job *job, const struct http_reply *reply,
                       const struct json *root, struct text *out)
{
    const char *access = json_text(root, "access_token", NULL);
    int64_t life_s = 0;
    char expires[24];

    if (!shared_is_success(reply) || !access || !shared_is_token(access))
        return false;
    text_reset(out);
    add_pair(out, "access-token", access);
    if (!json_whole(root, &life_s, "expires_in", NULL) || life_s <= 0 || life_s > LIFE_MAX_S)
        life_s = 0;
    /* One that does not say is used until it is refused. */
    snprintf(expires, sizeof(expires), "%" PRId64,
             life_s ? job->now_unix_ms / 1000 + life_s : INT64_C(9999999999));
    add_pair(out, expiry_name, expires);
    return true;
}

static enum channel_next end_refused(const struct channel_job *job, const struct http_reply *reply,
                                     const struct json *root, struct channel_action *action)
{
    struct verdict verdict = shared_verdict_of_status(reply, EFFECT_REPEATABLE);
    const char *error = json_text(root, "error", NULL);

    verdict.detail = json_text(root, "error_description", NULL);
    if (verdict.result == OUTCOME_FAILED) {
        verdict.kind = FAILURE_CREDENTIAL;
        verdict.sentence = N_("Google does not renew the token");
        verdict.next = refusals[0].next;
        verdict.code =
            error && shared_consists_of(error, "abcdefghijklmnopqrstuvwxyz_") ? error : NULL;
    }
    for (size_t i = 0; error && reply->status < 500 && i < sizeof(refusals) / sizeof(refusals[0]);
         i++) {
        if (strcmp(error, refusals[i].error) == 0) {
            verdict.sentence = refusals[i].sentence;
            verdict.next = refusals[i].next;
        }
    }
    return shared_end(job, reply, &verdict, action);
}

enum channel_next youtube_step_renew(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action)
{
    static const char too_little[] = N_("the connection to YouTube does not allow to upload films");
    struct verdict verdict = {OUTCOME_FAILED, FAILURE_CREDENTIAL, NULL, too_little,
                              NULL,           refusals[0].next,   -1};
    enum channel_next next;

    if (!reply || progress->stage != YOUTUBE_RENEWING) {
        progress->stage = YOUTUBE_RENEWING;
        return send_refresh(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    if (shared_is_success(reply) && !may_upload(root))
        next = shared_end(job, reply, &verdict, action);
    else if (take_token(job, reply, root, &action->renewed))
        next = shared_end_well(reply, OUTCOME_RENEWED, action);
    else
        next = end_refused(job, reply, root, action);
    json_free(root);
    return next;
}

#include "channels/x_request.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/language.h"
#include "base/limits.h"
#include "wire/oauth.h"

#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/x_reply.h"

enum { CLOCK_MARGIN_MS = 5 * 60 * 1000 };

void x_start_request(const struct channel_job *job, struct channel_action *action,
                     enum http_method method, enum request_effect effect, const char *path)
{
    const char *endpoint = job->network ? job->network->endpoint : NULL;

    http_request_reset(&action->request, method, effect);
    text_add(&action->request.url, endpoint ? endpoint : channel_x.endpoint);
    text_add(&action->request.url, path);
}

bool x_uses_oauth1(const struct channel_job *job)
{
    const char *secret = credential_find(job->credential, "access-secret");
    return secret && secret[0];
}

static bool add_signature(const struct channel_job *job, const struct http_request *request,
                          struct text *out)
{
    struct oauth1_credential credential = {
        .consumer_key = shared_secret(job, "api-key"),
        .consumer_secret = shared_secret(job, "api-secret"),
        .token = credential_find(job->credential, "access-token"),
        .token_secret = credential_find(job->credential, "access-secret"),
    };
    struct text nonce;

    text_init(&nonce, 2 * sizeof(job->nonce));
    hex_add(&nonce, job->nonce, sizeof(job->nonce));
    bool is_signed = oauth1_authorization_add(out, &credential, request->method, request->url.bytes,
                                              NULL, nonce.bytes, job->now_unix_ms / 1000);
    text_release(&nonce);
    return is_signed;
}

enum channel_next x_send(const struct channel_job *job, struct channel_action *action)
{
    struct http_request *request = &action->request;
    struct text authorization;

    text_init_secret(&authorization, REQUEST_HEADERS_MAX_BYTES);
    if (!x_uses_oauth1(job)) {
        text_add(&authorization, "Bearer ");
        text_add(&authorization, credential_find(job->credential, "access-token"));
    } else if (!add_signature(job, request, &authorization)) {
        request->url.overflowed = true;
    }
    request->headers.overflowed |= authorization.overflowed;
    http_request_header(request, "Authorization", authorization.bytes);
    http_request_header(request, "Accept", "application/json");
    text_release(&authorization);
    return shared_send(job, action);
}

/* What a person does about a 403 without a reason. */
static const char *advise(enum channel_task task)
{
    switch (task) {
    case TASK_POST:
        return N_(
            "send a shorter text; if that is refused too, see whether the account has reached "
            "a limit, and let the coordinator check the app's rights at X");
    case TASK_RETRACT:
        return N_("delete the post at x.com by hand; the coordinator must check the app's rights");
    case TASK_FIND:
    case TASK_CHECK:
    case TASK_RENEW:
        break;
    }
    return x_change_app;
}

/* A signature has the time in it, and X refuses one that is not of now. */
static bool is_clock_wrong(const struct channel_job *job, const struct http_reply *reply)
{
    int64_t ahead_ms = job->now_unix_ms - http_reply_server_unix_ms(reply);
    return x_uses_oauth1(job) && (ahead_ms > CLOCK_MARGIN_MS || ahead_ms < -CLOCK_MARGIN_MS);
}

struct verdict x_judge(const struct channel_job *job, const struct http_reply *reply,
                       const struct json *root, enum request_effect effect, char code[X_CODE_SIZE])
{
    struct verdict verdict = x_verdict(reply, root, effect, code);

    if (reply->status == 403 && verdict.kind == FAILURE_PERMISSION && !verdict.next)
        verdict.next = advise(job->task);
    if (reply->status == 401 && verdict.kind == FAILURE_CREDENTIAL && is_clock_wrong(job, reply)) {
        verdict.sentence = N_("X does not accept the signature, and this machine's clock is wrong");
        verdict.next = N_("set this machine's clock, then send again");
    }
    return verdict;
}

enum channel_next x_end_refused(const struct channel_job *job, const struct http_reply *reply,
                                const struct json *root, enum request_effect effect,
                                struct channel_action *action)
{
    char code[X_CODE_SIZE];
    struct verdict verdict = x_judge(job, reply, root, effect, code);
    return shared_end(job, reply, &verdict, action);
}

bool x_is_id(const char *id)
{
    return shared_consists_of(id, "0123456789") && strlen(id) <= X_ID_DIGITS_MAX;
}

bool x_read_id(const struct http_reply *reply, const struct json *root, char out[X_ID_SIZE])
{
    return shared_is_success(reply) && json_id(root, out, X_ID_SIZE, "data", "id", NULL) &&
           x_is_id(out);
}

void x_write_url(const struct channel_job *job, struct post *post)
{
    const char *name = account_setting(job->account, "username");

    if (name && strlen(name) <= 15 &&
        shared_consists_of(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))
        snprintf(post->url, sizeof(post->url), "https://x.com/%s/status/%s", name, post->id);
    else
        snprintf(post->url, sizeof(post->url), "https://x.com/i/web/status/%s", post->id);
}

enum channel_next x_send_me(const struct channel_job *job, struct channel_action *action)
{
    x_start_request(job, action, HTTP_GET, EFFECT_NONE, "/2/users/me");
    return x_send(job, action);
}

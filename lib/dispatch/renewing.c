#include "dispatch/renewing.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "model/failure_forms.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "trust/vault.h"

#include "dispatch/verdict.h"

enum { STEPS_MAX = 10 };

struct renewing {
    struct renewing_request request;
    struct loop_timer *begin; /* so that done() never comes from within renewing_start() */
    struct channel_progress progress;
    struct channel_action action;
    enum request_effect effect; /* of the request under way */
    unsigned steps;
    struct text sealed;
};

static void take_step(struct renewing *renewing, const struct http_reply *reply);

void renewing_drop(struct renewing *renewing)
{
    loop_timer_free(renewing->begin);
    channel_action_release(&renewing->action);
    text_release(&renewing->sealed);
    memory_free(renewing);
}

static void finish(struct renewing *renewing, const struct channel_outcome *outcome)
{
    renewing->request.done(renewing->request.context, outcome, &renewing->sealed);
    renewing_drop(renewing);
}

static void fail(struct renewing *renewing, enum outcome_result result, enum failure_kind kind,
                 const char *message, const char *next)
{
    struct channel_outcome outcome = {
        .result = result, .failure = {.kind = kind}, .retry_after_ms = -1};
    snprintf(outcome.failure.message, sizeof(outcome.failure.message), "%s", message);
    snprintf(outcome.failure.next, sizeof(outcome.failure.next), "%s", next);
    finish(renewing, &outcome);
}

/* Where a refresh token counts once, a lost answer may have used it up: only a person can help. */
static void on_no_reply(struct renewing *renewing, const struct http_failure *failure)
{
    const struct account *account = renewing->request.account;
    char next[sizeof(((struct failure *)0)->next)];

    if (failure->kind == HTTP_NOT_ALLOWED) {
        fail(renewing, OUTCOME_FAILED, FAILURE_PERMISSION, failure->message,
             verdict_not_allowed_next);
        return;
    }
    if (failure->kind == HTTP_NOT_SENT || renewing->effect != EFFECT_ONCE) {
        fail(renewing, OUTCOME_RETRY, FAILURE_NETWORK, failure->message, "");
        return;
    }
    snprintf(next, sizeof(next), FORM_CONNECT_IF_IT_GOES_ON, account->municipality,
             account->channel, account->municipality, account->channel);
    fail(renewing, OUTCOME_FAILED, FAILURE_CREDENTIAL,
         N_("the answer to the renewal of the token was lost, and the network may have used it up"),
         next);
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct renewing *renewing = context;
    if (failure)
        on_no_reply(renewing, failure);
    else
        take_step(renewing, reply);
}

static void send(struct renewing *renewing)
{
    renewing->effect = renewing->action.request.effect;
    http_client_send(renewing->request.http, &renewing->action.request, on_done, renewing);
    http_request_release(&renewing->action.request); /* it holds a credential */
    http_request_init(&renewing->action.request);
}

/* The old pairs, those with new values left out, and the new ones behind them. */
static void merge(const struct credential *old, const struct credential *renewed, struct text *out)
{
    for (const char *at = old->pairs, *end = at + old->size_bytes; at < end;) {
        const char *value = at + strlen(at) + 1;
        if (!credential_find(renewed, at))
            credential_add(out, at, value);
        at = value + strlen(value) + 1;
    }
    text_add_bytes(out, renewed->pairs, renewed->size_bytes);
}

static int seal(struct renewing *renewing, const struct credential *old, struct error *error)
{
    const struct renewing_request *request = &renewing->request;
    struct credential renewed = {renewing->action.renewed.bytes, renewing->action.renewed.length};
    struct text pairs;
    int result;

    text_init_secret(&pairs, CREDENTIAL_MAX_BYTES);
    merge(old, &renewed, &pairs);
    if (pairs.overflowed || renewing->action.renewed.overflowed || renewed.size_bytes == 0) {
        result =
            error_set(error, ERROR_INPUT, N_("the network's new token is too large, or empty"));
    } else {
        struct credential whole = {pairs.bytes, pairs.length};
        result = vault_seal(request->vault, request->account, &whole, &renewing->sealed, error);
    }
    text_release(&pairs);
    return result;
}

/* One step, with the credential open for just that long. */
static int run_driver(struct renewing *renewing, const struct http_reply *reply,
                      enum channel_next *out, struct error *error)
{
    const struct renewing_request *request = &renewing->request;
    struct credential credential = {0}, app;
    struct text pairs, app_pairs;
    int result;

    text_init_secret(&pairs, CREDENTIAL_MAX_BYTES);
    result =
        app_open(request->vault, request->app_secrets, request->network, &app_pairs, &app, error);
    if (result == 0)
        result = vault_unseal(request->vault, request->account, request->sealed,
                              request->sealed_size_bytes, &pairs, error);
    if (result == 0) {
        credential = (struct credential){pairs.bytes, pairs.length};
        struct channel_job job = {
            .task = TASK_RENEW,
            .account = request->account,
            .network = request->network,
            .credential = &credential,
            .app = &app,
            .key = "",
            .now_unix_ms = clock_unix_ms(),
        };
        random_bytes(job.nonce, sizeof(job.nonce));
        renewing->action.outcome = (struct channel_outcome){.retry_after_ms = -1};
        text_reset(&renewing->action.renewed);
        *out = request->driver->step(&job, &renewing->progress, reply, &renewing->action);
        if (*out == NEXT_DONE && renewing->action.outcome.result == OUTCOME_RENEWED)
            result = seal(renewing, &credential, error);
    }
    text_release(&app_pairs);
    text_release(&pairs);
    text_reset(&renewing->action.renewed);
    return result;
}

static void take_step(struct renewing *renewing, const struct http_reply *reply)
{
    struct error error = {0};
    enum channel_next next = NEXT_DONE;

    if (run_driver(renewing, reply, &next, &error) < 0) {
        fail(renewing, OUTCOME_FAILED, FAILURE_CREDENTIAL, error.message, error.next);
    } else if (next == NEXT_DONE) {
        struct channel_outcome outcome = renewing->action.outcome;
        finish(renewing, &outcome);
    } else if (next == NEXT_SEND && renewing->steps++ < STEPS_MAX &&
               http_request_is_whole(&renewing->action.request)) {
        send(renewing);
    } else {
        fail(renewing, OUTCOME_FAILED, FAILURE_PROTOCOL,
             N_("the renewal of the token does not come to an end"), "");
    }
}

static void begin(void *context)
{
    take_step(context, NULL);
}

struct renewing *renewing_start(const struct renewing_request *request)
{
    struct renewing *renewing = memory_alloc(sizeof(*renewing));
    renewing->request = *request;
    renewing->begin = loop_timer_new(request->loop, begin, renewing);
    channel_action_init(&renewing->action);
    text_init(&renewing->sealed, VAULT_SEALED_MAX_BYTES);
    loop_timer_set(renewing->begin, 0);
    return renewing;
}

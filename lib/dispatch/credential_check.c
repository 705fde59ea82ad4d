#include "dispatch/credential_check.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/language.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "trust/vault.h"

#include "dispatch/outlet.h"
#include "dispatch/renewing.h"
#include "dispatch/verdict.h"

enum { AT_ONCE_MAX = 200, STEPS_MAX = 10 };

struct checker {
    const struct credential_checks *checks;
    size_t next, under_way;
};

/* The check of one account, which may need several requests. */
struct one_check {
    struct checker *checker;
    const struct stored_account *stored;
    const struct channel_driver *driver;
    struct channel_progress progress;
    struct channel_action action;
    unsigned steps;
    const void *sealed; /* the credential: as stored, or as renewed for this check */
    size_t sealed_size_bytes;
    void *renewed;    /* on the heap, what sealed points to; NULL: as stored */
    bool was_renewed; /* or it was tried, and failed */
};

static void start_more(struct checker *checker);

static void finish(struct one_check *check, const struct channel_outcome *outcome)
{
    struct checker *checker = check->checker;
    checker->checks->done(checker->checks->context, check->stored, outcome);
    channel_action_release(&check->action);
    memory_free(check->renewed);
    memory_free(check);
    checker->under_way--;
    if (checker->under_way == 0 && checker->next == checker->checks->account_count)
        loop_stop(checker->checks->loop);
    else
        start_more(checker);
}

static void fail(struct one_check *check, enum outcome_result result, enum failure_kind kind,
                 const char *message, const char *next)
{
    struct channel_outcome outcome = {.result = result, .failure = {.kind = kind}};
    snprintf(outcome.failure.message, sizeof(outcome.failure.message), "%.300s", message);
    snprintf(outcome.failure.next, sizeof(outcome.failure.next), "%.250s", next);
    finish(check, &outcome);
}

static void step(struct one_check *check, const struct http_reply *reply);

static void on_reply(void *context, const struct http_reply *reply,
                     const struct http_failure *failure)
{
    struct one_check *check = context;
    if (failure && failure->kind == HTTP_NOT_ALLOWED)
        fail(check, OUTCOME_FAILED, FAILURE_PERMISSION, failure->message, verdict_not_allowed_next);
    else if (failure)
        fail(check, OUTCOME_RETRY, FAILURE_NETWORK, failure->message,
             N_("check the network and the endpoint, then try again"));
    else
        step(check, reply);
}

/* Builds the next request with the credential open for just that long. */
static int run_driver(struct one_check *check, const struct http_reply *reply,
                      enum channel_next *out, struct error *error)
{
    const struct credential_checks *checks = check->checker->checks;
    const struct stored_account *stored = check->stored;
    const struct network *network = checks->network(checks->network_context, check->driver->name);
    struct credential credential = {0}, app;
    struct text pairs, app_pairs;
    int result;

    text_init_secret(&pairs, CREDENTIAL_MAX_BYTES);
    result = app_open(checks->vault, &checks->app_secrets, network, &app_pairs, &app, error);
    if (result == 0 && check->sealed_size_bytes > 0) {
        result = vault_unseal(checks->vault, &stored->account, check->sealed,
                              check->sealed_size_bytes, &pairs, error);
        credential = (struct credential){pairs.bytes, pairs.length};
    }
    if (result == 0) {
        struct channel_job job = {
            .task = TASK_CHECK,
            .account = &stored->account,
            .network = network,
            .credential = &credential,
            .app = &app,
            .key = "",
            .now_unix_ms = clock_unix_ms(),
            .was_renewed = check->was_renewed,
        };
        random_bytes(job.nonce, sizeof(job.nonce));
        check->action.is_early = false;
        check->action.outcome = (struct channel_outcome){.retry_after_ms = -1};
        *out = check->driver->step(&job, &check->progress, reply, &check->action);
    }
    text_release(&app_pairs);
    text_release(&pairs);
    return result;
}

/* --- when the secrets of the moment have run out --------------------------------------------- */

static void on_renewed(void *context, const struct channel_outcome *outcome, struct text *sealed)
{
    struct one_check *check = context;
    const struct credential_checks *checks = check->checker->checks;
    struct error error = {0};

    check->was_renewed = true;
    if (outcome->result != OUTCOME_RENEWED && check->action.is_early) {
        step(check, NULL); /* with the old ones, which still work */
        return;
    }
    if (outcome->result != OUTCOME_RENEWED) {
        finish(check, outcome);
        return;
    }
    check->renewed = memory_alloc(sealed->length);
    memcpy(check->renewed, sealed->bytes, sealed->length);
    if (checks->renewed(checks->context, check->stored, check->renewed, sealed->length, &error) <
        0) {
        fail(check, OUTCOME_RETRY, FAILURE_CREDENTIAL, error.message, error.next);
        return;
    }
    check->sealed = check->renewed;
    check->sealed_size_bytes = sealed->length;
    step(check, NULL);
}

static void renew(struct one_check *check)
{
    const struct credential_checks *checks = check->checker->checks;
    struct renewing_request request = {
        .loop = checks->loop,
        .http = checks->http,
        .vault = checks->vault,
        .app_secrets = &checks->app_secrets,
        .account = &check->stored->account,
        .driver = check->driver,
        .network = checks->network(checks->network_context, check->driver->name),
        .sealed = check->sealed,
        .sealed_size_bytes = check->sealed_size_bytes,
        .done = on_renewed,
        .context = check,
    };

    if (check->renewed)
        fail(check, OUTCOME_FAILED, FAILURE_CREDENTIAL,
             N_("the network refuses the token that it gave a moment ago"), "");
    else
        renewing_start(&request);
}

static void step(struct one_check *check, const struct http_reply *reply)
{
    struct error error = {0};
    enum channel_next next = NEXT_DONE;

    if (run_driver(check, reply, &next, &error) < 0) {
        fail(check, OUTCOME_FAILED, FAILURE_CREDENTIAL, error.message, error.next);
    } else if (next == NEXT_DONE) {
        struct channel_outcome outcome = check->action.outcome;
        finish(check, &outcome);
    } else if (next == NEXT_RENEW) {
        renew(check);
    } else if (next == NEXT_SEND && check->steps++ < STEPS_MAX &&
               http_request_is_whole(&check->action.request)) {
        const struct credential_checks *checks = check->checker->checks;
        if (check->driver->features & FEATURE_LOCAL)
            outlet_send(checks->outlet, &check->action.request, on_reply, check);
        else
            http_client_send(checks->http, &check->action.request, on_reply, check);
        http_request_release(&check->action.request);
        http_request_init(&check->action.request);
    } else {
        fail(check, OUTCOME_FAILED, FAILURE_PROTOCOL, N_("the check does not come to an end"), "");
    }
}

static void start_more(struct checker *checker)
{
    const struct credential_checks *checks = checker->checks;
    while (checker->under_way < AT_ONCE_MAX && checker->next < checks->account_count) {
        struct one_check *check = memory_alloc(sizeof(*check));
        check->checker = checker;
        check->stored = &checks->accounts[checker->next++];
        check->sealed = check->stored->sealed;
        check->sealed_size_bytes = check->stored->sealed_size_bytes;
        check->driver = channel_find(check->stored->account.channel);
        channel_action_init(&check->action);
        checker->under_way++;
        if (check->driver && check->driver->features & FEATURE_CHECK)
            step(check, NULL);
        else
            fail(check, OUTCOME_UNKNOWN, FAILURE_NONE,
                 N_("this channel cannot be asked without posting"), "");
    }
}

static void start(void *context)
{
    start_more(context);
}

void check_credentials(const struct credential_checks *checks)
{
    struct checker checker = {.checks = checks};
    if (checks->account_count == 0)
        return;
    struct loop_timer *timer = loop_timer_new(checks->loop, start, &checker);
    loop_timer_set(timer, 0);
    loop_run(checks->loop);
    loop_timer_free(timer);
}

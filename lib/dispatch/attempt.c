/*
 * One try at a delivery, from the driver's first step to its outcome. The order of things is the
 * promise of the whole program:
 *
 *     step → record "sending" → on disk → request leaves → reply → step → record outcome → on disk
 *     → reported
 */
#include "dispatch/attempt.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "trust/vault.h"

#include "dispatch/follow.h"
#include "dispatch/outlet.h"
#include "dispatch/progress.h"
#include "dispatch/renewal.h"
#include "dispatch/turns.h"

void attempt_free(struct attempt *attempt)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    if (attempt->all_previous)
        attempt->all_previous->all_next = attempt->all_next;
    else
        dispatcher->attempts = attempt->all_next;
    if (attempt->all_next)
        attempt->all_next->all_previous = attempt->all_previous;
    turns_end(dispatcher, attempt->delivery, attempt->task == TASK_FIND);
    channel_action_release(&attempt->action);
    text_release(&attempt->credential_pairs);
    if (attempt->draft)
        drafts_put(&dispatcher->drafts, attempt->draft);
    arena_free(attempt->arena);
    attempt->delivery->attempt_count--;
    dispatcher_let_go(dispatcher, attempt->delivery);
    page_pool_give_back(&dispatcher->attempt_memory, attempt,
                        offsetof(struct attempt, progress.posts[1]));
}

void attempt_drop_unsent(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;

    delivery->attempt = NULL;
    delivery->addressee->network->counts.in_flight--;
    attempt->dispatcher->in_flight--;
    attempt_free(attempt);
}

/* --- one step of the driver ------------------------------------------------------------------ */

static int open_credential(struct attempt *attempt, struct error *error)
{
    const struct addressee *addressee = attempt->delivery->addressee;
    text_reset(&attempt->credential_pairs);
    attempt->credential = (struct credential){0};
    if (addressee->sealed_size_bytes == 0)
        return 0; /* a channel without a credential */
    if (vault_unseal(attempt->dispatcher->options->vault, &addressee->stored->account,
                     addressee->sealed, addressee->sealed_size_bytes, &attempt->credential_pairs,
                     error) < 0)
        return -1;
    attempt->credential.pairs = attempt->credential_pairs.bytes;
    attempt->credential.size_bytes = attempt->credential_pairs.length;
    return 0;
}

/* Many are drawn at once: asking for few bytes costs as much as asking for many. */
static void take_nonce(struct dispatcher *dispatcher, unsigned char *out, size_t size)
{
    if (dispatcher->nonce_count < size) {
        random_bytes(dispatcher->nonces, sizeof(dispatcher->nonces));
        dispatcher->nonce_count = sizeof(dispatcher->nonces);
    }
    dispatcher->nonce_count -= size;
    memcpy(out, dispatcher->nonces + dispatcher->nonce_count, size);
}

static enum channel_next step_driver(struct attempt *attempt, const struct credential *app,
                                     const struct http_reply *reply)
{
    struct delivery *delivery = attempt->delivery;
    struct channel_job job = {
        .task = attempt->task,
        .account = attempt_account(delivery),
        .network = delivery->addressee->network->network,
        .credential = &attempt->credential,
        .app = app,
        .draft = attempt->draft,
        .key = attempt->key,
        .reply_to = follow_find(delivery),
        .known_ids = attempt->known_ids,
        .known_id_count = attempt->known_id_count,
        .now_unix_ms = attempt_host_unix_ms(attempt, dispatcher_unix_ms(attempt->dispatcher)),
        .first_sent_unix_ms = attempt_host_unix_ms(attempt, delivery->first_sent_unix_ms),
        .was_renewed = delivery->addressee->was_renewed,
        .is_registered_since =
            delivery->addressee->stored->registered_unix_ms > delivery->first_sent_unix_ms,
    };
    take_nonce(attempt->dispatcher, job.nonce, sizeof(job.nonce));
    attempt->action.is_early = false;
    attempt->action.outcome = (struct channel_outcome){.retry_after_ms = -1};
    return attempt_driver(delivery)->step(&job, &attempt->progress, reply, &attempt->action);
}

/* The run is stopped, and the request that would be next has not been sent. */
static void halt(struct attempt *attempt)
{
    attempt_leave_host(attempt, false, NULL, NULL);
    attempt_halt(attempt);
}

static void send_request(struct attempt *attempt);

/* Nothing of it can be published: what reads on a look-up, or in a pause, whose state is on disk.
 */
static bool may_leave_at_once(const struct attempt *attempt)
{
    const struct delivery *delivery = attempt->delivery;
    return attempt->task == TASK_FIND || (attempt->effect == EFFECT_NONE && delivery->is_paused &&
                                          delivery->state == DELIVERY_WAITING);
}

/* The request is built; it leaves when its intent is on disk. */
static void record_intent(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;

    attempt->effect = attempt->action.request.effect;
    if (attempt->dispatcher->result.stopped ||
        (delivery->is_paused && dispatcher_must_stop(attempt->dispatcher))) {
        halt(attempt);
        return;
    }
    if (attempt->delivery->to_retract && attempt_take_over(attempt))
        return;
    if (may_leave_at_once(attempt)) {
        send_request(attempt);
        return;
    }
    if (!attempt->counted_sent) {
        attempt->counted_sent = true;
        delivery->attempts += !delivery->is_paused; /* after a pause the same one goes on */
    }
    /* Of a thread, a later part leaves later: how old a doubt is counts from its own request. */
    delivery->first_sent_unix_ms = dispatcher_unix_ms(attempt->dispatcher);
    struct journal_change change = attempt_change(attempt, DELIVERY_SENDING, attempt_send);
    change.has_failure = false;
    change.first_sent_unix_ms = delivery->first_sent_unix_ms;
    attempt_keep_progress(attempt, &change);
    if (attempt->effect != EFFECT_NONE)
        attempt_intent_entry(attempt, &change.entry);
    delivery->state = DELIVERY_SENDING;
    journal_record(attempt->dispatcher->journal, &change);
}

/* No request can be made. What may be out there already is not called failed: it stays in doubt. */
static void give_up(struct attempt *attempt)
{
    bool is_doubtful = attempt->task == TASK_FIND ||
                       (attempt->task == TASK_POST &&
                        (attempt->progress.post_count > 0 || attempt->delivery->may_be_posted));
    attempt_act_on(attempt, (struct verdict){is_doubtful ? VERDICT_IN_DOUBT : VERDICT_FAILED, 0});
}

/* The secrets of the moment have run out, or will. A delivery of which nothing has been sent just
 * waits; one that was refused for it is tried again with the new ones. */
static void renew(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;
    struct dispatcher *dispatcher = attempt->dispatcher;
    int64_t began_ms = attempt->started_ms;
    bool is_early = attempt->action.is_early;
    struct failure failure;

    if (!renewal_is_worth_it(dispatcher, delivery, began_ms, &failure)) {
        attempt->failure = failure;
        attempt->has_failure = true;
        give_up(attempt);
    } else if (attempt->counted_sent || attempt->task == TASK_FIND) {
        attempt_set_failure(attempt, FAILURE_CREDENTIAL, N_("the account's token has run out"),
                            N_("nothing to do: it is renewed"));
        attempt_end(attempt, attempt_state_kept(attempt));
        renewal_wait(dispatcher, delivery, began_ms, is_early);
    } else {
        attempt_drop_unsent(attempt);
        renewal_wait(dispatcher, delivery, began_ms, is_early);
    }
}

/* One step, with the secrets open for just that long. */
static int open_and_step(struct attempt *attempt, const struct http_reply *reply,
                         enum channel_next *out, struct error *error)
{
    const struct dispatch_options *options = attempt->dispatcher->options;
    const struct network *network = attempt->delivery->addressee->network->network;
    struct credential app;
    struct text app_pairs;

    int result = app_open(options->vault, &options->app_secrets, network, &app_pairs, &app, error);
    if (result == 0)
        result = open_credential(attempt, error);
    if (result == 0) {
        *out = step_driver(attempt, &app, reply);
        attempt->action.request.leaves_no_secret = attempt_leaves_no_secret(attempt, &app);
    }
    text_reset(&attempt->credential_pairs); /* wiped */
    attempt->credential = (struct credential){0};
    text_release(&app_pairs);
    return result;
}

static void take_step(struct attempt *attempt, const struct http_reply *reply)
{
    struct error error = {0};
    enum channel_next next = NEXT_DONE;
    if (open_and_step(attempt, reply, &next, &error) < 0) {
        attempt_set_failure(attempt, FAILURE_CREDENTIAL, error.message, error.next);
        attempt_leave_host(attempt, false, NULL, NULL);
        give_up(attempt);
        return;
    }
    switch (next) {
    case NEXT_SEND:
        if (http_request_is_whole(&attempt->action.request)) {
            record_intent(attempt);
            return;
        }
        attempt_set_failure(attempt, FAILURE_CONTENT,
                            N_("the request is larger than any that is sent"),
                            N_("shorten the text"));
        attempt_leave_host(attempt, false, NULL, NULL);
        give_up(attempt);
        return;
    case NEXT_PAUSE:
        attempt_leave_host(attempt, false, NULL, NULL);
        if (attempt->task == TASK_FIND)
            attempt_act_on(attempt, (struct verdict){VERDICT_LOOK_UP, attempt->action.pause_ms});
        else
            attempt_pause(attempt, attempt->action.pause_ms);
        return;
    case NEXT_RENEW:
        attempt_leave_host(attempt, false, NULL, NULL);
        if (attempt->dispatcher->result.stopped)
            halt(attempt);
        else
            renew(attempt);
        return;
    case NEXT_DONE:
        attempt_leave_host(attempt, false, NULL, NULL);
        attempt->failure = attempt->action.outcome.failure;
        attempt->has_failure = attempt->failure.kind != FAILURE_NONE;
        attempt_conclude(attempt, &attempt->action.outcome, true);
        return;
    }
}

/* --- the network ----------------------------------------------------------------------------- */

static void take_pace(struct attempt *attempt, const struct http_reply *reply)
{
    struct addressee *addressee = attempt->delivery->addressee;
    const struct channel_driver *driver = addressee->network->driver;
    int64_t now_ms = loop_now_ms(attempt->dispatcher->options->loop);
    struct pace_hint hint = {0};

    if (!driver->pace)
        return;
    driver->pace(reply, &hint);
    if (hint.account_wait_ms > 0)
        addressee->not_before_ms = now_ms + hint.account_wait_ms;
    if (hint.app_wait_ms > 0)
        addressee->network->not_before_ms = now_ms + hint.app_wait_ms;
}

/* It would not be let there the next time either. The host itself is not down. */
static void on_not_allowed(struct attempt *attempt, const struct http_failure *failure)
{
    char message[sizeof(attempt->failure.message)];

    snprintf(message, sizeof(message), "%s: %s", attempt->delivery->addressee->host->origin,
             failure->message);
    attempt_set_failure(attempt, FAILURE_PERMISSION, message, verdict_not_allowed_next);
    snprintf(attempt->failure.code, sizeof(attempt->failure.code), "%s", verdict_not_allowed_code);
    attempt_leave_host(attempt, false, NULL, NULL);
    give_up(attempt);
}

static void on_failure(struct attempt *attempt, const struct http_failure *failure)
{
    const struct host *host = attempt->delivery->addressee->host;
    bool was_sent = failure->kind == HTTP_NO_ANSWER;
    char message[sizeof(attempt->failure.message)];
    const char *next = "";

    if (!was_sent &&
        (attempt->dispatcher->result.stopped || attempt->dispatcher->result.interrupted)) {
        halt(attempt);
        return;
    }
    snprintf(message, sizeof(message), "%s: %s", host->origin, failure->message);
    if (failure->tls_untrusted)
        next = N_("if this server is right, name its authority as `ca-file` in crisis.yaml");
    else if (!was_sent)
        next = N_("check the network and the endpoint; it is tried again until the deadline");
    attempt_set_failure(attempt, FAILURE_NETWORK, message, next);
    attempt_leave_host(attempt, true, failure->message, next);
    attempt_conclude(attempt, NULL, was_sent);
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct attempt *attempt = context;
    struct dispatcher *dispatcher = attempt->dispatcher;

    dispatcher->unanswered--;
    window_answered(&dispatcher->window, dispatcher->in_flight);
    if (failure) {
        if (failure->kind == HTTP_NOT_ALLOWED)
            on_not_allowed(attempt, failure);
        else
            on_failure(attempt, failure);
        return;
    }
    dispatcher->any_answer |= !attempt->delivery->addressee->host->is_local;
    attempt_note_clock(attempt, reply);
    attempt->http_status = reply->status;
    take_pace(attempt, reply);
    take_step(attempt, reply);
}

static void send_request(struct attempt *attempt)
{
    const struct dispatch_options *options = attempt->dispatcher->options;

    attempt->dispatcher->unanswered++;
    if (attempt->delivery->addressee->host->is_local)
        outlet_send(options->outlet, &attempt->action.request, on_done, attempt);
    else
        http_client_send(options->http, &attempt->action.request, on_done, attempt);
    /* The receiver has its copy; ours holds a credential. */
    http_request_release(&attempt->action.request);
    http_request_init(&attempt->action.request);
}

void attempt_send(void *context)
{
    struct attempt *attempt = context;
    /* Recorded but never sent, when the process is about to end: `resume` finds it absent. */
    if (attempt->dispatcher->closing)
        return;
    if (dispatcher_must_stop(attempt->dispatcher))
        halt(attempt);
    else
        send_request(attempt);
}

/* --- beginning ------------------------------------------------------------------------------- */

static struct attempt *make_attempt(struct dispatcher *dispatcher, struct delivery *delivery)
{
    struct attempt *attempt = page_pool_take(&dispatcher->attempt_memory);
    attempt->dispatcher = dispatcher;
    attempt->delivery = delivery;
    delivery->attempt_count++;
    attempt_key(delivery, attempt->key);
    attempt->task = delivery->to_look_up ? TASK_FIND : dispatcher->options->task;
    attempt->retry_in_ms = -1;
    attempt->started_ms = loop_now_ms(dispatcher->options->loop);
    channel_action_init(&attempt->action);
    text_init_secret(&attempt->credential_pairs, CREDENTIAL_MAX_BYTES);
    if (!delivery->first_started_ms)
        delivery->first_started_ms = attempt->started_ms;
    turns_begin(delivery, attempt->task == TASK_FIND);
    attempt->all_next = dispatcher->attempts;
    if (dispatcher->attempts)
        dispatcher->attempts->all_previous = attempt;
    dispatcher->attempts = attempt;
    dispatcher->in_flight++;
    return attempt;
}

/* Goes on where the delivery had got to. */
static bool take_up_progress(struct attempt *attempt)
{
    const char *recorded = attempt->delivery->progress;
    return !recorded || progress_read(recorded, strlen(recorded), &attempt->progress);
}

void attempt_start(struct dispatcher *dispatcher, struct delivery *delivery)
{
    struct error error = {0};
    struct attempt *attempt = make_attempt(dispatcher, delivery);

    if (attempt->task == TASK_FIND)
        attempt->arena = arena_new();
    attempt->draft =
        drafts_get(&dispatcher->drafts, dispatcher->options, delivery->draft_row, &error);
    if (!attempt->draft ||
        (attempt->task == TASK_FIND && attempt_gather_known(attempt, &error) < 0)) {
        dispatcher->in_flight--;
        attempt_free(attempt);
        dispatcher_fail(dispatcher, &error);
        return;
    }
    if (!take_up_progress(attempt)) {
        attempt_set_failure(
            attempt, FAILURE_PROTOCOL, N_("what was recorded of this delivery is not readable"),
            N_("run `crisis audit verify`; look at the account before sending again"));
        attempt_act_on(attempt, (struct verdict){VERDICT_IN_DOUBT, 0});
        return;
    }
    if (attempt->task == TASK_FIND) {
        attempt->before_look_up =
            arena_memdup(attempt->arena, &attempt->progress, sizeof(attempt->progress));
        attempt->progress.stage = attempt->progress.polls = 0;
    }
    delivery->attempt = attempt;
    delivery->addressee->network->counts.in_flight++;
    attempt->counted_in_flight = true;
    attempt_enter_host(attempt);
    take_step(attempt, NULL);
}

void attempt_give_up(struct dispatcher *dispatcher, struct delivery *delivery,
                     const struct failure *failure)
{
    struct attempt *attempt = make_attempt(dispatcher, delivery);
    attempt->failure = *failure;
    attempt->has_failure = true;
    /* What was posted, and under which key, stays on record. */
    (void)take_up_progress(attempt);
    if (attempt->task == TASK_RETRACT) {
        attempt_act_on(attempt, (struct verdict){VERDICT_FAILED, 0});
        return;
    }
    delivery->to_retract = false;
    enum delivery_state state = (enum delivery_state)delivery->state;
    /* What may be out there is not called failed: it stays in doubt. */
    bool is_doubtful =
        state == DELIVERY_SENDING || state == DELIVERY_IN_DOUBT || delivery->may_be_posted;
    attempt_end(attempt, is_doubtful ? DELIVERY_IN_DOUBT : DELIVERY_FAILED);
    delivery->is_over = true;
}

void attempts_init(struct dispatcher *dispatcher)
{
    page_pool_init(&dispatcher->attempt_memory, sizeof(struct attempt));
}

void attempts_drop(struct dispatcher *dispatcher)
{
    while (dispatcher->attempts)
        attempt_free(dispatcher->attempts);
    page_pool_release(&dispatcher->attempt_memory);
}

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

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "trust/vault.h"

#include "dispatch/follow.h"
#include "dispatch/progress.h"

enum {
    CREDENTIAL_MAX_BYTES = 64 * 1024,
    KNOWN_POSTS_MS = 48 * 60 * 60 * 1000, /* how far back a post could be taken for ours */
};

/* --- what is under way on a host ------------------------------------------------------------- */

static void enter_host(struct attempt *attempt)
{
    struct host *host = attempt->delivery->addressee->host;
    host->pace.in_flight++;
    attempt->host_waits = true;
    attempt->previous = host->newest;
    if (host->newest)
        host->newest->next = attempt;
    else
        host->oldest = attempt;
    host->newest = attempt;
}

static void leave_host(struct attempt *attempt, bool failed, const char *reason, const char *next)
{
    struct host *host = attempt->delivery->addressee->host;
    if (!attempt->host_waits)
        return;
    attempt->host_waits = false;
    if (attempt->previous)
        attempt->previous->next = attempt->next;
    else
        host->oldest = attempt->next;
    if (attempt->next)
        attempt->next->previous = attempt->previous;
    else
        host->newest = attempt->previous;
    attempt->previous = attempt->next = NULL;
    dispatcher_host_ended(attempt->dispatcher, host, attempt->started_ms, failed, reason, next);
}

int64_t attempt_oldest_ms(const struct host *host, int64_t now_ms)
{
    return host->oldest ? now_ms - host->oldest->started_ms : -1;
}

void attempt_free(struct attempt *attempt)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    if (attempt->all_previous)
        attempt->all_previous->all_next = attempt->all_next;
    else
        dispatcher->attempts = attempt->all_next;
    if (attempt->all_next)
        attempt->all_next->all_previous = attempt->all_previous;
    channel_action_release(&attempt->action);
    text_release(&attempt->credential_pairs);
    arena_free(attempt->arena);
    memory_free(attempt);
}

/* --- one step of the driver ------------------------------------------------------------------ */

static int open_credential(struct attempt *attempt, struct error *error)
{
    const struct stored_account *stored = attempt->delivery->addressee->stored;
    text_reset(&attempt->credential_pairs);
    attempt->credential = (struct credential){0};
    if (stored->sealed_size_bytes == 0)
        return 0; /* a channel without a credential */
    if (vault_unseal(attempt->dispatcher->options->vault, &stored->account, stored->sealed,
                     stored->sealed_size_bytes, &attempt->credential_pairs, error) < 0)
        return -1;
    attempt->credential.pairs = attempt->credential_pairs.bytes;
    attempt->credential.size_bytes = attempt->credential_pairs.length;
    return 0;
}

/* A look-up must not take an older post with the same text for its own: what other deliveries to
 * the account have made is known. */
static int gather_known_ids(struct attempt *attempt, struct error *error)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    const struct delivery *delivery = attempt->delivery;
    struct post posts[THREAD_PARTS_MAX];
    const char **lists;
    size_t list_count, post_count, capacity = 0;

    if (store_account_posts(dispatcher->options->reader, attempt->arena, attempt_account(delivery),
                            delivery->row, delivery->first_sent_unix_ms - KNOWN_POSTS_MS, &lists,
                            &list_count, error) < 0)
        return -1;
    for (size_t i = 0; i < list_count; i++) {
        posts_read(lists[i], posts, &post_count);
        for (size_t j = 0; j < post_count; j++) {
            attempt->known_ids = arena_grow(attempt->arena, attempt->known_ids,
                                            attempt->known_id_count, &capacity, sizeof(char *));
            attempt->known_ids[attempt->known_id_count++] =
                arena_strdup(attempt->arena, posts[j].id);
        }
    }
    return 0;
}

static enum channel_next step_driver(struct attempt *attempt, const struct http_reply *reply)
{
    struct delivery *delivery = attempt->delivery;
    char key[KEY_TEXT_SIZE];
    struct credential no_app = {0};

    attempt_key(delivery, key);
    struct channel_job job = {
        .task = attempt->task,
        .account = attempt_account(delivery),
        .network = delivery->addressee->network->network,
        .credential = &attempt->credential,
        .app = &no_app,
        .draft = &attempt->draft,
        .key = key,
        .reply_to = follow_find(delivery),
        .known_ids = attempt->known_ids,
        .known_id_count = attempt->known_id_count,
        .now_unix_ms = clock_unix_ms(),
        .first_sent_unix_ms = delivery->first_sent_unix_ms,
    };
    random_bytes(job.nonce, sizeof(job.nonce));
    attempt->action.outcome = (struct channel_outcome){.retry_after_ms = -1};
    return attempt_driver(delivery)->step(&job, &attempt->progress, reply, &attempt->action);
}

static void send_request(struct attempt *attempt);
static void on_sending_durable(void *context);

/* The request is built; it leaves when its intent is on disk. A look-up only reads: it may leave at
 * once. */
static void record_intent(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;

    attempt->effect = attempt->action.request.effect;
    if (attempt->task == TASK_FIND) {
        send_request(attempt);
        return;
    }
    if (!attempt->counted_sent) {
        attempt->counted_sent = true;
        delivery->attempts++;
        delivery->first_sent_unix_ms = clock_unix_ms();
    }
    struct journal_change change = attempt_change(attempt, DELIVERY_SENDING, on_sending_durable);
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
    bool is_doubtful = attempt->task == TASK_FIND || attempt->progress.post_count > 0;
    attempt_act_on(attempt, (struct verdict){is_doubtful ? VERDICT_IN_DOUBT : VERDICT_FAILED, 0});
}

static void take_step(struct attempt *attempt, const struct http_reply *reply)
{
    struct error error = {0};
    if (open_credential(attempt, &error) < 0) {
        attempt_set_failure(attempt, FAILURE_CREDENTIAL, error.message, error.next);
        leave_host(attempt, false, NULL, NULL);
        give_up(attempt);
        return;
    }
    enum channel_next next = step_driver(attempt, reply);
    text_reset(&attempt->credential_pairs); /* wiped */
    attempt->credential = (struct credential){0};

    switch (next) {
    case NEXT_SEND:
        if (http_request_is_whole(&attempt->action.request)) {
            record_intent(attempt);
            return;
        }
        attempt_set_failure(attempt, FAILURE_CONTENT, "the request is larger than any that is sent",
                            "shorten the text");
        leave_host(attempt, false, NULL, NULL);
        give_up(attempt);
        return;
    case NEXT_PAUSE:
        leave_host(attempt, false, NULL, NULL);
        attempt_act_on(attempt, (struct verdict){
                                    attempt->task == TASK_FIND ? VERDICT_LOOK_UP : VERDICT_RETRY,
                                    attempt->action.pause_ms,
                                });
        return;
    case NEXT_DONE:
        leave_host(attempt, false, NULL, NULL);
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

static void on_failure(struct attempt *attempt, const struct http_failure *failure)
{
    const struct host *host = attempt->delivery->addressee->host;
    bool was_sent = failure->kind == HTTP_NO_ANSWER;
    char message[sizeof(attempt->failure.message)];
    const char *next = "";

    snprintf(message, sizeof(message), "%s: %s", host->origin, failure->message);
    if (failure->tls_untrusted)
        next = "if this server is right, name its authority as `ca-file` in crisis.yaml";
    else if (!was_sent)
        next = "check the network and the endpoint; it is tried again until the deadline";
    attempt_set_failure(attempt, FAILURE_NETWORK, message, next);
    leave_host(attempt, true, failure->message, next);
    attempt_conclude(attempt, NULL, was_sent);
}

static void on_done(void *context, const struct http_reply *reply,
                    const struct http_failure *failure)
{
    struct attempt *attempt = context;
    struct dispatcher *dispatcher = attempt->dispatcher;

    if (failure) {
        on_failure(attempt, failure);
        return;
    }
    dispatcher->any_answer = true;
    attempt->http_status = reply->status;
    take_pace(attempt, reply);
    take_step(attempt, reply);
}

static void send_request(struct attempt *attempt)
{
    http_client_send(attempt->dispatcher->options->http, &attempt->action.request, on_done,
                     attempt);
    /* The client has its copy; ours holds a credential. */
    http_request_release(&attempt->action.request);
    http_request_init(&attempt->action.request);
}

static void on_sending_durable(void *context)
{
    struct attempt *attempt = context;
    /* Recorded but never sent, when the process is about to end: `resume` finds it absent. */
    if (!attempt->dispatcher->closing)
        send_request(attempt);
}

/* --- beginning ------------------------------------------------------------------------------- */

static struct attempt *make_attempt(struct dispatcher *dispatcher, struct delivery *delivery)
{
    struct attempt *attempt = memory_alloc(sizeof(*attempt));
    attempt->dispatcher = dispatcher;
    attempt->delivery = delivery;
    attempt->arena = arena_new();
    attempt->task = delivery->to_look_up ? TASK_FIND : TASK_POST;
    attempt->retry_in_ms = -1;
    attempt->started_ms = loop_now_ms(dispatcher->options->loop);
    channel_action_init(&attempt->action);
    text_init_secret(&attempt->credential_pairs, CREDENTIAL_MAX_BYTES);
    if (!delivery->first_started_ms)
        delivery->first_started_ms = attempt->started_ms;
    attempt->all_next = dispatcher->attempts;
    if (dispatcher->attempts)
        dispatcher->attempts->all_previous = attempt;
    dispatcher->attempts = attempt;
    dispatcher->in_flight++;
    return attempt;
}

void attempt_start(struct dispatcher *dispatcher, struct delivery *delivery)
{
    struct error error = {0};
    struct attempt *attempt = make_attempt(dispatcher, delivery);

    if (store_draft(dispatcher->options->reader, attempt->arena, delivery->draft_row,
                    &attempt->draft, &error) < 0 ||
        (attempt->task == TASK_FIND && gather_known_ids(attempt, &error) < 0)) {
        dispatcher->in_flight--;
        attempt_free(attempt);
        dispatcher_fail(dispatcher, &error);
        return;
    }
    if (delivery->progress &&
        !progress_read(delivery->progress, strlen(delivery->progress), &attempt->progress)) {
        attempt_set_failure(attempt, FAILURE_PROTOCOL,
                            "what was recorded of this delivery is not readable",
                            "run `crisis audit verify`; look at the account before sending again");
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
    enter_host(attempt);
    take_step(attempt, NULL);
}

void attempt_give_up(struct dispatcher *dispatcher, struct delivery *delivery,
                     const struct failure *failure)
{
    struct attempt *attempt = make_attempt(dispatcher, delivery);
    attempt->failure = *failure;
    attempt->has_failure = true;
    enum delivery_state state = (enum delivery_state)delivery->state;
    /* What may be out there is not called failed: it stays in doubt. */
    bool is_doubtful = state == DELIVERY_SENDING || state == DELIVERY_IN_DOUBT;
    attempt_end(attempt, is_doubtful ? DELIVERY_IN_DOUBT : DELIVERY_FAILED);
}

void attempts_drop(struct dispatcher *dispatcher)
{
    while (dispatcher->attempts)
        attempt_free(dispatcher->attempts);
}

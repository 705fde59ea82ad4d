/*
 * One try at a delivery, from the driver's first step to its outcome. The order of things is the
 * promise of the whole program:
 *
 *     step → record "sending" → on disk → request leaves → reply → step → record outcome → on disk
 *     → reported
 */
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_client.h"
#include "trust/vault.h"

#include "dispatch/dispatcher.h"
#include "dispatch/progress.h"
#include "dispatch/verdict.h"

enum {
    KEY_TEXT_SIZE = 32,
    CREDENTIAL_MAX_BYTES = 64 * 1024,
    POSTS_MAX_BYTES = 64 * 1024,
    KNOWN_POSTS_MS = 48 * 60 * 60 * 1000, /* how far back a post could be taken for ours */
};

static const char actor[] = "dispatcher";

struct attempt {
    struct dispatcher *dispatcher;
    struct delivery *delivery;
    struct attempt *previous, *next;         /* of the host's under way, oldest first */
    struct attempt *all_previous, *all_next; /* of the dispatcher's */
    enum channel_task task;
    struct arena *arena; /* holds the draft */
    struct draft draft;
    struct channel_progress progress;
    struct channel_action action;
    struct credential credential; /* open only while a request is built */
    struct text credential_pairs;
    enum request_effect effect;              /* of the request under way */
    bool counted_sent;                       /* this attempt has been counted */
    bool counted_in_flight;                  /* so has the delivery, on its network */
    bool host_waits;                         /* the host counts a request of ours */
    struct channel_progress *before_look_up; /* TASK_FIND: what the post had got to */
    const char **known_ids;                  /* TASK_FIND: posts of other deliveries */
    size_t known_id_count;
    int64_t started_ms;
    int http_status;
    enum delivery_state end; /* the state that was recorded last */
    struct failure failure;
    bool has_failure;
    int64_t retry_in_ms;
};

static const struct channel_driver *driver_of(const struct delivery *delivery)
{
    return delivery->addressee->network->driver;
}

static const struct account *account_of(const struct delivery *delivery)
{
    return &delivery->addressee->stored->account;
}

static void key_text(const struct delivery *delivery, char out[KEY_TEXT_SIZE])
{
    struct text text;
    text_init(&text, KEY_TEXT_SIZE - 1);
    base64url_add(&text, delivery->key, sizeof(delivery->key));
    snprintf(out, KEY_TEXT_SIZE, "%s", text.bytes);
    text_release(&text);
}

/* --- what is under way on a host -----------------------------------------------------------------
 */

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
    dispatcher_host_ended(attempt->dispatcher, host, failed, reason, next);
}

int64_t attempt_oldest_ms(const struct host *host, int64_t now_ms)
{
    return host->oldest ? now_ms - host->oldest->started_ms : -1;
}

/* --- recording and reporting ---------------------------------------------------------------------
 */

static void begin_entry(const struct attempt *attempt, enum entry_type type, struct text *entry)
{
    const struct run_record *run = attempt->dispatcher->options->run;
    const struct delivery *delivery = attempt->delivery;
    const struct account *account = account_of(delivery);
    char key[KEY_TEXT_SIZE];

    key_text(delivery, key);
    entry_begin(entry, type, actor, clock_unix_ms());
    entry_add(entry, "run", run->id);
    entry_add(entry, "mode", run_mode_name(run->mode));
    entry_add(entry, "delivery", key);
    entry_add(entry, "municipality", account->municipality);
    entry_add(entry, "channel", account->channel);
    entry_add(entry, "account", account->label);
    entry_add(entry, "language", delivery->language);
    entry_add_number(entry, "attempt", delivery->attempts);
}

/* The text that this request would publish: one part of a thread, or the whole. */
static void intent_entry(const struct attempt *attempt, struct text *entry)
{
    size_t part = attempt->progress.part;
    begin_entry(attempt, ENTRY_ATTEMPT, entry);
    if (attempt->draft.part_count > 1) {
        entry_add_number(entry, "part", (int64_t)part + 1);
        entry_add_number(entry, "parts", (int64_t)attempt->draft.part_count);
    }
    if (part >= attempt->draft.part_count)
        return;
    const char *text = attempt->draft.parts[part];
    if (strlen(text) < AUDIT_ENTRY_MAX_BYTES / 2) {
        entry_add_body(entry, text);
        return;
    }
    unsigned char hash[SHA256_SIZE];
    struct text hex;
    sha256(text, strlen(text), hash);
    text_init(&hex, SHA256_SIZE * 2);
    hex_add(&hex, hash, sizeof(hash));
    entry_add(entry, "text-sha256", hex.bytes);
    text_release(&hex);
}

static void outcome_entry(const struct attempt *attempt, struct text *entry)
{
    begin_entry(attempt, attempt->task == TASK_FIND ? ENTRY_LOOK_UP : ENTRY_OUTCOME, entry);
    entry_add(entry, "state", delivery_state_name(attempt->end));
    if (attempt->http_status)
        entry_add_number(entry, "http-status", attempt->http_status);
    if (attempt->has_failure) {
        entry_add(entry, "failure", failure_kind_name(attempt->failure.kind));
        entry_add(entry, "code", attempt->failure.code);
    }
    for (size_t i = 0; i < attempt->progress.post_count; i++) {
        entry_add(entry, "post", attempt->progress.posts[i].id);
        entry_add(entry, "url", attempt->progress.posts[i].url);
    }
}

static void report(const struct attempt *attempt)
{
    const struct dispatch_observer *observer = &attempt->dispatcher->options->observer;
    const struct delivery *delivery = attempt->delivery;
    const struct account *account = account_of(delivery);
    char key[KEY_TEXT_SIZE];

    key_text(delivery, key);
    struct delivery_report told = {
        .key = key,
        .municipality = account->municipality,
        .municipality_name = delivery->addressee->municipality_name,
        .channel = account->channel,
        .account = account->label,
        .language = delivery->language,
        .state = attempt->end,
        .posts = attempt->progress.posts,
        .post_count = attempt->progress.post_count,
        .attempts = delivery->attempts,
        .duration_ms = loop_now_ms(attempt->dispatcher->options->loop) - delivery->first_started_ms,
        .failure = attempt->has_failure ? &attempt->failure : NULL,
        .retry_in_ms = attempt->retry_in_ms,
    };
    if (observer->delivery)
        observer->delivery(observer->context, &told);
}

static void free_attempt(struct attempt *attempt)
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

/* A change of this attempt's delivery, ready to be filled in further. */
static struct journal_change make_change(struct attempt *attempt, enum delivery_state to,
                                         void (*durable)(void *context))
{
    struct delivery *delivery = attempt->delivery;
    struct journal_change change = {
        .row = delivery->row,
        .from = (enum delivery_state)delivery->state,
        .to = to,
        .attempts = delivery->attempts,
        .failure = attempt->failure,
        .has_failure = attempt->has_failure,
        .durable = durable,
        .context = attempt,
    };
    text_init(&change.progress, PROGRESS_MAX_BYTES);
    text_init(&change.posts, POSTS_MAX_BYTES);
    text_init(&change.entry, AUDIT_ENTRY_MAX_BYTES);
    return change;
}

/* What the driver must know to go on, in memory and in the change. */
static void keep_progress(struct attempt *attempt, struct journal_change *change)
{
    struct delivery *delivery = attempt->delivery;
    if (progress_is_blank(&attempt->progress) && !delivery->progress)
        return;
    progress_write(&attempt->progress, &change->progress);
    memory_free(delivery->progress);
    delivery->progress = memory_strdup(change->progress.bytes);
    if (attempt->progress.post_count > 0)
        posts_write(attempt->progress.posts, attempt->progress.post_count, &change->posts);
}

/* --- the end of an attempt -----------------------------------------------------------------------
 */

static void count_end(struct attempt *attempt, enum delivery_state before)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct network_state *network = attempt->delivery->addressee->network;
    struct channel_counts nobody = {0};
    struct channel_counts *counts = network ? &network->counts : &nobody;

    if (before == DELIVERY_IN_DOUBT && attempt->end != DELIVERY_IN_DOUBT)
        counts->in_doubt--;
    if (attempt->end == DELIVERY_POSTED) {
        counts->posted++;
        dispatcher->result.posted++;
    } else if (attempt->end == DELIVERY_FAILED) {
        counts->failed++;
        dispatcher->result.failed++;
    } else if (attempt->end == DELIVERY_IN_DOUBT && before != DELIVERY_IN_DOUBT) {
        counts->in_doubt++;
    }
}

/* A delivery that waits is told of once, not at every try. */
static bool is_worth_telling(struct attempt *attempt)
{
    if (attempt->end == DELIVERY_QUEUED)
        return false;
    if (delivery_state_is_final(attempt->end) || attempt->retry_in_ms < 0)
        return true;
    bool told = attempt->delivery->told_waiting;
    attempt->delivery->told_waiting = true;
    return !told;
}

static void on_end_durable(void *context)
{
    struct attempt *attempt = context;
    struct dispatcher *dispatcher = attempt->dispatcher;

    if (is_worth_telling(attempt))
        report(attempt);
    dispatcher->in_flight--;
    free_attempt(attempt);
    dispatcher_pump_soon(dispatcher);
}

/* Records the state in which this attempt leaves its delivery. The attempt itself lives on until
 * that is on disk; the delivery is free for its next one. */
static void end_attempt(struct attempt *attempt, enum delivery_state to)
{
    struct delivery *delivery = attempt->delivery;
    struct dispatcher *dispatcher = attempt->dispatcher;
    enum delivery_state before = (enum delivery_state)delivery->state;
    bool is_final = delivery_state_is_final(to);

    attempt->end = to;
    struct journal_change change = make_change(attempt, to, on_end_durable);
    if (is_final) {
        change.done_unix_ms = clock_unix_ms();
        change.duration_ms = loop_now_ms(dispatcher->options->loop) - delivery->first_started_ms;
    }
    if (to == DELIVERY_POSTED) {
        posts_write(attempt->progress.posts, attempt->progress.post_count, &change.posts);
        change.proven_account_row = delivery->addressee->stored->row;
    } else {
        keep_progress(attempt, &change);
    }
    outcome_entry(attempt, &change.entry);
    count_end(attempt, before);
    if (attempt->counted_in_flight)
        delivery->addressee->network->counts.in_flight--;
    delivery->state = (uint8_t)to;
    delivery->attempt = NULL;
    journal_record(dispatcher->journal, &change);
}

static void set_failure(struct attempt *attempt, enum failure_kind kind, const char *message,
                        const char *next)
{
    attempt->failure = (struct failure){.kind = kind};
    attempt->has_failure = true;
    snprintf(attempt->failure.message, sizeof(attempt->failure.message), "%s", message);
    snprintf(attempt->failure.next, sizeof(attempt->failure.next), "%s", next);
}

static void doubt_failure(struct attempt *attempt)
{
    const struct account *account = account_of(attempt->delivery);
    if (!attempt->has_failure)
        set_failure(attempt, FAILURE_NETWORK, "it is not known whether this was posted", "");
    if (!attempt->failure.next[0])
        snprintf(attempt->failure.next, sizeof(attempt->failure.next),
                 "look at the %s account '%s' of %s; crisis resume looks again", account->channel,
                 account->label, account->municipality);
}

static void act_on(struct attempt *attempt, struct verdict verdict)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct delivery *delivery = attempt->delivery;
    int64_t now_ms = loop_now_ms(dispatcher->options->loop);

    attempt->retry_in_ms = -1;
    switch (verdict.action) {
    case VERDICT_POSTED:
        attempt->has_failure = false;
        end_attempt(attempt, DELIVERY_POSTED);
        break;
    case VERDICT_FAILED:
        end_attempt(attempt, DELIVERY_FAILED);
        break;
    case VERDICT_RETRY:
        attempt->retry_in_ms = verdict.wait_ms;
        end_attempt(attempt, DELIVERY_WAITING);
        schedule_wait(&dispatcher->schedule, delivery, now_ms + verdict.wait_ms);
        break;
    case VERDICT_LOOK_UP:
        doubt_failure(attempt);
        delivery->to_look_up = true;
        attempt->retry_in_ms = verdict.wait_ms;
        end_attempt(attempt, DELIVERY_IN_DOUBT);
        schedule_wait(&dispatcher->schedule, delivery, now_ms + verdict.wait_ms);
        break;
    case VERDICT_SEND_AGAIN:
        attempt->has_failure = false;
        delivery->to_look_up = false;
        delivery->look_ups = 0;
        end_attempt(attempt, DELIVERY_QUEUED);
        schedule_ready(&dispatcher->schedule, delivery);
        break;
    case VERDICT_IN_DOUBT:
        doubt_failure(attempt);
        end_attempt(attempt, DELIVERY_IN_DOUBT);
        break;
    }
}

/* A look-up has stages of its own: the post goes on where it had got to, with the posts that were
 * found to exist. */
static void restore_after_look_up(struct attempt *attempt)
{
    struct channel_progress *before = attempt->before_look_up;
    const struct channel_progress *found = &attempt->progress;
    memcpy(before->posts, found->posts, sizeof(before->posts));
    before->post_count = found->post_count;
    before->part = found->post_count;
    attempt->progress = *before;
}

static void conclude(struct attempt *attempt, const struct channel_outcome *outcome, bool was_sent)
{
    struct delivery *delivery = attempt->delivery;
    int64_t sent = delivery->first_sent_unix_ms;

    if (attempt->task == TASK_FIND) {
        delivery->look_ups++;
        restore_after_look_up(attempt);
    }
    if (outcome && outcome->result == OUTCOME_DUPLICATE)
        delivery->refused_as_duplicate = true;
    struct verdict_question question = {
        .task = attempt->task,
        .features = driver_of(delivery)->features,
        .effect = attempt->effect,
        .was_sent = was_sent,
        .outcome = outcome,
        .attempts = delivery->attempts,
        .look_ups = delivery->look_ups,
        .refused_as_duplicate = delivery->refused_as_duplicate,
        .since_sent_ms = sent ? clock_unix_ms() - sent : INT64_MAX,
        .random = dispatcher_random(attempt->dispatcher),
    };
    struct verdict verdict = verdict_decide(&question);
    if (verdict.action == VERDICT_FAILED && !attempt->has_failure)
        set_failure(attempt, FAILURE_DUPLICATE,
                    "the network refuses this text: an older post there is just like it",
                    "look at the account; change the text if it must be said again");
    act_on(attempt, verdict);
}

/* --- one step of the driver ----------------------------------------------------------------------
 */

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

    if (store_account_posts(dispatcher->options->reader, attempt->arena, account_of(delivery),
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

    key_text(delivery, key);
    struct channel_job job = {
        .task = attempt->task,
        .account = account_of(delivery),
        .network = delivery->addressee->network->network,
        .credential = &attempt->credential,
        .app = &no_app,
        .draft = &attempt->draft,
        .key = key,
        .known_ids = attempt->known_ids,
        .known_id_count = attempt->known_id_count,
        .now_unix_ms = clock_unix_ms(),
        .first_sent_unix_ms = delivery->first_sent_unix_ms,
    };
    random_bytes(job.nonce, sizeof(job.nonce));
    attempt->action.outcome = (struct channel_outcome){.retry_after_ms = -1};
    return driver_of(delivery)->step(&job, &attempt->progress, reply, &attempt->action);
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
    struct journal_change change = make_change(attempt, DELIVERY_SENDING, on_sending_durable);
    change.has_failure = false;
    change.first_sent_unix_ms = delivery->first_sent_unix_ms;
    keep_progress(attempt, &change);
    if (attempt->effect != EFFECT_NONE)
        intent_entry(attempt, &change.entry);
    delivery->state = DELIVERY_SENDING;
    journal_record(attempt->dispatcher->journal, &change);
}

/* No request can be made. What may be out there already is not called failed: it stays in doubt. */
static void give_up(struct attempt *attempt)
{
    bool is_doubtful = attempt->task == TASK_FIND || attempt->progress.post_count > 0;
    act_on(attempt, (struct verdict){is_doubtful ? VERDICT_IN_DOUBT : VERDICT_FAILED, 0});
}

static void take_step(struct attempt *attempt, const struct http_reply *reply)
{
    struct error error = {0};
    if (open_credential(attempt, &error) < 0) {
        set_failure(attempt, FAILURE_CREDENTIAL, error.message, error.next);
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
        set_failure(attempt, FAILURE_CONTENT, "the request is larger than any that is sent",
                    "shorten the text");
        leave_host(attempt, false, NULL, NULL);
        give_up(attempt);
        return;
    case NEXT_PAUSE:
        leave_host(attempt, false, NULL, NULL);
        act_on(attempt, (struct verdict){
                            attempt->task == TASK_FIND ? VERDICT_LOOK_UP : VERDICT_RETRY,
                            attempt->action.pause_ms,
                        });
        return;
    case NEXT_DONE:
        leave_host(attempt, false, NULL, NULL);
        attempt->failure = attempt->action.outcome.failure;
        attempt->has_failure = attempt->failure.kind != FAILURE_NONE;
        conclude(attempt, &attempt->action.outcome, true);
        return;
    }
}

/* --- the network ---------------------------------------------------------------------------------
 */

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
    set_failure(attempt, FAILURE_NETWORK, message, next);
    leave_host(attempt, true, failure->message, next);
    conclude(attempt, NULL, was_sent);
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

/* --- beginning -----------------------------------------------------------------------------------
 */

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
        free_attempt(attempt);
        dispatcher_fail(dispatcher, &error);
        return;
    }
    if (delivery->progress &&
        !progress_read(delivery->progress, strlen(delivery->progress), &attempt->progress)) {
        set_failure(attempt, FAILURE_PROTOCOL, "what was recorded of this delivery is not readable",
                    "run `crisis audit verify`; look at the account before sending again");
        act_on(attempt, (struct verdict){VERDICT_IN_DOUBT, 0});
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
    end_attempt(attempt, is_doubtful ? DELIVERY_IN_DOUBT : DELIVERY_FAILED);
}

void attempts_drop(struct dispatcher *dispatcher)
{
    while (dispatcher->attempts)
        free_attempt(dispatcher->attempts);
}

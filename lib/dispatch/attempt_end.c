#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "model/failure_forms.h"
#include "net/loop.h"

#include "dispatch/attempt.h"
#include "dispatch/progress.h"

struct journal_change attempt_change(struct attempt *attempt, enum delivery_state to,
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
    text_init(&change.posts, PROGRESS_MAX_BYTES);
    text_init(&change.entry, AUDIT_ENTRY_MAX_BYTES);
    return change;
}

void attempt_keep_progress(struct attempt *attempt, struct journal_change *change)
{
    struct delivery *delivery = attempt->delivery;
    if (progress_is_blank(&attempt->progress) && !delivery->progress)
        return;
    progress_write(&attempt->progress, &change->progress);
    memory_free(delivery->progress);
    delivery->progress = memory_strdup(change->progress.bytes);
    /* Always those that the entry tells of, even none: `audit verify` compares them. */
    posts_write(attempt->progress.posts, attempt->progress.post_count, &change->posts);
}

/* --- the end of an attempt ------------------------------------------------------------------- */

static void count_end(struct attempt *attempt, enum delivery_state before)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct network_state *network = attempt->delivery->addressee->network;
    struct channel_counts nobody = {0};
    struct channel_counts *counts = network ? &network->counts : &nobody;

    if (dispatcher->options->task == TASK_RETRACT) {
        attempt_count_retraction(attempt, counts);
        return;
    }
    if (before == DELIVERY_IN_DOUBT && attempt->end != DELIVERY_IN_DOUBT)
        counts->in_doubt--;
    if (attempt->end == DELIVERY_POSTED) {
        counts->posted++;
        dispatcher->result.posted++;
        dispatcher->result.posted_without += channel_left_out_count(&attempt->progress) > 0;
    } else if (attempt->end == DELIVERY_FAILED) {
        counts->failed++;
        dispatcher->result.failed++;
    } else if (attempt->end == DELIVERY_IN_DOUBT && before != DELIVERY_IN_DOUBT) {
        counts->in_doubt++;
    }
}

/* A delivery that waits, or is in doubt, is told of once, not at every try. */
static bool is_worth_telling(struct attempt *attempt)
{
    if (attempt->end == DELIVERY_QUEUED || attempt->is_pause)
        return false;
    if (attempt->retry_in_ms < 0)
        return true;
    struct delivery *delivery = attempt->delivery;
    bool *told =
        attempt->end == DELIVERY_IN_DOUBT ? &delivery->told_in_doubt : &delivery->told_waiting;
    bool is_new = !*told;
    *told = true;
    return is_new;
}

static void on_end_durable(void *context)
{
    struct attempt *attempt = context;
    struct dispatcher *dispatcher = attempt->dispatcher;

    if (is_worth_telling(attempt))
        attempt_report(attempt);
    dispatcher->in_flight--;
    attempt_free(attempt);
    dispatcher_pump_soon(dispatcher);
}

enum delivery_state attempt_state_kept(const struct attempt *attempt)
{
    enum delivery_state state = (enum delivery_state)attempt->delivery->state;

    if (attempt->task == TASK_POST)
        return DELIVERY_WAITING;
    return attempt->task == TASK_FIND || state == DELIVERY_SENDING ? DELIVERY_IN_DOUBT : state;
}

/* Records the state in which this attempt leaves its delivery. The attempt itself lives on until
 * that is on disk; the delivery is free for its next one. */
void attempt_end(struct attempt *attempt, enum delivery_state to)
{
    struct delivery *delivery = attempt->delivery;
    struct dispatcher *dispatcher = attempt->dispatcher;
    enum delivery_state before = (enum delivery_state)delivery->state;
    bool is_retraction = attempt->task == TASK_RETRACT;
    /* What is taken back stays posted when it was, on record. */
    bool is_final = delivery_state_is_final(to) && !is_retraction;

    attempt->end = to;
    if (attempt->before_look_up) /* cut short: it has said nothing */
        attempt->progress = *attempt->before_look_up;
    struct journal_change change = attempt_change(attempt, to, on_end_durable);
    if (is_final) {
        change.done_unix_ms = clock_unix_ms();
        change.duration_ms = loop_now_ms(dispatcher->options->loop) - delivery->first_started_ms;
    }
    if (is_retraction) {
        attempt_remember(attempt);
    } else if (to == DELIVERY_POSTED) {
        posts_write(attempt->progress.posts, attempt->progress.post_count, &change.posts);
        change.proven_account_row = delivery->addressee->stored->row;
        attempt_remember(attempt);
    } else {
        attempt_keep_progress(attempt, &change);
    }
    if (is_final && !delivery->to_retract) { /* there may be a million of them */
        memory_free(delivery->progress);
        delivery->progress = NULL;
    }
    /* Of a pause after a pause there is nothing new to tell. */
    if (!attempt->is_pause || !delivery->is_paused)
        attempt_outcome_entry(attempt, &change.entry);
    delivery->is_paused = attempt->is_pause;
    count_end(attempt, before);
    if (attempt->counted_in_flight)
        delivery->addressee->network->counts.in_flight--;
    delivery->state = (uint8_t)to;
    delivery->attempt = NULL;
    journal_record(dispatcher->journal, &change);
}

void attempt_set_failure(struct attempt *attempt, enum failure_kind kind, const char *message,
                         const char *next)
{
    attempt->failure = (struct failure){.kind = kind};
    attempt->has_failure = true;
    snprintf(attempt->failure.message, sizeof(attempt->failure.message), "%s", message);
    snprintf(attempt->failure.next, sizeof(attempt->failure.next), "%s", next);
}

void attempt_explain_doubt(struct attempt *attempt)
{
    const struct account *account = attempt_account(attempt->delivery);
    if (!attempt->has_failure)
        attempt_set_failure(attempt, FAILURE_NETWORK, N_("it is not known whether this was posted"),
                            "");
    if (attempt->dispatcher->options->task == TASK_RETRACT) {
        snprintf(attempt->failure.next, sizeof(attempt->failure.next), FORM_HAVE_DELETED,
                 account->channel, account->label, account->municipality);
        return;
    }
    if (attempt->failure.next[0])
        return;
    if (attempt_driver(attempt->delivery)->features & FEATURE_FIND)
        snprintf(attempt->failure.next, sizeof(attempt->failure.next), FORM_LOOK_AGAIN,
                 account->channel, account->label, account->municipality);
    else
        snprintf(attempt->failure.next, sizeof(attempt->failure.next), FORM_SEND_IF_ABSENT,
                 account->channel, account->label, account->municipality, account->municipality,
                 account->channel);
}

void attempt_explain_wait(struct attempt *attempt)
{
    if (attempt->has_failure && !attempt->failure.next[0])
        snprintf(attempt->failure.next, sizeof(attempt->failure.next),
                 N_("nothing to do: it is tried again until the deadline"));
}

/* Each part is known to be there: what was asked after that was only about them. */
static bool has_all_posts(const struct attempt *attempt)
{
    return attempt->task == TASK_POST && attempt->progress.post_count >= attempt->draft->part_count;
}

void attempt_halt(struct attempt *attempt)
{
    const struct delivery *delivery = attempt->delivery;
    struct verdict verdict = {VERDICT_SEND_AGAIN, 0};

    attempt->has_failure = false;
    if (attempt->task == TASK_RETRACT) {
        if (attempt->counted_sent)
            attempt_end(attempt, attempt_state_kept(attempt));
        else
            attempt_drop_unsent(attempt);
        return;
    }
    if (attempt->task == TASK_FIND)
        verdict.action = VERDICT_LOOK_UP;
    else if (has_all_posts(attempt))
        verdict.action = VERDICT_POSTED;
    if (delivery->is_paused && delivery->state == DELIVERY_WAITING)
        attempt_pause(attempt, 0);
    else
        attempt_act_on(attempt, verdict);
}

void attempt_pause(struct attempt *attempt, int64_t pause_ms)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct delivery *delivery = attempt->delivery;
    int64_t now_ms = loop_now_ms(dispatcher->options->loop);

    if (pause_ms < BACKOFF_LEAST_MS)
        pause_ms = BACKOFF_LEAST_MS;
    attempt->has_failure = false;
    if (attempt->task == TASK_RETRACT) {
        attempt_act_on(attempt, (struct verdict){VERDICT_RETRY, pause_ms});
        return;
    }
    attempt->is_pause = true;
    attempt->retry_in_ms = pause_ms;
    attempt_end(attempt, DELIVERY_WAITING);
    dispatcher_wait(dispatcher, delivery, now_ms + pause_ms);
}

void attempt_act_on(struct attempt *attempt, struct verdict verdict)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct delivery *delivery = attempt->delivery;
    int64_t now_ms = loop_now_ms(dispatcher->options->loop);

    attempt->retry_in_ms = -1;
    if (dispatcher->options->task == TASK_RETRACT && verdict.action != VERDICT_LOOK_UP) {
        attempt_act_on_retraction(attempt, verdict);
        return;
    }
    switch (verdict.action) {
    case VERDICT_RETRACTED: /* in a retraction only */
        break;
    case VERDICT_POSTED:
        attempt->has_failure = false;
        attempt_end(attempt, DELIVERY_POSTED);
        delivery->is_over = true;
        break;
    case VERDICT_FAILED:
        attempt_end(attempt, DELIVERY_FAILED);
        delivery->is_over = true;
        break;
    case VERDICT_RETRY:
        attempt_explain_wait(attempt);
        attempt->retry_in_ms = verdict.wait_ms;
        attempt_end(attempt, DELIVERY_WAITING);
        dispatcher_wait(dispatcher, delivery, now_ms + verdict.wait_ms);
        break;
    case VERDICT_LOOK_UP:
        attempt_explain_doubt(attempt);
        delivery->to_look_up = true;
        attempt->retry_in_ms = verdict.wait_ms;
        attempt_end(attempt, DELIVERY_IN_DOUBT);
        schedule_wait(&dispatcher->schedule, delivery, now_ms + verdict.wait_ms);
        break;
    case VERDICT_SEND_AGAIN:
        attempt->has_failure = false;
        delivery->to_look_up = false;
        delivery->look_ups = 0;
        attempt_end(attempt, DELIVERY_QUEUED);
        schedule_ready(&dispatcher->schedule, delivery);
        break;
    case VERDICT_IN_DOUBT:
        attempt_explain_doubt(attempt);
        attempt_end(attempt, DELIVERY_IN_DOUBT);
        delivery->is_over = true;
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
    attempt->before_look_up = NULL;
}

void attempt_conclude(struct attempt *attempt, const struct channel_outcome *outcome, bool was_sent)
{
    struct delivery *delivery = attempt->delivery;
    int64_t sent = delivery->first_sent_unix_ms;

    if (attempt->task == TASK_FIND) {
        delivery->look_ups++;
        restore_after_look_up(attempt);
    }
    if (outcome && outcome->result == OUTCOME_DUPLICATE)
        delivery->refused_as_duplicate = true;
    if (!outcome && has_all_posts(attempt)) {
        attempt_act_on(attempt, (struct verdict){VERDICT_POSTED, 0});
        return;
    }
    struct verdict_question question = {
        .task = attempt->task,
        .features = attempt_driver(delivery)->features,
        .effect = attempt->effect,
        .was_sent = was_sent,
        .outcome = outcome,
        .attempts = attempt->task == TASK_RETRACT ? delivery->retractions : delivery->attempts,
        .look_ups = delivery->look_ups,
        .refused_as_duplicate = delivery->refused_as_duplicate,
        .may_be_posted = delivery->may_be_posted,
        .since_sent_ms = sent ? dispatcher_unix_ms(attempt->dispatcher) - sent : INT64_MAX,
        .random = dispatcher_random(attempt->dispatcher),
    };
    struct verdict verdict = verdict_decide(&question);
    /* Where a post itself may not be sent twice, what may is no post: an upload. */
    if (attempt->task == TASK_POST && verdict.action == VERDICT_RETRY &&
        attempt->effect == EFFECT_REPEATABLE && question.features & FEATURE_REPEATABLE)
        delivery->may_be_posted |= verdict_leaves_open(attempt->failure.kind, was_sent);
    if (attempt->task == TASK_POST && verdict.action == VERDICT_FAILED && !attempt->has_failure)
        attempt_set_failure(
            attempt, FAILURE_DUPLICATE,
            N_("the network refuses this text: an older post there is just like it"),
            N_("look at the account; change the text if it must be said again"));
    attempt_act_on(attempt, verdict);
}

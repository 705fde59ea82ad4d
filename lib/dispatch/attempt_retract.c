/* What is different about an attempt when the run is taken back: what it records before it asks,
 * and what its end means. */
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "model/failure_forms.h"
#include "net/loop.h"

#include "dispatch/attempt.h"
#include "dispatch/progress.h"

/* --- before a request leaves ----------------------------------------------------------------- */

/* One intent for all posts of the delivery, however many requests that takes. */
static void record_intent(struct attempt *attempt)
{
    struct journal_change change = {.durable = attempt_send, .context = attempt};

    attempt->counted_sent = true;
    attempt->delivery->retractions++;
    text_init(&change.entry, AUDIT_ENTRY_MAX_BYTES);
    attempt_intent_entry(attempt, &change.entry);
    journal_record(attempt->dispatcher->journal, &change);
}

/* On some channels to look is to post again: there it is taken back unseen, which does no harm to
 * what is not there. */
static void retract_unseen(struct attempt *attempt)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct delivery *delivery = attempt->delivery;

    delivery->to_look_up = false;
    attempt_leave_host(attempt, false, NULL, NULL);
    attempt_drop_unsent(attempt);
    schedule_ready(&dispatcher->schedule, delivery);
}

bool attempt_take_over(struct attempt *attempt)
{
    if (attempt->task == TASK_FIND) {
        if (attempt->effect == EFFECT_NONE || attempt->http_status != 0)
            return false; /* what a look does after it has seen something is its own */
        retract_unseen(attempt);
    } else if (attempt->counted_sent) {
        attempt_send(attempt);
    } else {
        record_intent(attempt);
    }
    return true;
}

/* --- the end --------------------------------------------------------------------------------- */

void attempt_remember(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;
    struct text text;

    if (!delivery->to_retract)
        return;
    text_init(&text, PROGRESS_MAX_BYTES);
    progress_write(&attempt->progress, &text);
    memory_free(delivery->progress);
    delivery->progress = memory_strdup(text.bytes);
    text_release(&text);
}

void attempt_count_retraction(struct attempt *attempt, struct channel_counts *counts)
{
    struct dispatch_result *result = &attempt->dispatcher->result;

    if (attempt->delivery->to_retract)
        return;
    result->pending--;
    if (attempt->end == DELIVERY_QUEUED)
        return; /* known not to be there */
    if (attempt->end == DELIVERY_RETRACTED) {
        counts->retracted++;
        result->retracted++;
    } else if (attempt->end == DELIVERY_IN_DOUBT) {
        counts->in_doubt++;
        result->in_doubt++;
    } else {
        counts->failed++;
        result->kept++;
    }
}

/* The look-up has said what there is: of it, the posts that are known are taken back. */
static void go_on(struct attempt *attempt, enum delivery_state to, bool is_known)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct delivery *delivery = attempt->delivery;

    delivery->to_look_up = false;
    delivery->may_be_posted = !is_known;
    delivery->to_retract = attempt->progress.post_count > 0;
    attempt_end(attempt, to);
    if (delivery->to_retract)
        schedule_ready(&dispatcher->schedule, delivery);
}

static void end_look_up(struct attempt *attempt, enum verdict_action action)
{
    if (attempt->before_look_up) { /* cut short: it has said nothing */
        attempt->progress = *attempt->before_look_up;
        attempt->before_look_up = NULL;
    }
    if (action == VERDICT_IN_DOUBT) {
        attempt_explain_doubt(attempt);
        go_on(attempt, DELIVERY_IN_DOUBT, false);
        return;
    }
    attempt->has_failure = false;
    /* Known not to be there, whole or in part: never to be sent again by itself. */
    go_on(attempt, action == VERDICT_POSTED ? DELIVERY_POSTED : DELIVERY_QUEUED, true);
}

static void end_retracted(struct attempt *attempt)
{
    attempt->delivery->to_retract = false;
    attempt->has_failure = false;
    if (!attempt->delivery->may_be_posted) {
        attempt_end(attempt, DELIVERY_RETRACTED);
        return;
    }
    attempt_explain_doubt(attempt);
    attempt_end(attempt, DELIVERY_IN_DOUBT);
}

/* Its posts stay: the record says why, in words that are no failure of the send. */
static void end_kept(struct attempt *attempt)
{
    const struct account *account = attempt_account(attempt->delivery);
    struct failure *failure = &attempt->failure;
    char message[sizeof(failure->message)];

    if (!attempt->has_failure)
        attempt_set_failure(attempt, FAILURE_PROTOCOL, N_("the network does not say why"), "");
    snprintf(message, sizeof(message), FORM_NOT_RETRACTED, failure->message);
    snprintf(failure->message, sizeof(failure->message), "%s", message);
    if (!failure->next[0])
        snprintf(failure->next, sizeof(failure->next), FORM_DELETE_BY_HAND, account->municipality,
                 account->channel);
    attempt->delivery->to_retract = false;
    attempt_end(attempt, attempt_state_kept(attempt));
}

void attempt_act_on_retraction(struct attempt *attempt, struct verdict verdict)
{
    struct dispatcher *dispatcher = attempt->dispatcher;
    struct delivery *delivery = attempt->delivery;
    int64_t now_ms = loop_now_ms(dispatcher->options->loop);

    if (attempt->task == TASK_FIND) {
        end_look_up(attempt, verdict.action);
    } else if (verdict.action == VERDICT_RETRACTED) {
        end_retracted(attempt);
    } else if (verdict.action == VERDICT_RETRY) {
        attempt_explain_wait(attempt);
        attempt->retry_in_ms = verdict.wait_ms;
        attempt_end(attempt, attempt_state_kept(attempt));
        dispatcher_wait(dispatcher, delivery, now_ms + verdict.wait_ms);
    } else {
        end_kept(attempt);
    }
    delivery->is_over = !delivery->to_retract;
}

#include "dispatch/verdict.h"

#include <stddef.h>

#include "base/language.h"
#include "base/limits.h"

#include "dispatch/pace.h"

/* Networks show a post late: one look that finds nothing proves nothing, but two do, when the
 * request is old enough. Waits before each look-up. */
static const int64_t look_up_waits_ms[] = {WAIT_MS(1000),  WAIT_MS(4000),  WAIT_MS(16000),
                                           WAIT_MS(30000), WAIT_MS(60000), WAIT_MS(60000)};

const char verdict_not_allowed_next[] =
    N_("register the account's right address; if this one is meant, the operator adds it to "
       "`internal-addresses` in crisis.yaml");
const char verdict_not_allowed_code[] = "internal-address";

enum {
    LOOK_UPS_MAX = sizeof(look_up_waits_ms) / sizeof(look_up_waits_ms[0]),
    ABSENT_LOOK_UPS_LEAST = 2,
};

static struct verdict make(enum verdict_action action, int64_t wait_ms)
{
    return (struct verdict){action, wait_ms};
}

static struct verdict retry(const struct verdict_question *question)
{
    int64_t asked = question->outcome ? question->outcome->retry_after_ms : -1;
    unsigned earlier = question->attempts > 0 ? question->attempts - 1 : 0;
    return make(VERDICT_RETRY, asked >= 0 ? asked : pace_backoff_ms(earlier, question->random));
}

/* Doubt: harmless twice → again; can be looked up → look; else a person must. */
static struct verdict doubt(const struct verdict_question *question)
{
    if (question->effect != EFFECT_ONCE)
        return retry(question);
    if (!(question->features & FEATURE_FIND))
        return make(VERDICT_IN_DOUBT, 0);
    return make(VERDICT_LOOK_UP, look_up_waits_ms[0]);
}

static struct verdict of_post(const struct verdict_question *question)
{
    if (!question->outcome)
        return question->was_sent ? doubt(question) : retry(question);

    switch (question->outcome->result) {
    case OUTCOME_POSTED:
        return make(VERDICT_POSTED, 0);
    case OUTCOME_RETRY:
        return retry(question);
    case OUTCOME_UNCLEAR:
        return doubt(question);
    case OUTCOME_DUPLICATE:
        /* The network has this text. At the first attempt it is an older one just like it; later it
         * may be ours, and only the look-up can tell. */
        if (question->attempts <= 1)
            return make(VERDICT_FAILED, 0);
        return question->features & FEATURE_FIND ? make(VERDICT_LOOK_UP, 0)
                                                 : make(VERDICT_IN_DOUBT, 0);
    case OUTCOME_FAILED:
        /* A refusal of this copy says nothing of one that went out before. */
        return make(question->may_be_posted ? VERDICT_IN_DOUBT : VERDICT_FAILED, 0);
    case OUTCOME_ABSENT:
    case OUTCOME_UNKNOWN:
    case OUTCOME_CHECKED:
    case OUTCOME_RETRACTED:
    case OUTCOME_RENEWED:
        break; /* no answers to a post */
    }
    return make(VERDICT_IN_DOUBT, 0);
}

static struct verdict look_again(const struct verdict_question *question)
{
    if (question->look_ups >= LOOK_UPS_MAX)
        return make(VERDICT_IN_DOUBT, 0);
    int64_t wait_ms = look_up_waits_ms[question->look_ups];
    /* A site that says when to come back knows better: until then it cannot be asked. */
    if (question->outcome && question->outcome->retry_after_ms > wait_ms)
        wait_ms = question->outcome->retry_after_ms;
    return make(VERDICT_LOOK_UP, wait_ms);
}

static struct verdict of_look_up(const struct verdict_question *question)
{
    if (!question->outcome)
        return look_again(question); /* a look-up only reads: sent or not does not matter */

    switch (question->outcome->result) {
    case OUTCOME_POSTED:
        return make(VERDICT_POSTED, 0);
    case OUTCOME_ABSENT:
        if (question->look_ups >= ABSENT_LOOK_UPS_LEAST &&
            question->since_sent_ms >= ABSENT_BELIEVED_AFTER_MS)
            /* Refused for an older post just like it: once more would be refused again. */
            return make(question->refused_as_duplicate ? VERDICT_FAILED : VERDICT_SEND_AGAIN, 0);
        return look_again(question);
    default:
        return look_again(question);
    }
}

static struct verdict of_retraction(const struct verdict_question *question)
{
    if (!question->outcome)
        return retry(question);

    switch (question->outcome->result) {
    case OUTCOME_RETRACTED:
        return make(VERDICT_RETRACTED, 0);
    case OUTCOME_RETRY:
    case OUTCOME_UNCLEAR:
        return retry(question);
    default:
        return make(VERDICT_FAILED, 0);
    }
}

struct verdict verdict_decide(const struct verdict_question *question)
{
    switch (question->task) {
    case TASK_FIND:
        return of_look_up(question);
    case TASK_RETRACT:
        return of_retraction(question);
    default:
        return of_post(question);
    }
}

bool verdict_leaves_open(enum failure_kind kind, bool was_sent)
{
    return was_sent &&
           (kind == FAILURE_NETWORK || kind == FAILURE_SERVER || kind == FAILURE_PROTOCOL);
}

struct verdict verdict_after_crash(unsigned features, int64_t since_sent_ms)
{
    if (features & FEATURE_REPEATABLE)
        return make(VERDICT_RETRY, 0);
    if (!(features & FEATURE_FIND))
        return make(VERDICT_IN_DOUBT, 0);
    return make(VERDICT_LOOK_UP, since_sent_ms >= look_up_waits_ms[0] ? 0 : look_up_waits_ms[0]);
}

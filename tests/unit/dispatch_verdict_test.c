#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dispatch/verdict.h"

enum {
    NO_ANSWER = -1, /* in the table: no whole reply came */
    BACKOFF = -1,   /* in the table: any wait that the back-off may give */
    FIND = FEATURE_FIND,
    OLD_MS = 20000, /* from this age on, "not there" is believed */
    LOOK_UPS_MOST = 6,
};

/* --- answers to a post ---------------------------------------------------------------------- */

struct post_case {
    const char *name;
    unsigned features;
    enum request_effect effect;
    bool was_sent;
    int outcome; /* enum outcome_result, or NO_ANSWER */
    int64_t retry_after_ms;
    enum verdict_action action;
    int64_t wait_ms;
};

static const struct post_case post_cases[] = {
    /* Nothing was sent: again, whatever the request would have done. */
    {"not sent, reads", 0, EFFECT_NONE, false, NO_ANSWER, -1, VERDICT_RETRY, BACKOFF},
    {"not sent, repeatable", 0, EFFECT_REPEATABLE, false, NO_ANSWER, -1, VERDICT_RETRY, BACKOFF},
    {"not sent, once", 0, EFFECT_ONCE, false, NO_ANSWER, -1, VERDICT_RETRY, BACKOFF},
    {"not sent, once, findable", FIND, EFFECT_ONCE, false, NO_ANSWER, -1, VERDICT_RETRY, BACKOFF},

    /* Sent and not answered: the effect decides. */
    {"lost, reads", 0, EFFECT_NONE, true, NO_ANSWER, -1, VERDICT_RETRY, BACKOFF},
    {"lost, repeatable", 0, EFFECT_REPEATABLE, true, NO_ANSWER, -1, VERDICT_RETRY, BACKOFF},
    {"lost, repeatable, findable", FIND, EFFECT_REPEATABLE, true, NO_ANSWER, -1, VERDICT_RETRY,
     BACKOFF},
    {"lost, once", 0, EFFECT_ONCE, true, NO_ANSWER, -1, VERDICT_IN_DOUBT, 0},
    {"lost, once, findable", FIND, EFFECT_ONCE, true, NO_ANSWER, -1, VERDICT_LOOK_UP, 1000},

    /* An answer that leaves it open is treated like none. */
    {"unclear, reads", FIND, EFFECT_NONE, true, OUTCOME_UNCLEAR, -1, VERDICT_RETRY, BACKOFF},
    {"unclear, repeatable", FIND, EFFECT_REPEATABLE, true, OUTCOME_UNCLEAR, -1, VERDICT_RETRY,
     BACKOFF},
    {"unclear, repeatable, asked to wait", 0, EFFECT_REPEATABLE, true, OUTCOME_UNCLEAR, 90000,
     VERDICT_RETRY, 90000},
    {"unclear, once", 0, EFFECT_ONCE, true, OUTCOME_UNCLEAR, -1, VERDICT_IN_DOUBT, 0},
    {"unclear, once, findable", FIND, EFFECT_ONCE, true, OUTCOME_UNCLEAR, -1, VERDICT_LOOK_UP,
     1000},

    /* Clear answers. */
    {"posted", 0, EFFECT_ONCE, true, OUTCOME_POSTED, -1, VERDICT_POSTED, 0},
    {"failed", FIND, EFFECT_ONCE, true, OUTCOME_FAILED, -1, VERDICT_FAILED, 0},
    {"later, by back-off", 0, EFFECT_ONCE, true, OUTCOME_RETRY, -1, VERDICT_RETRY, BACKOFF},
    {"later, by the network's word", 0, EFFECT_ONCE, true, OUTCOME_RETRY, 7000, VERDICT_RETRY,
     7000},
    {"at once, by the network's word", 0, EFFECT_ONCE, true, OUTCOME_RETRY, 0, VERDICT_RETRY, 0},
    {"longer than any back-off", 0, EFFECT_ONCE, true, OUTCOME_RETRY, 3600000, VERDICT_RETRY,
     3600000},
    /* At the first attempt nothing of this delivery can be there. */
    {"duplicate at once", 0, EFFECT_ONCE, true, OUTCOME_DUPLICATE, -1, VERDICT_FAILED, 0},
    {"duplicate at once, findable", FIND, EFFECT_ONCE, true, OUTCOME_DUPLICATE, -1, VERDICT_FAILED,
     0},

    /* Not an answer to a post: a fault of a driver must not send twice. */
    {"absent", FIND, EFFECT_ONCE, true, OUTCOME_ABSENT, -1, VERDICT_IN_DOUBT, 0},
    {"unknown", FIND, EFFECT_ONCE, true, OUTCOME_UNKNOWN, -1, VERDICT_IN_DOUBT, 0},
    {"checked", FIND, EFFECT_ONCE, true, OUTCOME_CHECKED, -1, VERDICT_IN_DOUBT, 0},
    {"retracted", FIND, EFFECT_ONCE, true, OUTCOME_RETRACTED, -1, VERDICT_IN_DOUBT, 0},
};

static void check(const char *name, struct verdict got, enum verdict_action action, int64_t wait_ms)
{
    bool fits = wait_ms == BACKOFF ? got.wait_ms > 0 && got.wait_ms <= BACKOFF_FIRST_MS
                                   : got.wait_ms == wait_ms;
    if (got.action != action || !fits)
        fail_msg("%s: action %d, wait %lld ms; not action %d, wait %lld ms", name, (int)got.action,
                 (long long)got.wait_ms, (int)action, (long long)wait_ms);
}

static void answers_to_a_post(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(post_cases) / sizeof(post_cases[0]); i++) {
        const struct post_case *one = &post_cases[i];
        struct channel_outcome outcome = {
            .result =
                one->outcome == NO_ANSWER ? OUTCOME_POSTED : (enum outcome_result)one->outcome,
            .retry_after_ms = one->retry_after_ms,
        };
        struct verdict_question question = {
            .task = TASK_POST,
            .features = one->features,
            .effect = one->effect,
            .was_sent = one->was_sent,
            .outcome = one->outcome == NO_ANSWER ? NULL : &outcome,
            .attempts = 1,
            .random = 123456789,
        };
        check(one->name, verdict_decide(&question), one->action, one->wait_ms);
    }
}

/* A refusal of a repetition: the first one may have been posted. */
static void a_duplicate_at_a_later_attempt_is_looked_up(void **state)
{
    (void)state;
    struct channel_outcome outcome = {.result = OUTCOME_DUPLICATE, .retry_after_ms = -1};
    struct verdict_question question = {
        .task = TASK_POST,
        .features = FIND,
        .effect = EFFECT_ONCE,
        .was_sent = true,
        .outcome = &outcome,
        .attempts = 2,
    };
    check("findable", verdict_decide(&question), VERDICT_LOOK_UP, 0);
    question.features = 0;
    check("not findable", verdict_decide(&question), VERDICT_IN_DOUBT, 0);
}

/* A refusal of a copy says nothing of the one before it. */
static void what_may_be_posted_is_not_called_failed(void **state)
{
    (void)state;
    struct channel_outcome outcome = {.result = OUTCOME_FAILED, .retry_after_ms = -1};
    struct verdict_question question = {
        .task = TASK_POST,
        .features = FEATURE_REPEATABLE | FIND,
        .effect = EFFECT_REPEATABLE,
        .was_sent = true,
        .outcome = &outcome,
        .attempts = 2,
        .may_be_posted = true,
    };
    check("refused", verdict_decide(&question), VERDICT_IN_DOUBT, 0);
    outcome.result = OUTCOME_POSTED;
    check("posted", verdict_decide(&question), VERDICT_POSTED, 0);
    outcome.result = OUTCOME_FAILED;
    question.may_be_posted = false;
    check("refused, nothing before", verdict_decide(&question), VERDICT_FAILED, 0);
}

static void a_failure_leaves_open_what_was_sent_and_not_refused(void **state)
{
    (void)state;
    static const enum failure_kind open[] = {FAILURE_NETWORK, FAILURE_SERVER, FAILURE_PROTOCOL};
    static const enum failure_kind shut[] = {FAILURE_NONE,       FAILURE_CREDENTIAL,
                                             FAILURE_PERMISSION, FAILURE_CONTENT,
                                             FAILURE_DUPLICATE,  FAILURE_RATE_LIMIT};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        assert_true(verdict_leaves_open(open[i], true));
        assert_false(verdict_leaves_open(open[i], false));
    }
    for (size_t i = 0; i < sizeof(shut) / sizeof(shut[0]); i++)
        assert_false(verdict_leaves_open(shut[i], true));
}

/* --- answers to a look-up ------------------------------------------------------------------- */

struct look_up_case {
    const char *name;
    int outcome;
    unsigned look_ups;
    bool refused_as_duplicate;
    int64_t since_sent_ms;
    enum verdict_action action;
    int64_t wait_ms;
};

static const struct look_up_case look_up_cases[] = {
    {"found at once", OUTCOME_POSTED, 1, false, 0, VERDICT_POSTED, 0},
    {"found late", OUTCOME_POSTED, LOOK_UPS_MOST + 3, true, INT64_MAX, VERDICT_POSTED, 0},

    /* "Not there" needs two looks and age. */
    {"absent, first look", OUTCOME_ABSENT, 1, false, 1000, VERDICT_LOOK_UP, 4000},
    {"absent, first look, old", OUTCOME_ABSENT, 1, false, INT64_MAX, VERDICT_LOOK_UP, 4000},
    {"absent, second look, young", OUTCOME_ABSENT, 2, false, OLD_MS - 1, VERDICT_LOOK_UP, 16000},
    {"absent, second look, old", OUTCOME_ABSENT, 2, false, OLD_MS, VERDICT_SEND_AGAIN, 0},
    {"absent, third look, young", OUTCOME_ABSENT, 3, false, 0, VERDICT_LOOK_UP, 30000},
    {"absent, third look, old", OUTCOME_ABSENT, 3, false, OLD_MS, VERDICT_SEND_AGAIN, 0},
    {"absent, last look, young", OUTCOME_ABSENT, LOOK_UPS_MOST, false, 0, VERDICT_IN_DOUBT, 0},
    {"absent, clock set back", OUTCOME_ABSENT, 2, false, -5000, VERDICT_LOOK_UP, 16000},

    /* Refused as a duplicate, and not ours: once more would be refused again. */
    {"duplicate, absent, young", OUTCOME_ABSENT, 1, true, 0, VERDICT_LOOK_UP, 4000},
    {"duplicate, absent, old", OUTCOME_ABSENT, 2, true, OLD_MS, VERDICT_FAILED, 0},

    /* Cannot tell: again, until it has been enough. */
    {"unknown", OUTCOME_UNKNOWN, 1, false, INT64_MAX, VERDICT_LOOK_UP, 4000},
    {"unknown, fifth", OUTCOME_UNKNOWN, 5, false, INT64_MAX, VERDICT_LOOK_UP, 60000},
    {"unknown, last", OUTCOME_UNKNOWN, LOOK_UPS_MOST, false, INT64_MAX, VERDICT_IN_DOUBT, 0},
    {"no answer", NO_ANSWER, 1, false, INT64_MAX, VERDICT_LOOK_UP, 4000},
    {"no answer, last", NO_ANSWER, LOOK_UPS_MOST, false, INT64_MAX, VERDICT_IN_DOUBT, 0},
    {"later", OUTCOME_RETRY, 2, false, INT64_MAX, VERDICT_LOOK_UP, 16000},

    /* A look-up that is refused says nothing of the post. */
    {"failed", OUTCOME_FAILED, 1, false, INT64_MAX, VERDICT_LOOK_UP, 4000},
    {"failed, last", OUTCOME_FAILED, LOOK_UPS_MOST, false, INT64_MAX, VERDICT_IN_DOUBT, 0},
    {"failed, beyond", OUTCOME_FAILED, UINT16_MAX, false, INT64_MAX, VERDICT_IN_DOUBT, 0},
};

static void answers_to_a_look_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(look_up_cases) / sizeof(look_up_cases[0]); i++) {
        const struct look_up_case *one = &look_up_cases[i];
        struct channel_outcome outcome = {
            .result =
                one->outcome == NO_ANSWER ? OUTCOME_POSTED : (enum outcome_result)one->outcome,
            .retry_after_ms = -1,
        };
        for (int sent = 0; sent < 2; sent++) {
            struct verdict_question question = {
                .task = TASK_FIND,
                .features = FIND,
                .effect = EFFECT_NONE,
                .was_sent = sent,
                .outcome = one->outcome == NO_ANSWER ? NULL : &outcome,
                .attempts = 1,
                .look_ups = one->look_ups,
                .refused_as_duplicate = one->refused_as_duplicate,
                .since_sent_ms = one->since_sent_ms,
            };
            check(one->name, verdict_decide(&question), one->action, one->wait_ms);
        }
    }
}

/* --- after a crash -------------------------------------------------------------------------- */

static void what_was_sending_when_a_process_died(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned features;
        int64_t since_sent_ms;
        enum verdict_action action;
        int64_t wait_ms;
    } cases[] = {
        {"repeatable", FEATURE_REPEATABLE, 0, VERDICT_RETRY, 0},
        {"repeatable and findable", FEATURE_REPEATABLE | FIND, 0, VERDICT_RETRY, 0},
        {"findable, just now", FIND, 0, VERDICT_LOOK_UP, 1000},
        {"findable, nearly", FIND, 999, VERDICT_LOOK_UP, 1000},
        {"findable, a while ago", FIND, 1000, VERDICT_LOOK_UP, 0},
        {"findable, clock set back", FIND, -1000, VERDICT_LOOK_UP, 1000},
        {"neither", FEATURE_THREADS | FEATURE_RETRACT | FEATURE_CHECK, 0, VERDICT_IN_DOUBT, 0},
        {"neither, long ago", 0, INT64_MAX, VERDICT_IN_DOUBT, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(cases[i].name, verdict_after_crash(cases[i].features, cases[i].since_sent_ms),
              cases[i].action, cases[i].wait_ms);
}

/* --- back-off ------------------------------------------------------------------------------- */

static void a_wait_grows_with_the_attempts(void **state)
{
    (void)state;
    int64_t most = BACKOFF_FIRST_MS;
    for (unsigned attempts = 0; attempts < 40; attempts++) {
        int64_t seen = 0;
        for (uint32_t random = 0; random < UINT32_MAX - 65521 * 64; random += 65521 * 64) {
            struct verdict_question question = {
                .task = TASK_POST, .attempts = attempts, .random = random};
            struct verdict verdict = verdict_decide(&question);
            assert_int_equal(verdict.action, VERDICT_RETRY);
            assert_in_range(verdict.wait_ms, 1, most);
            seen = verdict.wait_ms > seen ? verdict.wait_ms : seen;
        }
        assert_true(seen > most / 2); /* the whole range is used */
        if (attempts >= 1)
            most = most * 2 < BACKOFF_MAX_MS ? most * 2 : BACKOFF_MAX_MS;
    }
}

/* --- what must hold for every question ------------------------------------------------------ */

static void check_promises(const struct verdict_question *question, struct verdict verdict)
{
    int result = question->outcome ? (int)question->outcome->result : NO_ANSWER;
    bool is_find = question->task == TASK_FIND;

    assert_true(verdict.wait_ms >= 0);
    /* Only the network's own word makes it posted. */
    assert_int_equal(verdict.action == VERDICT_POSTED, result == OUTCOME_POSTED);
    /* A request that may have been a post is never repeated without a look. */
    if (!is_find && question->effect == EFFECT_ONCE && question->was_sent &&
        (result == NO_ANSWER || result == OUTCOME_UNCLEAR ||
         (result == OUTCOME_DUPLICATE && question->attempts > 1)))
        assert_true(verdict.action == VERDICT_LOOK_UP || verdict.action == VERDICT_IN_DOUBT);
    /* A look-up never sends again unless it saw twice that it is not there. */
    if (verdict.action == VERDICT_SEND_AGAIN)
        assert_true(is_find && result == OUTCOME_ABSENT && question->look_ups >= 2 &&
                    question->since_sent_ms >= OLD_MS && !question->refused_as_duplicate);
    if (is_find)
        assert_true(verdict.action != VERDICT_RETRY);
    /* Failed for good: the network said so, or has an older one just like it. */
    if (verdict.action == VERDICT_FAILED)
        assert_true(is_find ? question->refused_as_duplicate && result == OUTCOME_ABSENT
                            : result == OUTCOME_FAILED ||
                                  (result == OUTCOME_DUPLICATE && question->attempts == 1));
    /* Looked up only where that is possible, and not for ever. */
    if (verdict.action == VERDICT_LOOK_UP) {
        assert_true(is_find || question->features & FEATURE_FIND);
        assert_true(!is_find || question->look_ups < LOOK_UPS_MOST);
    }
}

static void every_question(void **state)
{
    (void)state;
    static const int64_t ages[] = {-1, 0, OLD_MS - 1, OLD_MS, INT64_MAX};
    enum { AGES = sizeof(ages) / sizeof(ages[0]), RESULTS = OUTCOME_RETRACTED + 2 };

    for (unsigned n = 0; n < 2u * 2 * 3 * 2 * RESULTS * 8 * 2 * AGES; n++) {
        unsigned rest = n;
        bool find = rest % 2;
        unsigned features = (rest /= 2) % 2 ? FEATURE_FIND : 0;
        enum request_effect effect = (enum request_effect)((rest /= 2) % 3);
        bool was_sent = (rest /= 3) % 2;
        unsigned result = (rest /= 2) % RESULTS;
        unsigned look_ups = (rest /= RESULTS) % 8;
        bool refused = (rest /= 8) % 2;
        int64_t age = ages[(rest /= 2) % AGES];
        struct channel_outcome outcome = {.result = (enum outcome_result)(result - 1),
                                          .retry_after_ms = -1};
        struct verdict_question question = {
            .task = find ? TASK_FIND : TASK_POST,
            .features = features,
            .effect = effect,
            .was_sent = was_sent,
            .outcome = result == 0 ? NULL : &outcome,
            .attempts = 1,
            .look_ups = look_ups,
            .refused_as_duplicate = refused,
            .since_sent_ms = age,
            .random = n * 2654435761u,
        };
        check_promises(&question, verdict_decide(&question));
    }
}

/* Deleting is harmless twice: whatever is not refused for good is tried again, and nothing is ever
 * looked up, or left in doubt, for it. */
static void answers_to_a_retraction(void **state)
{
    (void)state;
    static const struct {
        int outcome;
        bool was_sent;
        int64_t retry_after_ms;
        enum verdict_action action;
        int64_t wait_ms;
    } cases[] = {
        {NO_ANSWER, false, -1, VERDICT_RETRY, BACKOFF},
        {NO_ANSWER, true, -1, VERDICT_RETRY, BACKOFF},
        {OUTCOME_RETRACTED, true, -1, VERDICT_RETRACTED, 0},
        {OUTCOME_RETRY, true, -1, VERDICT_RETRY, BACKOFF},
        {OUTCOME_RETRY, true, 7000, VERDICT_RETRY, 7000},
        {OUTCOME_UNCLEAR, true, -1, VERDICT_RETRY, BACKOFF},
        {OUTCOME_FAILED, true, -1, VERDICT_FAILED, 0},
        {OUTCOME_POSTED, true, -1, VERDICT_FAILED, 0},
        {OUTCOME_ABSENT, true, -1, VERDICT_FAILED, 0},
        {OUTCOME_DUPLICATE, true, -1, VERDICT_FAILED, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct channel_outcome outcome = {.result = (enum outcome_result)cases[i].outcome,
                                          .retry_after_ms = cases[i].retry_after_ms};
        struct verdict_question question = {
            .task = TASK_RETRACT,
            .features = FIND,
            .effect = EFFECT_REPEATABLE,
            .was_sent = cases[i].was_sent,
            .outcome = cases[i].outcome == NO_ANSWER ? NULL : &outcome,
            .attempts = 1,
            .may_be_posted = true,
            .random = 12345,
        };
        check("a retraction", verdict_decide(&question), cases[i].action, cases[i].wait_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_to_a_post),
        cmocka_unit_test(answers_to_a_retraction),
        cmocka_unit_test(a_duplicate_at_a_later_attempt_is_looked_up),
        cmocka_unit_test(what_may_be_posted_is_not_called_failed),
        cmocka_unit_test(a_failure_leaves_open_what_was_sent_and_not_refused),
        cmocka_unit_test(answers_to_a_look_up),
        cmocka_unit_test(what_was_sending_when_a_process_died),
        cmocka_unit_test(a_wait_grows_with_the_attempts),
        cmocka_unit_test(every_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

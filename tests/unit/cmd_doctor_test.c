/* What `doctor` makes of clocks, and which exit code its findings end in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/diagnosis.h"
#include "cmd/doctor_clock.h"

static const int64_t now_ms = INT64_C(1795403052123); /* 2026-11-23T03:04:12.123Z */

static int set_up(void **state)
{
    struct diagnosis *diagnosis = calloc(1, sizeof(*diagnosis));

    diagnosis_init(diagnosis, arena_new());
    *state = diagnosis;
    return 0;
}

static int tear_down(void **state)
{
    struct diagnosis *diagnosis = *state;

    arena_free(diagnosis->arena);
    free(diagnosis);
    return 0;
}

static const struct finding *last(const struct diagnosis *diagnosis)
{
    assert_true(diagnosis->count > 0);
    return &diagnosis->items[diagnosis->count - 1];
}

/* --- the exit code --------------------------------------------------------------------------- */

static void nothing_wrong_ends_in_0(void **state)
{
    struct diagnosis *diagnosis = *state;

    assert_int_equal(diagnosis_kind(diagnosis), ERROR_NONE);
    diagnosis_ok(diagnosis, "disk", "%d MiB are free", 9000);
    diagnosis_warning(diagnosis, "disk", "it is old");
    diagnosis_next(diagnosis, "buy %s", "another");
    assert_int_equal(diagnosis_kind(diagnosis), ERROR_NONE);
    assert_int_equal(diagnosis->level_counts[FINDING_OK], 1);
    assert_int_equal(diagnosis->level_counts[FINDING_WARNING], 1);
    assert_string_equal(diagnosis->items[0].message, "9000 MiB are free");
    assert_null(diagnosis->items[0].next);
    assert_string_equal(last(diagnosis)->next, "buy another");
}

static void the_gravest_problem_decides(void **state)
{
    static const enum error_kind rising[] = {ERROR_SOME_FAILED, ERROR_NOT_APPROVED, ERROR_INPUT,
                                             ERROR_VERIFICATION, ERROR_SYSTEM};
    struct diagnosis *diagnosis = *state;

    for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++) {
        diagnosis_problem(diagnosis, "plan", rising[i], "number %zu", i);
        diagnosis_problem(diagnosis, "plan", ERROR_SOME_FAILED, "another");
        assert_int_equal(diagnosis_kind(diagnosis), rising[i]);
    }
}

static void a_problem_of_another_kind_is_one_of_the_system(void **state)
{
    struct diagnosis *diagnosis = *state;

    diagnosis_problem(diagnosis, "plan", ERROR_USAGE, "what?");
    assert_int_equal(diagnosis_kind(diagnosis), ERROR_SYSTEM);
}

static void an_error_brings_its_next_step(void **state)
{
    struct diagnosis *diagnosis = *state;
    struct error error = {0};

    error_set(&error, ERROR_SYSTEM, "no vault");
    diagnosis_error(diagnosis, "vault", FINDING_WARNING, &error);
    assert_null(last(diagnosis)->next);
    assert_int_equal(diagnosis_kind(diagnosis), ERROR_NONE);
    error_next(&error, "restore it");
    diagnosis_error(diagnosis, "vault", FINDING_PROBLEM, &error);
    assert_string_equal(last(diagnosis)->message, "no vault");
    assert_string_equal(last(diagnosis)->next, "restore it");
    assert_int_equal(diagnosis_kind(diagnosis), ERROR_SYSTEM);
}

/* --- clocks ---------------------------------------------------------------------------------- */

static void a_clock_must_not_be_behind_the_log(void **state)
{
    struct diagnosis *diagnosis = *state;

    doctor_judge_log_time(diagnosis, 0, now_ms);
    assert_int_equal(diagnosis->count, 0); /* nothing is known */
    doctor_judge_log_time(diagnosis, now_ms - 1000, now_ms);
    assert_int_equal(last(diagnosis)->level, FINDING_OK);
    doctor_judge_log_time(diagnosis, now_ms + 1000, now_ms);
    assert_int_equal(last(diagnosis)->level, FINDING_OK);
    doctor_judge_log_time(diagnosis, now_ms + 5 * 60 * 60 * 1000, now_ms);
    assert_int_equal(last(diagnosis)->level, FINDING_PROBLEM);
    assert_int_equal(last(diagnosis)->kind, ERROR_SYSTEM);
    assert_non_null(strstr(last(diagnosis)->message, "5 h behind"));
    assert_non_null(last(diagnosis)->next);
}

static void the_server_in_the_middle_counts(void **state)
{
    static const struct {
        int64_t ahead_s[5];
        size_t count;
        enum finding_level level;
        const char *words;
    } cases[] = {
        {{0}, 1, FINDING_OK, "goes with that of the server"},
        {{3, -2, 1}, 3, FINDING_OK, "goes with those of the servers"},
        {{90000, 0, -90000}, 3, FINDING_OK, "goes with"}, /* two that are wrong */
        {{-29}, 1, FINDING_OK, "goes with"},
        {{-60, -61, -59}, 3, FINDING_WARNING, "ahead of"},
        {{60, 7200, 61}, 3, FINDING_WARNING, "behind"},
        {{400, 400, 0, 400, 0}, 5, FINDING_PROBLEM, "behind"},
        {{-86400, -86400}, 2, FINDING_PROBLEM, "ahead of"},
    };
    struct diagnosis *diagnosis = *state;

    doctor_judge_server_times(diagnosis, NULL, 0);
    assert_int_equal(diagnosis->count, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ahead_ms[5];
        for (size_t j = 0; j < cases[i].count; j++)
            ahead_ms[j] = cases[i].ahead_s[j] * 1000;
        doctor_judge_server_times(diagnosis, ahead_ms, cases[i].count);
        assert_int_equal(last(diagnosis)->level, cases[i].level);
        assert_non_null(strstr(last(diagnosis)->message, cases[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_wrong_ends_in_0, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_gravest_problem_decides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_problem_of_another_kind_is_one_of_the_system, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_error_brings_its_next_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_must_not_be_behind_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_server_in_the_middle_counts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

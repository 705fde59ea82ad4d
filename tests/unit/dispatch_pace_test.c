#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "dispatch/pace.h"

#include "property.h"

enum { FAILURES_UNTIL_DOWN = 3 };

static void start(struct host_pace *pace, int64_t now_ms)
{
    assert_true(pace_may_start(pace, now_ms));
    pace->in_flight++;
}

/* Starts and fails as often as it takes to bring the host down, at that time. */
static void bring_down(struct host_pace *pace, int64_t now_ms)
{
    for (int i = 1; i <= FAILURES_UNTIL_DOWN; i++) {
        start(pace, now_ms);
        assert_int_equal(pace_ended(pace, true, now_ms, 0), i == FAILURES_UNTIL_DOWN);
    }
    assert_true(pace->down);
}

static void no_more_than_its_capacity(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 2};

    start(&pace, 0);
    start(&pace, 0);
    assert_false(pace_may_start(&pace, 0));
    assert_false(pace_ended(&pace, false, 0, 0));
    assert_true(pace_may_start(&pace, 0));
    assert_true(pace.ever_answered);
    assert_int_equal(pace.in_flight, 1);
}

static void failures_in_a_row_take_a_host_down(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 10};

    /* An answer in between starts the count anew. */
    for (int i = 0; i < 10; i++) {
        start(&pace, 0);
        assert_false(pace_ended(&pace, i % FAILURES_UNTIL_DOWN != 2, 0, 0));
    }
    assert_false(pace.down);
    pace.failures = 0;
    bring_down(&pace, 0);
    assert_int_equal(pace.in_flight, 0);
}

static void a_host_that_is_down_is_tried_by_one(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 10};

    bring_down(&pace, 1000);
    assert_true(pace.probe_at_ms > 1000);
    assert_false(pace_may_start(&pace, 1000));
    assert_false(pace_may_start(&pace, pace.probe_at_ms - 1));
    start(&pace, pace.probe_at_ms);
    assert_false(pace_may_start(&pace, pace.probe_at_ms)); /* one at a time */
    assert_false(pace_may_start(&pace, INT64_MAX));

    /* It fails: still down, which is told only once. */
    int64_t before_ms = pace.probe_at_ms;
    assert_false(pace_ended(&pace, true, before_ms, 0));
    assert_true(pace.down);
    assert_true(pace.probe_at_ms > before_ms);

    /* It answers: all may go on. */
    start(&pace, pace.probe_at_ms);
    assert_false(pace_ended(&pace, false, pace.probe_at_ms, 0));
    assert_false(pace.down);
    for (int i = 0; i < 10; i++)
        start(&pace, 0);
    assert_false(pace_may_start(&pace, 0));
}

static void those_under_way_when_it_goes_down_end_quietly(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 5};
    int told = 0;

    for (int i = 0; i < 5; i++)
        start(&pace, 0);
    for (int i = 0; i < 4; i++)
        told += pace_ended(&pace, true, 0, 0);
    assert_int_equal(told, 1);
    assert_false(pace_may_start(&pace, INT64_MAX)); /* one is still under way */
    assert_false(pace_ended(&pace, false, 0, 0));
    assert_false(pace.down);
}

/* Many that break off together are one failure: only the first of them counts. */
static void those_that_end_with_others_do_not_count(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 10};

    for (int i = 0; i < 10; i++)
        start(&pace, 0);
    assert_false(pace_ended(&pace, true, 500, 0));
    assert_int_equal(pace.failed_at_ms, 500);
    for (int i = 1; i < 10; i++)
        pace_ended_with_others(&pace);
    assert_int_equal(pace.in_flight, 0);
    assert_int_equal(pace.failures, 1);
    assert_true(pace_may_start(&pace, 500));
}

static void it_goes_down_again_after_it_was_up(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 1};

    for (int round = 0; round < 3; round++) {
        bring_down(&pace, 0);
        start(&pace, pace.probe_at_ms);
        assert_false(pace_ended(&pace, false, pace.probe_at_ms, 0));
    }
}

static void probes_grow_apart(void **state)
{
    (void)state;
    struct host_pace pace = {.capacity = 1};
    int64_t now_ms = 0, longest = 0;
    uint64_t seed = 7;

    bring_down(&pace, now_ms);
    for (int i = 0; i < 60; i++) {
        now_ms = pace.probe_at_ms;
        start(&pace, now_ms);
        (void)pace_ended(&pace, true, now_ms, (uint32_t)property_next(&seed));
        int64_t wait_ms = pace.probe_at_ms - now_ms;
        assert_in_range(wait_ms, 1, BACKOFF_MAX_MS);
        longest = wait_ms > longest ? wait_ms : longest;
    }
    assert_true(longest > BACKOFF_MAX_MS / 2);
}

static void the_back_off_stays_in_its_bounds(void **state)
{
    (void)state;
    static const unsigned tries[] = {0, 1, 2, 3, 6, 7, 8, 15, 16, 17, 31, 63, 64, 1000, UINT32_MAX};
    uint64_t seed = 42;

    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        int64_t most = BACKOFF_FIRST_MS;
        for (unsigned n = 0; n < tries[i] && most < BACKOFF_MAX_MS; n++)
            most *= 2;
        most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
        int64_t low = INT64_MAX, high = 0, sum = 0;
        for (int n = 0; n < 4000; n++) {
            int64_t wait_ms = pace_backoff_ms(tries[i], (uint32_t)property_next(&seed));
            assert_in_range(wait_ms, 1, most);
            low = wait_ms < low ? wait_ms : low;
            high = wait_ms > high ? wait_ms : high;
            sum += wait_ms;
        }
        /* Full jitter: near nothing, near the most, and the middle on average. */
        assert_true(low < most / 5);
        assert_true(high > most - most / 20);
        assert_in_range(sum / 4000, most * 4 / 10, most * 6 / 10);
        assert_true(pace_backoff_ms(tries[i], 0) > 0);
        assert_in_range(pace_backoff_ms(tries[i], UINT32_MAX), 1, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_than_its_capacity),
        cmocka_unit_test(failures_in_a_row_take_a_host_down),
        cmocka_unit_test(a_host_that_is_down_is_tried_by_one),
        cmocka_unit_test(those_under_way_when_it_goes_down_end_quietly),
        cmocka_unit_test(those_that_end_with_others_do_not_count),
        cmocka_unit_test(it_goes_down_again_after_it_was_up),
        cmocka_unit_test(probes_grow_apart),
        cmocka_unit_test(the_back_off_stays_in_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

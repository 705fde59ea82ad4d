#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/spread.h"

static const struct spread usual = {400, 1600};

static void half_and_most_are_where_they_were_set(void **state)
{
    (void)state;
    assert_int_equal(spread_at(&usual, 0.5), 400);
    assert_int_equal(spread_at(&usual, 0.95), 1600);
    assert_int_equal(spread_at(&usual, 0.05), 100); /* as far below as the other is above */
}

static void times_grow_with_the_share(void **state)
{
    (void)state;
    int64_t last_ms = 0;

    for (int i = 0; i <= 1000; i++) {
        int64_t time_ms = spread_at(&usual, i / 1000.0);
        assert_true(time_ms >= last_ms && time_ms > 0);
        last_ms = time_ms;
    }
    assert_in_range(last_ms, 5000, 15000); /* a straggler, not a year */
}

static void without_scatter_all_are_the_same(void **state)
{
    (void)state;
    const struct spread fixed = {150, 150}, none = {0, 0};

    assert_int_equal(spread_at(&fixed, 0.01), 150);
    assert_int_equal(spread_at(&fixed, 1), 150);
    assert_int_equal(spread_at(&none, 0.7), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_and_most_are_where_they_were_set),
        cmocka_unit_test(times_grow_with_the_share),
        cmocka_unit_test(without_scatter_all_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

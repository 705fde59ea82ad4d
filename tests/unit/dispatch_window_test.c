#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatch/window.h"

static void it_begins_with_all_that_there_is_room_for(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    assert_int_equal(window.size, WINDOW_MAX);
}

static void answers_that_come_before_it_is_filled_show_what_is_enough(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    window_answered(&window, 700);
    assert_int_equal(window.size, 700);
    window_answered(&window, 650); /* it has been found */
    assert_int_equal(window.size, 700);
}

static void it_is_never_small(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    window_answered(&window, 1);
    assert_int_equal(window.size, WINDOW_MIN);
}

static void answers_that_come_later_leave_it_as_it_is(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    window_filled(&window);
    window_answered(&window, 500);
    assert_int_equal(window.size, WINDOW_MAX);
}

static void grown_it_is_found_out_anew(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    window_answered(&window, 1);
    window_grow(&window);
    assert_int_equal(window.size, WINDOW_MAX);
    window_answered(&window, 900);
    assert_int_equal(window.size, 900);
    window_grow(&window);
    window_filled(&window);
    window_grow(&window); /* no larger */
    window_answered(&window, 900);
    assert_int_equal(window.size, WINDOW_MAX);
}

static void the_processor_is_idle_when_it_works_for_less_than_three_fifths(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    window_watch(&window, 1000000, 50000);
    assert_true(window_is_idle(&window, 1001000, 50000, 1));
    assert_true(window_is_idle(&window, 1001000, 50599, 1));
    assert_false(window_is_idle(&window, 1001000, 50600, 1));
    assert_false(window_is_idle(&window, 1001000, 51000, 1));
    assert_false(window_is_idle(&window, 1000000, 50000, 1)); /* no time has passed */
}

static void of_several_threads_each_may_be_busy(void **state)
{
    (void)state;
    struct window window;

    window_init(&window);
    window_watch(&window, 0, 0);
    assert_true(window_is_idle(&window, 1000, 2000, 4));
    assert_false(window_is_idle(&window, 1000, 2400, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_all_that_there_is_room_for),
        cmocka_unit_test(answers_that_come_before_it_is_filled_show_what_is_enough),
        cmocka_unit_test(it_is_never_small),
        cmocka_unit_test(answers_that_come_later_leave_it_as_it_is),
        cmocka_unit_test(grown_it_is_found_out_anew),
        cmocka_unit_test(the_processor_is_idle_when_it_works_for_less_than_three_fifths),
        cmocka_unit_test(of_several_threads_each_may_be_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/loop.h"

enum { ORDER_MAX = 16 };

struct order {
    struct loop *loop;
    int numbers[ORDER_MAX];
    int count;
    int64_t at_ms[ORDER_MAX];
};

struct item {
    struct order *order;
    int number;
    struct loop_timer *timer, *other;
};

static void note(void *context)
{
    struct item *item = context;
    struct order *order = item->order;
    order->at_ms[order->count] = loop_now_ms(order->loop);
    order->numbers[order->count++] = item->number;
}

static void an_empty_loop_ends_at_once(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    loop_run(loop);
    loop_turn(loop);
    loop_free(loop);
    loop_free(NULL);
}

static void timers_come_in_order(void **state)
{
    (void)state;
    static const int64_t waits_ms[] = {900, 0, 300, -5, 600}; /* far apart */
    static const int expected[] = {1, 3, 2, 4, 0};
    struct order order = {.loop = loop_new()};
    struct item items[5];
    int64_t start_ms = loop_now_ms(order.loop);

    for (int i = 0; i < 5; i++) {
        items[i] = (struct item){.order = &order, .number = i};
        items[i].timer = loop_timer_new(order.loop, note, &items[i]);
        loop_timer_set(items[i].timer, waits_ms[i]);
    }
    assert_int_equal(order.count, 0); /* not even one that is due comes from within a call */
    loop_run(order.loop);
    assert_int_equal(order.count, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(order.numbers[i], expected[i]);
        assert_true(order.at_ms[i] - start_ms >= waits_ms[expected[i]]);
        loop_timer_free(items[i].timer);
    }
    loop_free(order.loop);
}

static void a_timer_can_be_moved_stopped_and_set_again(void **state)
{
    (void)state;
    struct order order = {.loop = loop_new()};
    struct item items[3];

    for (int i = 0; i < 3; i++) {
        items[i] = (struct item){.order = &order, .number = i};
        items[i].timer = loop_timer_new(order.loop, note, &items[i]);
    }
    loop_timer_set(items[0].timer, 0);
    loop_timer_set(items[0].timer, 500); /* moved behind */
    loop_timer_set(items[1].timer, 5);
    loop_timer_set(items[2].timer, 1);
    loop_timer_stop(items[2].timer);
    loop_run(order.loop);
    assert_int_equal(order.count, 2);
    assert_int_equal(order.numbers[0], 1);
    assert_int_equal(order.numbers[1], 0);
    loop_timer_set(items[2].timer, 0);
    loop_run(order.loop);
    assert_int_equal(order.count, 3);
    for (int i = 0; i < 3; i++)
        loop_timer_free(items[i].timer);
    loop_timer_free(NULL);
    loop_free(order.loop);
}

static void stop_loop(void *context)
{
    struct item *item = context;
    note(item);
    loop_stop(item->order->loop);
}

static void a_stopped_loop_can_go_on(void **state)
{
    (void)state;
    struct order order = {.loop = loop_new()};
    struct item first = {.order = &order, .number = 1}, second = {.order = &order, .number = 2};

    first.timer = loop_timer_new(order.loop, stop_loop, &first);
    second.timer = loop_timer_new(order.loop, note, &second);
    loop_timer_set(first.timer, 0);
    loop_timer_set(second.timer, 5);
    loop_run(order.loop);
    assert_int_equal(order.count, 1);
    loop_run(order.loop);
    assert_int_equal(order.count, 2);
    loop_timer_free(first.timer);
    loop_timer_free(second.timer);
    loop_free(order.loop);
}

static void set_other(void *context)
{
    struct item *item = context;
    note(item);
    loop_timer_set(item->other, 0);
}

static void a_turn_lets_one_thing_happen(void **state)
{
    (void)state;
    struct order order = {.loop = loop_new()};
    struct item first = {.order = &order, .number = 1}, second = {.order = &order, .number = 2};

    first.timer = loop_timer_new(order.loop, set_other, &first);
    second.timer = loop_timer_new(order.loop, note, &second);
    first.other = second.timer;
    loop_timer_set(first.timer, 1);
    for (int turns = 0; order.count < 2; turns++) {
        assert_true(turns < 4);
        loop_turn(order.loop);
    }
    assert_int_equal(order.numbers[0], 1);
    loop_timer_free(first.timer);
    loop_timer_free(second.timer);
    loop_free(order.loop);
}

/* Always has more to do, as the dispatcher has at the beginning. */
static void go_on(void *context)
{
    struct item *item = context;
    if (item->order->count == 0)
        loop_timer_set(item->timer, 0);
    else
        note(item);
}

static void finish(void *context)
{
    note(context);
}

static void no_work(void *context)
{
    (void)context;
}

static void what_always_has_more_to_do_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct order order = {.loop = loop_new()};
    struct item busy = {.order = &order, .number = 1}, other = {.order = &order, .number = 2};

    busy.timer = loop_timer_new(order.loop, go_on, &busy);
    loop_work(order.loop, no_work, finish, &other);
    loop_timer_set(busy.timer, 0);
    loop_run(order.loop);
    assert_int_equal(order.numbers[0], 2);
    assert_int_equal(order.numbers[1], 1);
    loop_timer_free(busy.timer);
    loop_free(order.loop);
}

static void free_other(void *context)
{
    struct item *item = context;
    note(item);
    loop_timer_free(item->other);
}

static void one_that_is_due_at_once_can_be_freed_stopped_and_moved(void **state)
{
    (void)state;
    struct order order = {.loop = loop_new()};
    struct item items[4];

    for (int i = 0; i < 4; i++) {
        items[i] = (struct item){.order = &order, .number = i};
        items[i].timer = loop_timer_new(order.loop, i == 0 ? free_other : note, &items[i]);
        loop_timer_set(items[i].timer, 0);
        loop_timer_set(items[i].timer, 0); /* once more is once */
    }
    items[0].other = items[1].timer;
    loop_timer_stop(items[2].timer);
    loop_timer_set(items[3].timer, 1);
    loop_run(order.loop);
    assert_int_equal(order.count, 2);
    assert_int_equal(order.numbers[0], 0);
    assert_int_equal(order.numbers[1], 3);
    loop_timer_free(items[0].timer);
    loop_timer_free(items[2].timer);
    loop_timer_free(items[3].timer);
    loop_free(order.loop);
}

static void clocks_go_forward(void **state)
{
    (void)state;
    int64_t unix_ms = clock_unix_ms(), monotonic_ms = clock_monotonic_ms();
    assert_true(unix_ms > INT64_C(1600000000000)); /* in ms, since 1970 */
    assert_true(clock_monotonic_ms() >= monotonic_ms);
    int64_t worked_us = clock_worked_us();
    assert_true(worked_us > 0);
    assert_true(clock_worked_us() >= worked_us);
}

/* --- work on the pool ----------------------------------------------------------------------- */

struct job {
    struct order *order;
    pthread_t loop_thread;
    bool worked_elsewhere, done_on_loop, worked;
};

static void work(void *context)
{
    struct job *job = context;
    job->worked = true;
    job->worked_elsewhere = !pthread_equal(pthread_self(), job->loop_thread);
}

static void done(void *context)
{
    struct job *job = context;
    job->done_on_loop = job->worked && pthread_equal(pthread_self(), job->loop_thread);
    job->order->count++;
}

static void work_is_done_elsewhere_and_told_on_the_loop(void **state)
{
    (void)state;
    struct order order = {.loop = loop_new()};
    struct job jobs[10];

    for (int i = 0; i < 10; i++) {
        jobs[i] = (struct job){.order = &order, .loop_thread = pthread_self()};
        loop_work(order.loop, work, done, &jobs[i]);
    }
    assert_int_equal(order.count, 0);
    loop_run(order.loop); /* work under way keeps it running */
    assert_int_equal(order.count, 10);
    for (int i = 0; i < 10; i++) {
        assert_true(jobs[i].worked_elsewhere);
        assert_true(jobs[i].done_on_loop);
    }
    loop_free(order.loop);
}

/* --- signals -------------------------------------------------------------------------------- */

static void interrupt_self(void *context)
{
    const int *number = context;
    assert_int_equal(raise(*number), 0);
}

static void signals_interrupt(void **state)
{
    (void)state;
    static int numbers[] = {SIGINT, SIGTERM};
    struct order order = {.loop = loop_new()};
    struct item item = {.order = &order, .number = 1};

    /* It alone does not keep the loop running. */
    loop_on_interrupt(order.loop, stop_loop, &item);
    loop_run(order.loop);
    assert_int_equal(order.count, 0);
    for (int i = 0; i < 2; i++) {
        struct loop_timer *raising = loop_timer_new(order.loop, interrupt_self, &numbers[i]);
        struct item late = {.order = &order, .number = 9};
        struct loop_timer *guard = loop_timer_new(order.loop, note, &late);
        loop_timer_set(raising, 0);
        loop_timer_set(guard, 10000);
        loop_run(order.loop);
        assert_int_equal(order.count, i + 1);
        assert_int_equal(order.numbers[i], 1);
        loop_timer_free(raising);
        loop_timer_free(guard);
    }
    loop_on_interrupt(order.loop, NULL, NULL);
    struct sigaction now;
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
    loop_free(order.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_loop_ends_at_once),
        cmocka_unit_test(timers_come_in_order),
        cmocka_unit_test(a_timer_can_be_moved_stopped_and_set_again),
        cmocka_unit_test(a_stopped_loop_can_go_on),
        cmocka_unit_test(a_turn_lets_one_thing_happen),
        cmocka_unit_test(what_always_has_more_to_do_keeps_nobody_waiting),
        cmocka_unit_test(one_that_is_due_at_once_can_be_freed_stopped_and_moved),
        cmocka_unit_test(clocks_go_forward),
        cmocka_unit_test(work_is_done_elsewhere_and_told_on_the_loop),
        cmocka_unit_test(signals_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

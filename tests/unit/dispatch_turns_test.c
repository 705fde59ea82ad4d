#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatch/turns.h"

enum { DELIVERIES = 4 };

/* An account with several deliveries, in several languages. */
struct fixture {
    struct dispatcher dispatcher;
    struct addressee addressee;
    struct delivery deliveries[DELIVERIES];
};

static void init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    schedule_init(&fixture->dispatcher.schedule);
    fixture->addressee.host = schedule_host(&fixture->dispatcher.schedule, "https://a.example:443");
    fixture->addressee.host->pace.capacity = DELIVERIES;
    for (size_t i = 0; i < DELIVERIES; i++)
        fixture->deliveries[i].addressee = &fixture->addressee;
}

static struct delivery *next(struct fixture *fixture)
{
    return schedule_next(&fixture->dispatcher.schedule, 0);
}

static void posts_go_beside_each_other(void **state)
{
    (void)state;
    struct fixture fixture;

    init(&fixture);
    for (size_t i = 0; i < DELIVERIES; i++) {
        assert_true(turns_may_begin(&fixture.deliveries[i]));
        turns_begin(&fixture.deliveries[i], false);
    }
    schedule_release(&fixture.dispatcher.schedule);
}

static void a_look_up_waits_for_what_is_under_way(void **state)
{
    (void)state;
    struct fixture fixture;
    struct delivery *in_doubt = &fixture.deliveries[0];

    init(&fixture);
    in_doubt->to_look_up = true;
    assert_true(turns_may_begin(in_doubt));
    turns_begin(&fixture.deliveries[1], false);
    turns_begin(&fixture.deliveries[2], false);
    assert_false(turns_may_begin(in_doubt));
    turns_hold(in_doubt);
    assert_null(next(&fixture));

    turns_end(&fixture.dispatcher, &fixture.deliveries[1], false);
    assert_ptr_equal(next(&fixture), in_doubt); /* asked again, and held again */
    assert_false(turns_may_begin(in_doubt));
    turns_hold(in_doubt);
    turns_end(&fixture.dispatcher, &fixture.deliveries[2], false);
    assert_ptr_equal(next(&fixture), in_doubt);
    assert_true(turns_may_begin(in_doubt));
    schedule_release(&fixture.dispatcher.schedule);
}

static void nothing_begins_beside_a_look_up(void **state)
{
    (void)state;
    struct fixture fixture;
    struct delivery *looked_up = &fixture.deliveries[0];
    struct delivery *post = &fixture.deliveries[1];
    struct delivery *other_look = &fixture.deliveries[2];

    init(&fixture);
    looked_up->to_look_up = other_look->to_look_up = true;
    turns_begin(looked_up, true);
    assert_false(turns_may_begin(post));
    assert_false(turns_may_begin(other_look));
    turns_hold(post);
    turns_hold(other_look);
    assert_null(next(&fixture));

    turns_end(&fixture.dispatcher, looked_up, true);
    assert_non_null(next(&fixture));
    assert_non_null(next(&fixture));
    assert_null(next(&fixture));
    assert_true(turns_may_begin(post));
    assert_true(turns_may_begin(other_look));
    schedule_release(&fixture.dispatcher.schedule);
}

static void another_account_does_not_wait(void **state)
{
    (void)state;
    struct fixture fixture;
    struct addressee other = {0};

    init(&fixture);
    fixture.deliveries[1].addressee = &other;
    turns_begin(&fixture.deliveries[0], true);
    assert_true(turns_may_begin(&fixture.deliveries[1]));
    schedule_release(&fixture.dispatcher.schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_go_beside_each_other),
        cmocka_unit_test(a_look_up_waits_for_what_is_under_way),
        cmocka_unit_test(nothing_begins_beside_a_look_up),
        cmocka_unit_test(another_account_does_not_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

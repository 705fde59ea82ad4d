#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch/forecast.h"

enum { HOUR_MS = 60 * 60 * 1000 };

/* One text for each account, each of one post. */
static struct channel_forecast of(const struct channel_driver *driver, size_t accounts)
{
    return (struct channel_forecast){
        .driver = driver,
        .deliveries = accounts,
        .posts = accounts,
        .accounts = accounts,
        .hosts = 1,
    };
}

static const struct channel_driver plain = {.name = "plain", .answers = {{400, 1600}, 1}};

static void a_single_post_takes_a_usual_answer(void **state)
{
    (void)state;
    struct channel_forecast forecast = of(&plain, 1);

    forecast_channel(&forecast);
    assert_int_equal(forecast.first_in_ms, 400);
    assert_int_equal(forecast.most_in_ms, 400);
    assert_int_equal(forecast.last_in_ms, 400);
    assert_int_equal(forecast.limit, FORECAST_ANSWERS);
}

static void many_are_as_slow_as_their_slowest_answers(void **state)
{
    (void)state;
    struct channel_forecast forecast = of(&plain, 357);

    forecast_channel(&forecast);
    assert_true(forecast.first_in_ms < 400);
    assert_in_range(forecast.most_in_ms, 400, 1600);
    assert_in_range(forecast.last_in_ms, 1601, 15000);
    assert_int_equal(forecast.limit, FORECAST_ANSWERS);
}

static void the_same_figures_give_the_same_forecast(void **state)
{
    (void)state;
    struct channel_forecast one = of(&plain, 1785), other = of(&plain, 1785);

    forecast_channel(&one);
    forecast_channel(&other);
    assert_int_equal(one.most_in_ms, other.most_in_ms);
    assert_int_equal(one.last_in_ms, other.last_in_ms);
}

static void threads_and_steps_come_one_after_the_other(void **state)
{
    (void)state;
    static const struct channel_driver steps = {.name = "steps", .answers = {{400, 400}, 3}};
    struct channel_forecast forecast = of(&steps, 10);

    forecast.posts = 20;
    forecast_channel(&forecast);
    assert_int_equal(forecast.first_in_ms, 2 * 3 * 400);
    assert_int_equal(forecast.last_in_ms, 2 * 3 * 400);
}

static void an_account_takes_one_text_after_the_other(void **state)
{
    (void)state;
    static const struct channel_driver even = {.name = "even", .answers = {{400, 400}, 1}};
    struct channel_forecast forecast = of(&even, 10);

    forecast.deliveries = forecast.posts = 30;
    forecast_channel(&forecast);
    assert_int_equal(forecast.first_in_ms, 400);
    assert_int_equal(forecast.last_in_ms, 3 * 400);
}

static void a_host_takes_only_so_many_at_once(void **state)
{
    (void)state;
    struct channel_forecast one = of(&plain, 100000), many = of(&plain, 100000);

    many.hosts = 100000;
    forecast_channel(&one);
    forecast_channel(&many);
    assert_int_equal(one.limit, FORECAST_HOSTS);
    assert_true(one.last_in_ms >= 99 * 400);
    assert_int_equal(many.limit, FORECAST_ANSWERS);
    assert_true(many.last_in_ms < one.last_in_ms);
}

static void a_limit_for_each_account_holds_its_posts_back(void **state)
{
    (void)state;
    static const struct channel_quota quotas[] = {{2, HOUR_MS, false}, {0, 0, false}};
    static const struct channel_driver held = {
        .name = "held", .answers = {{400, 1600}, 1}, .quotas = quotas};
    struct channel_forecast few = of(&held, 10), many = of(&held, 10);

    few.deliveries = few.posts = 20;
    many.deliveries = many.posts = 30;
    forecast_channel(&few);
    forecast_channel(&many);
    assert_int_equal(few.limit, FORECAST_ANSWERS);
    assert_true(few.last_in_ms < HOUR_MS);
    assert_int_equal(many.limit, FORECAST_ACCOUNT_QUOTA);
    assert_in_range(many.last_in_ms, HOUR_MS, HOUR_MS + 60000);
    assert_true(many.first_in_ms < HOUR_MS);
}

static void a_limit_for_the_app_holds_the_last_ones_back(void **state)
{
    (void)state;
    static const struct channel_quota quotas[] = {{100, HOUR_MS, true}, {0, 0, false}};
    static const struct channel_driver held = {
        .name = "held", .answers = {{400, 1600}, 1}, .quotas = quotas};
    struct channel_forecast forecast = of(&held, 357);

    forecast_channel(&forecast);
    assert_int_equal(forecast.limit, FORECAST_APP_QUOTA);
    assert_true(forecast.first_in_ms < HOUR_MS);
    assert_in_range(forecast.most_in_ms, 3 * HOUR_MS, 3 * HOUR_MS + 60000); /* the 322nd */
    assert_in_range(forecast.last_in_ms, 3 * HOUR_MS, 3 * HOUR_MS + 60000);
}

static void what_cannot_be_built_is_not_waited_for(void **state)
{
    (void)state;
    struct channel_forecast forecast = of(&plain, 5);
    struct run_forecast all;

    forecast.failed = 5;
    forecast_channel(&forecast);
    assert_int_equal(forecast.first_in_ms, -1);
    assert_int_equal(forecast.last_in_ms, -1);
    forecast_run(&forecast, 1, &all);
    assert_int_equal(all.deliveries, 0);
    assert_int_equal(all.last_in_ms, -1);
    assert_null(all.slowest);
    forecast_run(NULL, 0, &all);
    assert_int_equal(all.last_in_ms, -1);
}

static void of_the_whole_run(void **state)
{
    (void)state;
    static const struct channel_driver slow = {.name = "slow", .answers = {{60000, 60000}, 1}};
    struct channel_forecast channels[] = {of(&plain, 95), of(&slow, 5)};
    struct run_forecast all;

    for (size_t i = 0; i < 2; i++)
        forecast_channel(&channels[i]);
    forecast_run(channels, 2, &all);
    assert_int_equal(all.deliveries, 100);
    assert_int_equal(all.first_in_ms, channels[0].first_in_ms);
    assert_int_equal(all.last_in_ms, 60000);
    assert_ptr_equal(all.slowest, &channels[1]);
    assert_in_range(all.most_in_ms, channels[0].most_in_ms, channels[0].last_in_ms);
    channels[1] = of(&slow, 50); /* now the slow ones are among the 90 % */
    forecast_channel(&channels[1]);
    forecast_run(channels, 2, &all);
    assert_int_equal(all.most_in_ms, 60000);
}

static void every_channel_has_usual_answers(void **state)
{
    (void)state;
    for (size_t i = 0; channel_all()[i]; i++) {
        struct channel_forecast forecast = of(channel_all()[i], 357);
        assert_true(channel_all()[i]->answers.requests > 0);
        assert_true(channel_all()[i]->answers.time.half_ms > 0);
        assert_true(channel_all()[i]->answers.time.most_ms >=
                    channel_all()[i]->answers.time.half_ms);
        forecast_channel(&forecast);
        assert_true(forecast.first_in_ms >= 0);
        assert_true(forecast.most_in_ms >= forecast.first_in_ms);
        assert_true(forecast.last_in_ms >= forecast.most_in_ms);
        assert_true(strlen(forecast_limit_words(forecast.limit)) > 0);
        assert_true(strlen(forecast_limit_name(forecast.limit)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_post_takes_a_usual_answer),
        cmocka_unit_test(many_are_as_slow_as_their_slowest_answers),
        cmocka_unit_test(the_same_figures_give_the_same_forecast),
        cmocka_unit_test(threads_and_steps_come_one_after_the_other),
        cmocka_unit_test(an_account_takes_one_text_after_the_other),
        cmocka_unit_test(a_host_takes_only_so_many_at_once),
        cmocka_unit_test(a_limit_for_each_account_holds_its_posts_back),
        cmocka_unit_test(a_limit_for_the_app_holds_the_last_ones_back),
        cmocka_unit_test(what_cannot_be_built_is_not_waited_for),
        cmocka_unit_test(of_the_whole_run),
        cmocka_unit_test(every_channel_has_usual_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

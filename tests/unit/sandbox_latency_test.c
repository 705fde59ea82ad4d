#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "sandbox/latency.h"

enum { ANSWERS = 2000 };

static void read(struct latencies *latencies, const char *specification)
{
    struct error error = {0};
    assert_int_equal(sandbox_latency_read(latencies, specification, &error), 0);
}

static void one_time_for_all(void **state)
{
    (void)state;
    struct latencies latencies = {0};

    assert_int_equal(sandbox_latency_next_ms(&latencies, CHANNEL_X), 0);
    read(&latencies, "150ms");
    assert_int_equal(sandbox_latency_next_ms(&latencies, CHANNEL_X), 150);
    assert_int_equal(sandbox_latency_next_ms(&latencies, CHANNEL_WEBHOOK), 150);
}

static void of_one_network_and_what_is_said_later(void **state)
{
    (void)state;
    struct latencies latencies = {0};

    read(&latencies, "150ms");
    read(&latencies, "x=2s");
    assert_int_equal(sandbox_latency_next_ms(&latencies, CHANNEL_X), 2000);
    assert_int_equal(sandbox_latency_next_ms(&latencies, CHANNEL_FACEBOOK), 150);
    read(&latencies, "0ms");
    assert_int_equal(sandbox_latency_next_ms(&latencies, CHANNEL_X), 0);
}

static void scattered_as_it_says(void **state)
{
    (void)state;
    struct latencies latencies = {.random = 7};
    size_t within_half = 0, within_most = 0;

    read(&latencies, "facebook=400ms/1600ms");
    for (int i = 0; i < ANSWERS; i++) {
        int64_t ms = sandbox_latency_next_ms(&latencies, CHANNEL_FACEBOOK);
        assert_true(ms > 0);
        within_half += ms <= 400;
        within_most += ms <= 1600;
    }
    assert_in_range(within_half, ANSWERS * 45 / 100, ANSWERS * 55 / 100);
    assert_in_range(within_most, ANSWERS * 93 / 100, ANSWERS * 97 / 100);
}

static void the_same_seed_gives_the_same_times(void **state)
{
    (void)state;
    struct latencies one = {.random = 11}, other = {.random = 11};

    read(&one, "400ms/1600ms");
    read(&other, "400ms/1600ms");
    for (int i = 0; i < 100; i++)
        assert_int_equal(sandbox_latency_next_ms(&one, CHANNEL_X),
                         sandbox_latency_next_ms(&other, CHANNEL_X));
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const words[] = {"",        "soon",  "150",         "myspace=1s", "=1s",
                                        "x=",      "x=1s/", "x=2s/1s",     "x=1s/2s/3s", "x=1s=2s",
                                        "1s,x=2s", "/1s",   "facebook=-1s"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct latencies latencies = {0};
        struct error error = {0};
        assert_int_equal(sandbox_latency_read(&latencies, words[i], &error), -1);
        assert_int_equal(error.kind, ERROR_USAGE);
        assert_int_equal(latencies.of[CHANNEL_X].half_ms, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_time_for_all),
        cmocka_unit_test(of_one_network_and_what_is_said_later),
        cmocka_unit_test(scattered_as_it_says),
        cmocka_unit_test(the_same_seed_gives_the_same_times),
        cmocka_unit_test(refuses_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

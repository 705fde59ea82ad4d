#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "cmd/rehearsal_faults.h"
#include "model/credential.h"
#include "sandbox/sandbox.h"

enum { COUNTRY = 1785, CONTINENT = 50000, SANDBOX_TAKES = 256 };

static const int64_t now_ms = INT64_C(1795403052123);

static struct account *accounts_of(struct arena *arena, const char *channel, size_t count)
{
    struct account *accounts = arena_alloc_array(arena, count, sizeof(*accounts));

    for (size_t i = 0; i < count; i++)
        accounts[i] =
            (struct account){arena_printf(arena, "%05zu", i), channel, "default", NULL, 0};
    return accounts;
}

static void the_same_seed_and_accounts_have_the_same_faults(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct account *accounts = accounts_of(arena, "x", COUNTRY);
    size_t count, again_count, other_count;
    const char **faults = rehearsal_faults(arena, accounts, COUNTRY, 7, now_ms, &count);
    const char **again = rehearsal_faults(arena, accounts, COUNTRY, 7, now_ms, &again_count);
    const char **other = rehearsal_faults(arena, accounts, COUNTRY, 8, now_ms, &other_count);
    bool differs = count != other_count;

    assert_in_range(count, COUNTRY / 100, COUNTRY / 10);
    assert_int_equal(again_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(again[i], faults[i]);
        differs = differs || strcmp(other[i], faults[i]) != 0;
    }
    assert_true(differs);
    arena_free(arena);
}

static void the_sandbox_knows_them_all(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct error error = {0};
    size_t count;
    const char **faults = rehearsal_faults(arena, accounts_of(arena, "mastodon", COUNTRY), COUNTRY,
                                           1, now_ms, &count);

    for (size_t i = 0; i < count; i++)
        assert_int_equal(sandbox_faults_check(faults[i], &error), 0);
    faults = rehearsal_faults(arena, accounts_of(arena, "mastodon", CONTINENT), CONTINENT, 1,
                              now_ms, &count);
    assert_in_range(count, 1, SANDBOX_TAKES);
    arena_free(arena);
}

static void what_has_run_out_always_fails(void **state)
{
    (void)state;
    static const struct setting over[] = {{CREDENTIAL_EXPIRES, "2020-01-01T00:00:00Z"}};
    static const struct setting ahead[] = {{CREDENTIAL_EXPIRES, "2099-01-01T00:00:00Z"}};
    const struct account accounts[] = {{"0301", "facebook", "default", over, 1},
                                       {"1103", "facebook", "default", ahead, 1},
                                       {"4601", "feed", "default", NULL, 0}};
    struct arena *arena = arena_new();

    for (uint64_t seed = 0; seed < 20; seed++) {
        size_t count;
        const char **faults = rehearsal_faults(arena, accounts, 3, seed, now_ms, &count);
        assert_true(count >= 1);
        assert_string_equal(faults[0], "expired-token:channel=facebook:municipality=0301");
        for (size_t i = 0; i < count; i++)
            assert_null(strstr(faults[i], "feed")); /* no network is in between */
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_and_accounts_have_the_same_faults),
        cmocka_unit_test(the_sandbox_knows_them_all),
        cmocka_unit_test(what_has_run_out_always_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

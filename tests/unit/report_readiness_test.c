/* Which accounts could post now, and how many posts are left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/allowance.h"
#include "report/readiness.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static const int64_t now_ms = INT64_C(1795403052123); /* 2026-11-23T03:04:12.123Z */

static struct stored_account account(const char *municipality, const char *channel)
{
    return (struct stored_account){
        .account = {.municipality = municipality, .channel = channel, .label = "default"},
        .registered_unix_ms = now_ms - 100 * DAY_MS,
        .proven_unix_ms = now_ms - DAY_MS,
    };
}

static enum readiness_state state_of(const struct stored_account *stored,
                                     struct readiness_facts facts)
{
    return readiness_of(stored, &facts, now_ms);
}

static const struct readiness_facts checkable = {.needs_proof = true};

/* --- readiness ------------------------------------------------------------------------------- */

static void what_was_proven_lately_is_ready(void **state)
{
    struct stored_account stored = account("0301", "x");
    (void)state;

    assert_int_equal(state_of(&stored, checkable), ACCOUNT_READY);
    stored.proven_unix_ms = now_ms - 30 * DAY_MS;
    assert_int_equal(state_of(&stored, checkable), ACCOUNT_READY);
    stored.proven_unix_ms--;
    assert_int_equal(state_of(&stored, checkable), ACCOUNT_PROOF_OLD);
    stored.proven_unix_ms = 0;
    assert_int_equal(state_of(&stored, checkable), ACCOUNT_UNPROVEN);
}

static void what_cannot_be_asked_needs_no_proof(void **state)
{
    struct stored_account stored = account("0301", "webhook");
    (void)state;

    stored.proven_unix_ms = 0;
    assert_int_equal(state_of(&stored, (struct readiness_facts){0}), ACCOUNT_READY);
}

static void a_new_credential_is_proven_anew(void **state)
{
    struct stored_account stored = account("0301", "x");
    (void)state;

    stored.registered_unix_ms = stored.proven_unix_ms + 1;
    assert_int_equal(state_of(&stored, checkable), ACCOUNT_UNPROVEN);
}

static void a_refusal_counts_until_it_works_again(void **state)
{
    struct stored_account stored = account("0301", "x");
    struct readiness_facts facts = {.needs_proof = true,
                                    .refused_unix_ms = stored.proven_unix_ms + 1};
    (void)state;

    assert_int_equal(state_of(&stored, facts), ACCOUNT_REFUSED);
    stored.proven_unix_ms += 2;
    assert_int_equal(state_of(&stored, facts), ACCOUNT_READY);
    stored.proven_unix_ms = 0;
    stored.registered_unix_ms = facts.refused_unix_ms + 1; /* connected again since */
    assert_int_equal(state_of(&stored, facts), ACCOUNT_UNPROVEN);
}

static void an_end_is_told_before_it_comes(void **state)
{
    static const struct {
        const char *end;
        enum readiness_state state;
    } cases[] = {
        {"2026-11-23T03:04:12Z", ACCOUNT_ENDED},  /* 123 ms ago */
        {"2026-11-23T03:04:13Z", ACCOUNT_ENDING}, /* in 877 ms */
        {"2026-12-07T03:04:12Z", ACCOUNT_ENDING}, /* just less than 14 days */
        {"2026-12-07T03:04:13Z", ACCOUNT_READY},  /* just more */
        {"some day", ACCOUNT_READY},              /* nobody knows */
        {"2026-11-23T04:04:12+01:00", ACCOUNT_ENDED},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stored_account stored = account("0301", "threads");
        struct setting setting = {"expires-at", cases[i].end};
        stored.account.settings = &setting;
        stored.account.setting_count = 1;
        assert_int_equal(state_of(&stored, checkable), cases[i].state);
    }
}

static void what_does_not_open_is_not_ready_whatever_else_holds(void **state)
{
    struct stored_account stored = account("0301", "webhook");
    (void)state;

    assert_int_equal(state_of(&stored, (struct readiness_facts){.is_unreadable = true}),
                     ACCOUNT_UNREADABLE);
}

static void channels_are_counted_apart(void **state)
{
    struct arena *arena = arena_new();
    struct readiness readiness = {0};
    struct stored_account stored[] = {account("0301", "facebook"), account("0301", "x"),
                                      account("4601", "facebook"), account("4640", "facebook")};
    (void)state;

    stored[2].proven_unix_ms = 0;
    stored[3].proven_unix_ms -= DAY_MS;
    for (size_t i = 0; i < 4; i++)
        readiness_add(&readiness, arena, &stored[i], &checkable, now_ms);
    assert_int_equal(readiness.count, 2);
    const struct readiness_channel *facebook = &readiness.channels[0];
    assert_string_equal(facebook->channel, "facebook");
    assert_int_equal(facebook->total, 3);
    assert_int_equal(readiness_ready(facebook), 2);
    assert_int_equal(facebook->counts[ACCOUNT_UNPROVEN], 1);
    assert_ptr_equal(facebook->first[ACCOUNT_UNPROVEN], &stored[2].account);
    assert_int_equal(facebook->oldest_proof_unix_ms, stored[3].proven_unix_ms);
    assert_int_equal(readiness_ready(&readiness.channels[1]), 1);
    arena_free(arena);
}

/* --- what networks allow --------------------------------------------------------------------- */

enum { YOUTUBE_COUNT = 90, X_COUNT = 2 };

static const struct allowance *find(const struct allowances *allowances, const char *channel,
                                    bool per_app)
{
    for (size_t i = 0; i < allowances->count; i++)
        if (strcmp(allowances->items[i].driver->name, channel) == 0 &&
            allowances->items[i].quota->per_app == per_app)
            return &allowances->items[i];
    return NULL;
}

static void an_app_s_limit_is_shared(void **state)
{
    struct arena *arena = arena_new();
    struct stored_account stored[YOUTUBE_COUNT];
    struct allowances allowances;
    (void)state;

    for (size_t i = 0; i < YOUTUBE_COUNT; i++)
        stored[i] = account("0301", "youtube"); /* 100 films a day for all of them */
    allowances_begin(&allowances, arena, stored, YOUTUBE_COUNT, now_ms);
    assert_true(allowances.window_ms >= DAY_MS);
    for (int i = 0; i < 10; i++)
        allowances_add(&allowances, 0, 1, now_ms - 1000);
    allowances_add(&allowances, 1, 50, now_ms - DAY_MS); /* yesterday's count no more */
    allowances_end(&allowances);
    const struct allowance *app = find(&allowances, "youtube", true);
    assert_int_equal(app->used, 10);
    assert_int_equal(app->account_count, YOUTUBE_COUNT);
    assert_int_equal(app->waiting_count, 0);
    allowances_add(&allowances, 2, 3, now_ms - 1000);
    allowances_end(&allowances);
    assert_int_equal(app->waiting_count, 3);
    allowances_add(&allowances, 2, 500, now_ms - 1000);
    allowances_end(&allowances);
    assert_int_equal(app->waiting_count, YOUTUBE_COUNT);
    arena_free(arena);
}

static void an_account_s_limit_is_its_own(void **state)
{
    struct arena *arena = arena_new();
    struct stored_account stored[X_COUNT + 1] = {account("0301", "x"), account("4601", "x"),
                                                 account("0301", "facebook")};
    struct allowances allowances;
    (void)state;

    allowances_begin(&allowances, arena, stored, X_COUNT + 1, now_ms);
    assert_null(find(&allowances, "facebook", false)); /* it publishes none */
    assert_null(find(&allowances, "telegram", true));  /* nobody has one */
    allowances_add(&allowances, 0, 99, now_ms - 1000);
    allowances_add(&allowances, 2, 1000, now_ms - 1000);
    allowances_end(&allowances);
    assert_int_equal(find(&allowances, "x", false)->waiting_count, 0);
    allowances_add(&allowances, 0, 1, now_ms - 1000);
    allowances_end(&allowances);
    assert_int_equal(find(&allowances, "x", false)->waiting_count, 1);
    assert_int_equal(find(&allowances, "x", true)->waiting_count, 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_proven_lately_is_ready),
        cmocka_unit_test(what_cannot_be_asked_needs_no_proof),
        cmocka_unit_test(a_new_credential_is_proven_anew),
        cmocka_unit_test(a_refusal_counts_until_it_works_again),
        cmocka_unit_test(an_end_is_told_before_it_comes),
        cmocka_unit_test(what_does_not_open_is_not_ready_whatever_else_holds),
        cmocka_unit_test(channels_are_counted_apart),
        cmocka_unit_test(an_app_s_limit_is_shared),
        cmocka_unit_test(an_account_s_limit_is_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

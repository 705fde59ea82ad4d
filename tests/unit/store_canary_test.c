/* Which deliveries of a run go first, and whether the rest may follow. */
#include "store_fixture.h"

#include "audit/entry.h"

static enum run_canary canary_of(struct fixture *fixture, const char *id)
{
    struct run_record run;
    bool found;

    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, id, &run, &found, &fixture->error), 0);
    assert_true(found);
    return run.canary;
}

static uint64_t entry_count(struct fixture *fixture)
{
    uint64_t size;

    assert_int_equal(store_log_size(fixture->store, &size, &fixture->error), 0);
    return size;
}

static int pass(struct fixture *fixture, int64_t run)
{
    struct text entry;

    entry_begin(&entry, ENTRY_CANARY, "coordinator", now_ms);
    int result = store_run_pass_canary(fixture->store, run, &entry, &fixture->error);
    text_release(&entry);
    return result;
}

static int64_t create_with_canary(struct fixture *fixture, const char *id)
{
    struct run_record run = run_of(id);

    run.canary = CANARY_FIRST;
    return create_run(fixture, run, 1);
}

static bool count_canary(void *context, const struct delivery_record *delivery)
{
    *(size_t *)context += delivery->is_canary;
    return true;
}

static size_t canaries_of(struct fixture *fixture, int64_t run)
{
    size_t count = 0;

    assert_int_equal(store_deliveries(fixture->store, run, count_canary, &count, &fixture->error),
                     0);
    return count;
}

static void a_run_has_none_unless_it_says_so(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create(fixture, "run");

    assert_int_equal(canary_of(fixture, "run"), CANARY_NONE);
    assert_int_equal(canaries_of(fixture, run), 0);
}

static void the_rest_is_let_go_once_and_for_all(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create_with_canary(fixture, "run");
    int64_t other = create_with_canary(fixture, "other");
    uint64_t before = entry_count(fixture);

    assert_int_equal(canaries_of(fixture, run), 1);
    assert_int_equal(canary_of(fixture, "run"), CANARY_FIRST);
    assert_int_equal(pass(fixture, run), 0);
    assert_int_equal(canary_of(fixture, "run"), CANARY_PASSED);
    assert_int_equal(entry_count(fixture), before + 1);
    assert_int_equal(canary_of(fixture, "other"), CANARY_FIRST);
    assert_int_equal(canaries_of(fixture, other), 1);
    /* A second time is told, and leaves no entry. */
    assert_int_equal(pass(fixture, run), -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_int_equal(entry_count(fixture), before + 1);
}

static void stopping_and_resuming_lets_nothing_go(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create_with_canary(fixture, "run");
    bool is_marked;

    assert_int_equal(
        store_run_stop(fixture->store, run, true, now_ms, NULL, &is_marked, &fixture->error), 0);
    assert_int_equal(store_run_resume(fixture->store, run, NULL, &fixture->error), 0);
    assert_int_equal(canary_of(fixture, "run"), CANARY_FIRST);
    assert_int_equal(canaries_of(fixture, run), 1);
}

static void where_there_are_none_nothing_is_let_go(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(pass(fixture, create(fixture, "run")), -1);
    assert_int_equal(canary_of(fixture, "run"), CANARY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_run_has_none_unless_it_says_so),
        STORE_TEST(the_rest_is_let_go_once_and_for_all),
        STORE_TEST(stopping_and_resuming_lets_nothing_go),
        STORE_TEST(where_there_are_none_nothing_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

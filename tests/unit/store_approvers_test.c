#include "store_fixture.h"

#include <sqlite3.h>

#include "base/encode.h"

#include "entry_count.h"

static const char first[] = "the first list\n", second[] = "the second list\n";

static struct stored_approvers now_in_force(struct fixture *fixture)
{
    struct stored_approvers stored;

    assert_int_equal(store_approvers(fixture->store, fixture->arena, &stored, &fixture->error), 0);
    return stored;
}

/* `told`: the list whose hash the entry has. */
static int put(struct fixture *fixture, const struct stored_approvers *former, const char *list,
               const char *told)
{
    unsigned char hash[SHA256_SIZE];
    struct text entry, hex;

    error_clear(&fixture->error);
    sha256(told, strlen(told), hash);
    text_init(&hex, 2 * SHA256_SIZE);
    hex_add(&hex, hash, sizeof(hash));
    entry_begin(&entry, ENTRY_APPROVERS, "coordinator", now_ms);
    entry_add(&entry, "approvers-sha256", hex.bytes);
    int result =
        store_approvers_put(fixture->store, former, list, strlen(list), &entry, &fixture->error);
    text_release(&entry);
    text_release(&hex);
    return result;
}

static void the_latest_is_in_force(void **state)
{
    struct fixture *fixture = *state;
    struct stored_approvers stored = now_in_force(fixture);

    assert_null(stored.bytes);
    assert_true(store_may_change(fixture->store));
    assert_int_equal(put(fixture, &stored, first, first), 0);
    stored = now_in_force(fixture);
    assert_string_equal(stored.bytes, first);
    assert_int_equal(stored.size, strlen(first));
    assert_int_equal(put(fixture, &stored, second, second), 0);
    assert_string_equal(now_in_force(fixture).bytes, second);
    assert_int_equal(count_entries(fixture->store), 2);
}

/* Two processes saw the same list, and each puts its own successor. */
static void only_what_is_in_force_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_approvers none = now_in_force(fixture);

    assert_int_equal(put(fixture, &none, first, first), 0);
    assert_int_equal(put(fixture, &none, second, second), -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    const struct stored_approvers one = now_in_force(fixture);
    assert_string_equal(one.bytes, first);
    assert_int_equal(put(fixture, &one, second, second), 0);
    assert_int_equal(put(fixture, &one, first, first), -1);
    assert_string_equal(now_in_force(fixture).bytes, second);
    assert_int_equal(count_entries(fixture->store), 2);
}

static void a_list_that_its_entry_does_not_tell_of_is_none(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_approvers none = now_in_force(fixture);
    struct stored_approvers stored;

    assert_int_equal(put(fixture, &none, first, second), 0);
    assert_int_equal(store_approvers(fixture->store, fixture->arena, &stored, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->error.message, "audit entry"));
}

static void change_database(struct fixture *fixture, const char *statement)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, statement, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* A row cannot be taken away without a trace: the entry that told of it stays. */
static void a_former_list_does_not_come_back(void **state)
{
    static const char *const taken_away[] = {
        "DELETE FROM approver_lists WHERE row = (SELECT max(row) FROM approver_lists)",
        "DELETE FROM approver_lists",
        "DROP INDEX approvers_entries",
    };
    struct fixture *fixture = *state;
    struct stored_approvers stored = now_in_force(fixture);

    assert_int_equal(put(fixture, &stored, first, first), 0);
    stored = now_in_force(fixture);
    assert_int_equal(put(fixture, &stored, second, second), 0);
    for (size_t i = 0; i < sizeof(taken_away) / sizeof(taken_away[0]); i++) {
        change_database(fixture, taken_away[i]);
        error_clear(&fixture->error);
        assert_int_equal(store_approvers(fixture->store, fixture->arena, &stored, &fixture->error),
                         -1);
        assert_non_null(strstr(fixture->error.message, "a later approver list"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_latest_is_in_force),
        STORE_TEST(only_what_is_in_force_is_replaced),
        STORE_TEST(a_list_that_its_entry_does_not_tell_of_is_none),
        STORE_TEST(a_former_list_does_not_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

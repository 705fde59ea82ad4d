#include "store_fixture.h"

#include <sqlite3.h>

#include "store/rehearsals.h"

static const int64_t posts[] = {180, 240, 900}, places[] = {180, 900};

static struct rehearsal_record rehearsal_of(const char *id, const char *message,
                                            int64_t started_unix_ms)
{
    return (struct rehearsal_record){
        .id = id,
        .plan = "flom",
        .message = message,
        .plan_sha256 = {1, 2, 3},
        .seed = INT64_MAX,
        .started_unix_ms = started_unix_ms,
        .finished_unix_ms = started_unix_ms + 1000,
        .municipality_count = 3,
        .reached_count = 2,
        .delivery_count = 5,
        .failed_count = 1,
        .in_doubt_count = 1,
        .posts = {posts, 3},
        .places = {places, 2},
        .correction = "correction",
        .correction_most_ms = 400,
        .correction_last_ms = -1,
    };
}

static void add(struct fixture *fixture, const char *id, const char *message,
                int64_t started_unix_ms)
{
    struct rehearsal_record rehearsal = rehearsal_of(id, message, started_unix_ms);
    struct text entry;

    entry_begin(&entry, ENTRY_REHEARSED, "coordinator", now_ms);
    assert_int_equal(store_rehearsal_add(fixture->store, &rehearsal, &entry, &fixture->error), 0);
    assert_true(rehearsal.row > 0);
    text_release(&entry);
}

static const char *latest(struct fixture *fixture, struct store *store, const char *plan,
                          const char *message, int64_t before_unix_ms)
{
    struct rehearsal_record found;
    bool is_found;

    assert_int_equal(store_rehearsal_latest(store, fixture->arena, plan, message, before_unix_ms,
                                            &found, &is_found, &fixture->error),
                     0);
    return is_found ? found.id : "none";
}

static void one_comes_back_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct rehearsal_record found;
    bool is_found;
    uint64_t size;

    add(fixture, "one", "alert", now_ms);
    assert_int_equal(store_rehearsal_latest(fixture->store, fixture->arena, "flom", "alert",
                                            INT64_MAX, &found, &is_found, &fixture->error),
                     0);
    assert_true(is_found);
    assert_string_equal(found.id, "one");
    assert_string_equal(found.plan, "flom");
    assert_string_equal(found.correction, "correction");
    assert_int_equal(found.plan_sha256[2], 3);
    assert_true(found.seed == INT64_MAX);
    assert_int_equal(found.finished_unix_ms - found.started_unix_ms, 1000);
    assert_int_equal(found.municipality_count, 3);
    assert_int_equal(found.reached_count, 2);
    assert_int_equal(found.delivery_count, 5);
    assert_int_equal(found.failed_count, 1);
    assert_int_equal(found.in_doubt_count, 1);
    assert_int_equal(found.posts.count, 3);
    assert_memory_equal(found.posts.ms, posts, sizeof(posts));
    assert_int_equal(found.places.count, 2);
    assert_memory_equal(found.places.ms, places, sizeof(places));
    assert_int_equal(found.correction_most_ms, 400);
    assert_int_equal(found.correction_last_ms, -1);
    assert_int_equal(store_log_size(fixture->store, &size, &fixture->error), 0);
    assert_int_equal(size, 1);
}

static void the_latest_of_what_is_asked_for(void **state)
{
    struct fixture *fixture = *state;

    assert_string_equal(latest(fixture, fixture->store, "flom", "alert", INT64_MAX), "none");
    add(fixture, "one", "alert", now_ms);
    add(fixture, "two", "alert", now_ms + 5000);
    add(fixture, "three", "all-clear", now_ms + 9000);
    assert_string_equal(latest(fixture, fixture->store, "flom", "alert", INT64_MAX), "two");
    assert_string_equal(latest(fixture, fixture->store, "flom", "alert", now_ms + 5000), "one");
    assert_string_equal(latest(fixture, fixture->store, "flom", "alert", now_ms), "none");
    assert_string_equal(latest(fixture, fixture->store, "flom", NULL, INT64_MAX), "three");
    assert_string_equal(latest(fixture, fixture->store, NULL, NULL, INT64_MAX), "three");
    assert_string_equal(latest(fixture, fixture->store, "storm", NULL, INT64_MAX), "none");
}

/* As the first release made it. */
static void make_old(struct fixture *fixture)
{
    sqlite3 *database;

    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            database,
            "DROP TABLE rehearsals; DROP INDEX approvers_entries;"
            "ALTER TABLE runs DROP COLUMN canary;"
            "ALTER TABLE deliveries DROP COLUMN is_canary; "
            "CREATE INDEX deliveries_by_state ON deliveries (run, state); PRAGMA user_version = 1;",
            NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void an_older_database_is_brought_up_to_date(void **state, enum store_access access)
{
    struct fixture *fixture = *state;
    struct run_record *runs;
    size_t count;

    make_old(fixture);
    struct store *first = open_second(fixture, access);
    assert_string_equal(latest(fixture, first, "flom", NULL, INT64_MAX), "none");
    assert_int_equal(store_runs(first, fixture->arena, &runs, &count, &fixture->error), 0);
    assert_int_equal(count, 0);
    store_close(first);
    fixture->store = open_second(fixture, STORE_WRITE);
    add(fixture, "one", "alert", now_ms);
    assert_string_equal(latest(fixture, fixture->store, "flom", NULL, INT64_MAX), "one");
}

static void by_who_writes_first(void **state)
{
    an_older_database_is_brought_up_to_date(state, STORE_WRITE);
}

static void by_who_reads_first(void **state)
{
    an_older_database_is_brought_up_to_date(state, STORE_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_latest_of_what_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(by_who_writes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(by_who_reads_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the store says and does when the file or the disk under it fails. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "store/store.h"

#include "entry_count.h"
#include "file_fixture.h"

enum { HEADER_USER_VERSION = 60, HEADER_APPLICATION_ID = 68, NOBODY = 65534, PAGES_MAX = 64 };

static int set_up(void **state)
{
    return set_up_file(state, "crisis.db");
}

static struct store *open_store(struct fixture *fixture, enum store_access access)
{
    struct store *store;

    assert_int_equal(store_open(fixture->path, access, &store, &fixture->error), 0);
    return store;
}

static void assert_refused(struct fixture *fixture, enum store_access access, const char *words)
{
    struct store *store;

    error_clear(&fixture->error);
    assert_int_equal(store_open(fixture->path, access, &store, &fixture->error), -1);
    assert_null(store);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    if (!strstr(fixture->error.message, words))
        fail_msg("'%s' does not say '%s'", fixture->error.message, words);
}

/* An entry with a body of that size. */
static int append(struct store *store, size_t size, struct error *error)
{
    char body[60001];
    struct text entry;

    memset(body, 'x', size);
    body[size] = '\0';
    entry_begin(&entry, ENTRY_REFUSED, "coordinator", 0);
    entry_add_body(&entry, body);
    int result = store_append(store, &entry, 1, error);
    text_release(&entry);
    return result;
}

/* --- files that are not what they should be ------------------------------------------------- */

static void make_database(struct fixture *fixture)
{
    struct store *store = open_store(fixture, STORE_CREATE);

    assert_int_equal(append(store, 10, &fixture->error), 0);
    store_close(store);
}

static void overwrite(const struct fixture *fixture, long offset, const void *bytes, size_t size)
{
    int file = open(fixture->path, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(file, bytes, size, offset), size);
    assert_int_equal(close(file), 0);
}

static void a_database_is_made_once(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;

    assert_refused(fixture, STORE_READ, "no such file");
    assert_refused(fixture, STORE_WRITE, "no such file");
    assert_true(fixture->error.next[0] != '\0');
    make_database(fixture);
    assert_refused(fixture, STORE_CREATE, "already");
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_folder_that_is_missing_is_named(void **state)
{
    struct fixture *fixture = *state;

    test_folder_file(&fixture->folder, "none/crisis.db", fixture->path);
    assert_refused(fixture, STORE_CREATE, "none/crisis.db");
}

static void what_is_no_database_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_true(test_folder_write(fixture->path, "This is some text, and long enough to be "
                                                 "looked at as the header of a database, which "
                                                 "has one hundred bytes."));
    assert_refused(fixture, STORE_READ, "damaged, or is none");
    assert_refused(fixture, STORE_WRITE, "damaged, or is none");
    assert_true(test_folder_write(fixture->path, ""));
    assert_refused(fixture, STORE_WRITE, "no database of crisis");
}

static void the_database_of_another_program_is_refused(void **state)
{
    struct fixture *fixture = *state;

    make_database(fixture);
    overwrite(fixture, HEADER_APPLICATION_ID, "\0\0\0\1", 4);
    assert_refused(fixture, STORE_WRITE, "no database of crisis");
}

static void the_database_of_a_newer_crisis_is_refused(void **state)
{
    struct fixture *fixture = *state;

    make_database(fixture);
    overwrite(fixture, HEADER_USER_VERSION, "\0\0\0\4", 4);
    assert_refused(fixture, STORE_WRITE, "newer crisis (version 4");
    assert_refused(fixture, STORE_READ, "newer crisis (version 4");
    assert_non_null(strstr(fixture->error.next, "newer"));
}

/* The first page of every table and index, from 0. */
static size_t find_pages(struct fixture *fixture, long pages[PAGES_MAX])
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    size_t count = 0;

    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(database, "SELECT rootpage FROM sqlite_schema", -1, &statement, NULL),
        SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW && count < PAGES_MAX)
        pages[count++] = (long)sqlite3_column_int64(statement, 0) - 1;
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    assert_in_range(count, 1, PAGES_MAX - 1);
    return count;
}

static void a_damaged_page_is_no_entry(void **state)
{
    struct fixture *fixture = *state;
    long pages[PAGES_MAX];
    char garbage[4096];
    size_t count = 0;

    make_database(fixture);
    memset(garbage, 0xee, sizeof(garbage));
    size_t page_count = find_pages(fixture, pages);
    for (size_t i = 0; i < page_count; i++) /* all but the schema's */
        overwrite(fixture, pages[i] * 4096, garbage, sizeof(garbage));
    struct store *store = open_store(fixture, STORE_WRITE);
    assert_int_equal(store_entries(store, 0, count_entry, &count, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->error.message, "damaged"));
    assert_non_null(strstr(fixture->error.next, "backup"));
    error_clear(&fixture->error);
    assert_int_equal(append(store, 10, &fixture->error), -1);
    assert_non_null(strstr(fixture->error.message, "damaged"));
    store_close(store);
}

/* --- rights --------------------------------------------------------------------------------- */

/* Runs act() as a user who may read the folder and no more; its result is the process's. */
static int as_reader(struct fixture *fixture, int (*act)(struct fixture *fixture))
{
    int status;

    assert_int_equal(chmod(fixture->folder.path, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(99);
        _exit(act(fixture));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int read_one_entry(struct fixture *fixture)
{
    struct store *store;
    size_t count = 0;

    if (store_open(fixture->path, STORE_READ, &store, &fixture->error) < 0)
        return 1;
    if (store_entries(store, 0, count_entry, &count, &fixture->error) < 0 || count != 1)
        return 2;
    /* And nothing can be changed with it. */
    if (append(store, 10, &fixture->error) == 0 ||
        !strstr(fixture->error.message, "may only be read"))
        return 3;
    store_close(store);
    return 0;
}

static int is_told_that_writing_is_not_allowed(struct fixture *fixture)
{
    struct store *store;

    if (store_open(fixture->path, STORE_WRITE, &store, &fixture->error) == 0)
        return 1;
    return strstr(fixture->error.message, "crisis.db") && fixture->error.next[0] ? 0 : 2;
}

static int is_told_what_reading_needs(struct fixture *fixture)
{
    struct store *store;

    if (store_open(fixture->path, STORE_READ, &store, &fixture->error) == 0)
        return 1;
    return strstr(fixture->error.message, "beside it") && strstr(fixture->error.next, "write") ? 0
                                                                                               : 2;
}

static void open_to_readers(const struct fixture *fixture)
{
    static const char *const names[] = {"crisis.db", "crisis.db-wal", "crisis.db-shm"};
    char path[TEST_PATH_SIZE + 64];

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(chmod(test_folder_file(&fixture->folder, names[i], path), 0444), 0);
}

static void who_may_only_read_can_read(void **state)
{
    struct fixture *fixture = *state;

    make_database(fixture);
    open_to_readers(fixture);
    assert_int_equal(as_reader(fixture, read_one_entry), 0);
}

static void who_may_only_read_can_read_beside_a_writer(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture, STORE_CREATE);

    assert_int_equal(append(store, 10, &fixture->error), 0);
    open_to_readers(fixture);
    assert_int_equal(as_reader(fixture, read_one_entry), 0);
    store_close(store);
}

static void who_may_only_read_cannot_write(void **state)
{
    struct fixture *fixture = *state;

    make_database(fixture);
    open_to_readers(fixture);
    assert_int_equal(as_reader(fixture, is_told_that_writing_is_not_allowed), 0);
}

static void reading_a_bare_copy_says_what_it_needs(void **state)
{
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];

    make_database(fixture);
    open_to_readers(fixture);
    assert_int_equal(unlink(test_folder_file(&fixture->folder, "crisis.db-shm", path)), 0);
    assert_int_equal(unlink(test_folder_file(&fixture->folder, "crisis.db-wal", path)), 0);
    assert_int_equal(as_reader(fixture, is_told_what_reading_needs), 0);
}

/* --- another process, no room --------------------------------------------------------------- */

static void a_database_that_is_held_is_named(void **state)
{
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];
    /* SQLite's lock of whoever writes to the WAL, as another process would have it. */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1};
    struct store *store = open_store(fixture, STORE_CREATE);

    test_folder_file(&fixture->folder, "crisis.db-shm", path);
    int file = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
    assert_int_equal(count_entries(store), 0); /* readers are never held up */
    assert_int_equal(append(store, 10, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->error.message, "another process holds the database"));
    assert_int_equal(close(file), 0);

    error_clear(&fixture->error);
    assert_int_equal(append(store, 10, &fixture->error), 0);
    store_close(store);
}

/* The most that a file of this process may hold: what a full disk is to it. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_undoes_the_step(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture, STORE_CREATE);
    struct stat status;
    char wal[TEST_PATH_SIZE + 64];

    assert_int_equal(append(store, 100, &fixture->error), 0);
    assert_int_equal(stat(test_folder_file(&fixture->folder, "crisis.db-wal", wal), &status), 0);
    limit_files((rlim_t)status.st_size + 20000);
    for (int i = 0; i < 3; i++) {
        error_clear(&fixture->error);
        assert_int_equal(append(store, 60000, &fixture->error), -1);
        assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
        assert_non_null(strstr(fixture->error.message, "no room"));
        assert_non_null(strstr(fixture->error.next, "free space"));
        assert_int_equal(count_entries(store), 1);
    }
    limit_files(RLIM_INFINITY);
    assert_int_equal(append(store, 60000, &fixture->error), 0);
    assert_int_equal(count_entries(store), 2);
    store_close(store);
}

static void a_database_that_cannot_be_made_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];
    struct store *store;

    limit_files(16 * 1024);
    int result = store_open(fixture->path, STORE_CREATE, &store, &fixture->error);
    limit_files(RLIM_INFINITY);
    assert_int_equal(result, -1);
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(access(test_folder_file(&fixture->folder, "crisis.db-wal", path), F_OK), -1);
    assert_int_equal(access(test_folder_file(&fixture->folder, "crisis.db-shm", path), F_OK), -1);
}

#define FAILURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAILURE_TEST(a_database_is_made_once),
        FAILURE_TEST(a_folder_that_is_missing_is_named),
        FAILURE_TEST(what_is_no_database_is_refused),
        FAILURE_TEST(the_database_of_another_program_is_refused),
        FAILURE_TEST(the_database_of_a_newer_crisis_is_refused),
        FAILURE_TEST(a_damaged_page_is_no_entry),
        FAILURE_TEST(who_may_only_read_can_read),
        FAILURE_TEST(who_may_only_read_can_read_beside_a_writer),
        FAILURE_TEST(who_may_only_read_cannot_write),
        FAILURE_TEST(reading_a_bare_copy_says_what_it_needs),
        FAILURE_TEST(a_database_that_is_held_is_named),
        FAILURE_TEST(a_full_disk_undoes_the_step),
        FAILURE_TEST(a_database_that_cannot_be_made_leaves_nothing),
    };
    /* A write over the limit is to fail, not to end the test. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

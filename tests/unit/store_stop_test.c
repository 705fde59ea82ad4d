#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/entry.h"

#include "entry_count.h"

static struct text entry_of(enum entry_type type)
{
    struct text entry;
    entry_begin(&entry, type, "coordinator", now_ms);
    return entry;
}

static void put_state(struct fixture *fixture, int64_t row, enum delivery_state state)
{
    const struct delivery_change change = {.row = row, .state = state, .attempts = 1};
    assert_int_equal(store_commit(fixture->store, &change, 1, now_ms, &fixture->error), 0);
}

static bool keep_row(void *context, const struct delivery_record *delivery)
{
    int64_t **next = context;
    *(*next)++ = delivery->row;
    return true;
}

/* A run of three deliveries, and their rows. */
static int64_t create_three(struct fixture *fixture, int64_t rows[3])
{
    int64_t *next = rows;
    int64_t run = create(fixture, "run");
    assert_int_equal(store_deliveries(fixture->store, run, keep_row, &next, &fixture->error), 0);
    assert_ptr_equal(next, rows + 3);
    return run;
}

static enum run_state state_of(struct fixture *fixture, const char *id)
{
    struct run_record run;
    bool found;
    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, id, &run, &found, &fixture->error), 0);
    assert_true(found);
    return run.state;
}

static size_t count_of(struct fixture *fixture, int64_t run, enum delivery_state state)
{
    size_t counts[DELIVERY_STATE_COUNT];
    assert_int_equal(store_delivery_counts(fixture->store, run, counts, &fixture->error), 0);
    return counts[state];
}

static bool stop(struct fixture *fixture, int64_t run, bool with_rest)
{
    struct text entry = entry_of(with_rest ? ENTRY_RUN_STOPPED : ENTRY_STOP_ASKED);
    bool marked;
    assert_int_equal(
        store_run_stop(fixture->store, run, with_rest, now_ms, &entry, &marked, &fixture->error),
        0);
    text_release(&entry);
    return marked;
}

/* --- on record ------------------------------------------------------------------------------- */

static void a_stop_stops_what_was_not_begun(void **state)
{
    struct fixture *fixture = *state;
    int64_t rows[3];
    int64_t run = create_three(fixture, rows);

    put_state(fixture, rows[0], DELIVERY_SENDING);
    put_state(fixture, rows[1], DELIVERY_WAITING);
    assert_true(stop(fixture, run, false)); /* asked: its sender still works */
    assert_int_equal(state_of(fixture, "run"), RUN_STOPPED);
    assert_int_equal(count_of(fixture, run, DELIVERY_STOPPED), 0);
    assert_true(stop(fixture, run, true));
    assert_int_equal(count_of(fixture, run, DELIVERY_STOPPED), 2);
    assert_int_equal(count_of(fixture, run, DELIVERY_SENDING), 1);
    assert_int_equal(count_entries(fixture->store), 3); /* the first is that of its creation */

    struct text entry = entry_of(ENTRY_RUN_RESUMED);
    assert_int_equal(store_run_resume(fixture->store, run, &entry, &fixture->error), 0);
    text_release(&entry);
    assert_int_equal(state_of(fixture, "run"), RUN_UNFINISHED);
    assert_int_equal(count_of(fixture, run, DELIVERY_QUEUED), 2);
    assert_int_equal(count_entries(fixture->store), 4);
}

static void another_run_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create(fixture, "run"), other = create(fixture, "other");

    assert_true(stop(fixture, run, true));
    assert_int_equal(state_of(fixture, "other"), RUN_UNFINISHED);
    assert_int_equal(count_of(fixture, other, DELIVERY_QUEUED), 3);
}

static void a_finished_run_is_not_stopped(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create(fixture, "run");

    assert_int_equal(
        store_run_set_state(fixture->store, run, RUN_FINISHED, now_ms, NULL, &fixture->error), 0);
    assert_false(stop(fixture, run, true));
    assert_int_equal(state_of(fixture, "run"), RUN_FINISHED);
    assert_int_equal(count_of(fixture, run, DELIVERY_QUEUED), 3);
    assert_int_equal(count_entries(fixture->store), 1);
}

static void the_version_tells_of_others_changes(void **state)
{
    struct fixture *fixture = *state;
    struct store *reader = open_second(fixture, STORE_READ);
    int64_t before, same, after;

    assert_int_equal(store_version(reader, &before, &fixture->error), 0);
    assert_int_equal(store_version(reader, &same, &fixture->error), 0);
    assert_int_equal(before, same);
    create(fixture, "run");
    assert_int_equal(store_version(reader, &after, &fixture->error), 0);
    assert_int_not_equal(before, after);
    store_close(reader);
}

/* --- asked for ------------------------------------------------------------------------------- */

static void ask(struct fixture *fixture, struct store *store, int64_t row)
{
    assert_int_equal(store_run_ask_stop(store, row, &fixture->error), 0);
}

static void a_stop_is_heard_by_who_has_the_run(void **state)
{
    struct fixture *fixture = *state;
    struct store *other = open_second(fixture, STORE_WRITE);
    struct run_holder holder;

    ask(fixture, other, 7); /* nobody has ever taken one: nothing happens */
    assert_false(store_run_stop_is_asked(fixture->store, 7));
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    assert_false(store_run_stop_is_asked(fixture->store, 7));
    ask(fixture, other, 8); /* another run */
    assert_false(store_run_stop_is_asked(fixture->store, 7));
    ask(fixture, other, 7);
    assert_true(store_run_stop_is_asked(fixture->store, 7));

    assert_true(store_run_holder(other, 7, &holder));
    assert_false(holder.has_halted);
    store_run_tell_halted(fixture->store, 7);
    assert_true(store_run_holder(other, 7, &holder));
    assert_true(holder.has_halted);
    ask(fixture, other, 7); /* again: that has not been heard */
    assert_true(store_run_holder(other, 7, &holder));
    assert_false(holder.has_halted);
    store_close(other);
}

static void a_stop_from_before_is_not_heard(void **state)
{
    struct fixture *fixture = *state;
    struct store *other = open_second(fixture, STORE_WRITE);

    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    ask(fixture, other, 7);
    store_unlock(fixture->store);
    assert_false(store_run_stop_is_asked(fixture->store, 7));
    assert_false(store_run_is_locked(other, 7));
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    assert_false(store_run_stop_is_asked(fixture->store, 7));
    ask(fixture, fixture->store, 7); /* asking does not let go of what this store has */
    assert_true(store_run_is_locked(other, 7));
    assert_true(store_run_stop_is_asked(fixture->store, 7));
    store_close(other);
}

static void the_holder_is_known_by_process_and_machine(void **state)
{
    struct fixture *fixture = *state;
    char words[RUN_HOLDER_WORDS_SIZE], expected[RUN_HOLDER_WORDS_SIZE], host[256] = "";
    struct run_holder holder;

    assert_false(store_run_holder(fixture->store, 7, &holder));
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    assert_true(store_run_holder(fixture->store, 7, &holder));
    run_holder_describe(&holder, words);
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    (void)snprintf(expected, sizeof(expected), "process %d on %.64s", (int)getpid(), host);
    assert_string_equal(words, expected);
    run_holder_describe(&(struct run_holder){0}, words);
    assert_string_equal(words, "another process");
}

static void a_lock_file_of_anything_is_no_lock(void **state)
{
    struct fixture *fixture = *state;
    char path[sizeof(fixture->path) + 8];
    struct run_holder holder;

    (void)snprintf(path, sizeof(path), "%s-lock", fixture->path);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    unsigned char garbage[4096];
    memset(garbage, 0xff, sizeof(garbage));
    assert_int_equal(write(file, garbage, sizeof(garbage)), sizeof(garbage));
    assert_int_equal(close(file), 0);
    assert_false(store_run_holder(fixture->store, 7, &holder));
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    assert_false(store_run_stop_is_asked(fixture->store, 7));
    ask(fixture, fixture->store, 7);
    assert_true(store_run_stop_is_asked(fixture->store, 7));
    assert_true(store_run_holder(fixture->store, 7, &holder));
    assert_int_equal(holder.process, getpid());
}

/* --- messages -------------------------------------------------------------------------------- */

static bool lock_message(struct fixture *fixture, struct store *store, const char *plan,
                         const char *message, enum run_mode mode)
{
    bool taken;
    assert_int_equal(store_message_lock(store, plan, message, mode, &taken, &fixture->error), 0);
    return taken;
}

static void a_message_is_sent_by_one(void **state)
{
    struct fixture *fixture = *state;
    struct store *other = open_second(fixture, STORE_WRITE);

    assert_true(lock_message(fixture, fixture->store, "flom", "alert", MODE_LIVE));
    assert_true(lock_message(fixture, fixture->store, "flom", "alert", MODE_LIVE)); /* ours */
    assert_false(lock_message(fixture, other, "flom", "alert", MODE_LIVE));
    assert_true(lock_message(fixture, other, "flom", "alert", MODE_EXERCISE));
    assert_true(lock_message(fixture, other, "flom", "cancel", MODE_LIVE));
    assert_true(lock_message(fixture, other, "skred", "alert", MODE_LIVE));
    store_unlock(fixture->store);
    assert_true(lock_message(fixture, other, "flom", "alert", MODE_LIVE));
    store_close(other);
}

static void a_killed_process_lets_go_of_all(void **state)
{
    struct fixture *fixture = *state;
    int ready[2], status;
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        struct error error = {0};
        bool taken = false;
        if (store_open(fixture->path, STORE_WRITE, &store, &error) == 0 &&
            store_run_lock(store, 7, &error) == 0)
            (void)store_message_lock(store, "flom", "alert", MODE_LIVE, &taken, &error);
        if (write(ready[1], taken ? "y" : "n", 1) == 1)
            (void)pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(kill(child, SIGSTOP), 0); /* suspended: it still has them */
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), -1);
    error_clear(&fixture->error);
    assert_false(lock_message(fixture, fixture->store, "flom", "alert", MODE_LIVE));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    assert_true(lock_message(fixture, fixture->store, "flom", "alert", MODE_LIVE));
    (void)close(ready[0]);
    (void)close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_stop_stops_what_was_not_begun),
        STORE_TEST(another_run_is_left_alone),
        STORE_TEST(a_finished_run_is_not_stopped),
        STORE_TEST(the_version_tells_of_others_changes),
        STORE_TEST(a_stop_is_heard_by_who_has_the_run),
        STORE_TEST(a_stop_from_before_is_not_heard),
        STORE_TEST(the_holder_is_known_by_process_and_machine),
        STORE_TEST(a_lock_file_of_anything_is_no_lock),
        STORE_TEST(a_message_is_sent_by_one),
        STORE_TEST(a_killed_process_lets_go_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

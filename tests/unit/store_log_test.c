#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "audit/merkle.h"
#include "base/limits.h"

#include "store_fixture.h"

/* --- the audit log -------------------------------------------------------------------------- */

struct log_seen {
    struct merkle_tree tree;
    uint64_t entries, heads;
    uint64_t last_size;
    unsigned char last_root[SHA256_SIZE];
    bool fine;
};

static bool check_entry(void *context, const struct stored_entry *entry)
{
    struct log_seen *seen = context;
    unsigned char leaf[SHA256_SIZE];
    const char *body;
    size_t body_size;

    merkle_leaf_hash(&seen->tree, entry->bytes, entry->size_bytes, leaf);
    seen->fine = seen->fine && entry->sequence == seen->entries &&
                 memcmp(leaf, entry->leaf_hash, SHA256_SIZE) == 0 &&
                 entry_read(entry->bytes, entry->size_bytes, NULL, NULL, &body, &body_size);
    merkle_append(&seen->tree, leaf);
    seen->entries++;
    return true;
}

static bool check_head(void *context, const struct stored_head *head)
{
    struct log_seen *seen = context;

    seen->fine = seen->fine && head->size > seen->last_size && head->unix_ms == now_ms;
    seen->last_size = head->size;
    memcpy(seen->last_root, head->root, SHA256_SIZE);
    seen->heads++;
    return true;
}

/* Recomputes the log, and compares it with the last head. */
static void assert_log(struct fixture *fixture, uint64_t entries, uint64_t heads)
{
    struct log_seen seen = {.fine = true};
    unsigned char root[SHA256_SIZE];

    merkle_init(&seen.tree);
    assert_int_equal(store_entries(fixture->store, 0, check_entry, &seen, &fixture->error), 0);
    assert_int_equal(store_heads(fixture->store, 0, check_head, &seen, &fixture->error), 0);
    merkle_root(&seen.tree, root);
    assert_true(seen.fine);
    assert_int_equal(seen.entries, entries);
    assert_int_equal(seen.heads, heads);
    assert_int_equal(seen.last_size, entries);
    if (heads > 0)
        assert_memory_equal(root, seen.last_root, SHA256_SIZE);
    merkle_release(&seen.tree);
}

static void append(struct store *store, size_t count)
{
    struct text entries[8] = {0};
    struct error error = {0};

    for (size_t i = 0; i < count; i++) {
        entry_begin(&entries[i], ENTRY_REFUSED, "coordinator", now_ms);
        entry_add_number(&entries[i], "number", (int64_t)i);
    }
    assert_int_equal(store_append(store, entries, count, &error), 0);
    for (size_t i = 0; i < count; i++)
        text_release(&entries[i]);
}

static void entries_are_numbered_and_hashed(void **state)
{
    struct fixture *fixture = *state;

    assert_log(fixture, 0, 0);
    append(fixture->store, 1);
    append(fixture->store, 8);
    assert_log(fixture, 9, 2);
    assert_int_equal(store_append(fixture->store, NULL, 0, &fixture->error), 0);
    assert_log(fixture, 9, 2);
}

static void two_stores_append_to_one_log(void **state)
{
    struct fixture *fixture = *state;
    struct store *second = open_second(fixture, STORE_WRITE);

    append(fixture->store, 3);
    append(second, 5);
    append(fixture->store, 2);
    append(fixture->store, 1);
    append(second, 1);
    store_close(second);
    assert_log(fixture, 12, 5);
    store_close(fixture->store);
    fixture->store = open_second(fixture, STORE_WRITE);
    append(fixture->store, 1);
    assert_log(fixture, 13, 6);
}

static void two_processes_append_to_one_log(void **state)
{
    enum { ROUNDS = 40 };
    struct fixture *fixture = *state;
    int status;

    pid_t child = fork();
    if (child == 0) {
        struct store *store = open_second(fixture, STORE_WRITE);
        for (int i = 0; i < ROUNDS; i++)
            append(store, 3);
        store_close(store);
        _exit(0);
    }
    struct store *store = open_second(fixture, STORE_WRITE);
    for (int i = 0; i < ROUNDS; i++)
        append(store, 2);
    store_close(store);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_log(fixture, ROUNDS * 5, ROUNDS * 2);
}

static void count_heads_and_entries(struct fixture *fixture, uint64_t *entries, uint64_t *heads)
{
    struct log_seen seen = {.fine = true};

    merkle_init(&seen.tree);
    assert_int_equal(store_entries(fixture->store, 0, check_entry, &seen, &fixture->error), 0);
    assert_int_equal(store_heads(fixture->store, 0, check_head, &seen, &fixture->error), 0);
    merkle_release(&seen.tree);
    *entries = seen.entries;
    *heads = seen.heads;
}

/* Killed in the middle of it: what was reported as done is there, and the log is whole. */
static void what_was_reported_survives_a_kill(void **state)
{
    struct fixture *fixture = *state;
    uint64_t entries, heads;
    int pipes[2], status;
    char told[30];

    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = open_second(fixture, STORE_WRITE);
        for (;;) {
            append(store, 4);
            if (write(pipes[1], "x", 1) != 1)
                _exit(1);
        }
    }
    for (size_t got = 0; got < sizeof(told);) {
        ssize_t more = read(pipes[0], told, sizeof(told) - got);
        assert_true(more > 0);
        got += (size_t)more;
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(close(pipes[0]), 0);
    assert_int_equal(close(pipes[1]), 0);
    count_heads_and_entries(fixture, &entries, &heads);
    assert_true(heads >= sizeof(told));
    assert_int_equal(entries, heads * 4);
    append(fixture->store, 1);
    assert_log(fixture, entries + 1, heads + 1);
}

static void changes_and_their_entries_stand_or_fall_together(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create(fixture, "run");
    struct seen seen = deliveries_of(fixture, run, 0);
    struct text fine, too_long;
    char body[AUDIT_ENTRY_MAX_BYTES + 1];

    memset(body, 'x', sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    entry_begin(&fine, ENTRY_OUTCOME, "dispatcher", now_ms);
    entry_begin(&too_long, ENTRY_OUTCOME, "dispatcher", now_ms);
    entry_add_body(&too_long, body);
    struct delivery_change changes[3] = {
        {.row = seen.rows[0], .state = DELIVERY_POSTED, .entry = &fine},
        {.row = seen.rows[1], .state = DELIVERY_POSTED},
        {.row = seen.rows[2], .state = DELIVERY_POSTED, .entry = &too_long},
    };
    assert_int_equal(store_commit(fixture->store, changes, 3, now_ms, &fixture->error), -1);
    assert_int_equal(deliveries_of(fixture, run, 0).states[0], DELIVERY_QUEUED);
    assert_log(fixture, 1, 1);

    changes[2] = (struct delivery_change){.row = 999, .state = DELIVERY_POSTED};
    assert_int_equal(store_commit(fixture->store, changes, 3, now_ms, &fixture->error), -1);
    assert_int_equal(deliveries_of(fixture, run, 0).states[0], DELIVERY_QUEUED);

    changes[2] =
        (struct delivery_change){.row = seen.rows[2], .state = DELIVERY_FAILED, .entry = &fine};
    assert_int_equal(store_commit(fixture->store, changes, 3, now_ms, &fixture->error), 0);
    assert_int_equal(deliveries_of(fixture, run, 0).states[2], DELIVERY_FAILED);
    assert_log(fixture, 3, 2); /* the tree was put back after the failures */
    text_release(&fine);
    text_release(&too_long);
}

/* --- locks ---------------------------------------------------------------------------------- */

static void a_run_is_taken_once(void **state)
{
    struct fixture *fixture = *state;
    struct store *second = open_second(fixture, STORE_WRITE);
    char process[32];

    assert_false(store_run_is_locked(fixture->store, 7));
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0); /* it is ours */
    assert_true(store_run_is_locked(fixture->store, 7));
    assert_true(store_run_is_locked(second, 7));
    assert_false(store_run_is_locked(second, 8));
    assert_int_equal(store_run_lock(second, 8, &fixture->error), 0);
    assert_int_equal(store_run_lock(second, 7, &fixture->error), -1);
    (void)snprintf(process, sizeof(process), "process %d", (int)getpid());
    assert_non_null(strstr(fixture->error.message, process));

    store_close(fixture->store);
    fixture->store = NULL;
    assert_false(store_run_is_locked(second, 7));
    error_clear(&fixture->error);
    assert_int_equal(store_run_lock(second, 7, &fixture->error), 0);
    store_close(second);
}

static void a_lock_ends_with_its_process(void **state)
{
    struct fixture *fixture = *state;
    int status;

    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        struct error error = {0};
        bool taken = store_open(fixture->path, STORE_WRITE, &store, &error) == 0 &&
                     store_run_lock(store, 7, &error) == 0;
        _exit(taken ? 0 : 1); /* without closing: as if it had died */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(store_run_is_locked(fixture->store, 7));
    assert_int_equal(store_run_lock(fixture->store, 7, &fixture->error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(entries_are_numbered_and_hashed),
        STORE_TEST(two_stores_append_to_one_log),
        STORE_TEST(two_processes_append_to_one_log),
        STORE_TEST(what_was_reported_survives_a_kill),
        STORE_TEST(changes_and_their_entries_stand_or_fall_together),
        STORE_TEST(a_run_is_taken_once),
        STORE_TEST(a_lock_ends_with_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

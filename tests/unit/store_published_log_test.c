/* The published log while it grows, what it refuses, and what it mends. */
#include <sys/wait.h>

#include <sqlite3.h>

#include "log_folder.h"
#include "property.h"

/* --- growing --------------------------------------------------------------------------------- */

static void an_empty_store_has_a_log(void **state)
{
    struct log_folder *log = *state;

    assert_int_equal(log_update(log), 0);
    assert_published(log, 0);
    assert_files(log, 0);
    log_grow(log, 1);
    assert_published(log, 1);
}

static void a_log_grows_in_any_steps(void **state)
{
    struct log_folder *log = *state;
    uint64_t random = 1, size = 0;

    for (int round = 0; round < 25; round++) {
        uint64_t step = 1 + property_below(&random, round % 5 == 0 ? 600 : 90);
        log_grow(log, step);
        size += step;
        assert_published(log, size);
        assert_files(log, size);
        if (round % 4 == 0) { /* another process goes on */
            published_log_close(log->log);
            assert_int_equal(
                published_log_open(log->path, log_origin, log_seed, &log->log, &log->error), 0);
        }
    }
}

static void sizes_round_a_full_tile(void **state)
{
    struct log_folder *log = *state;

    log_grow(log, 255);
    assert_files(log, 255);
    for (uint64_t size = 256; size < 259; size++) {
        log_grow(log, 1);
        assert_published(log, size);
        assert_files(log, size);
    }
    log_grow(log, 253);
    assert_published(log, 511);
    log_grow(log, 1);
    assert_published(log, 512);
    assert_files(log, 512);
}

static void more_than_one_level_of_full_tiles(void **state)
{
    struct log_folder *log = *state;

    log_grow(log, 65535);
    log_grow(log, 1);
    assert_published(log, 65536);
    assert_true(is_there(log, "tile/1/000") && is_there(log, "tile/2/000.p/1"));
    assert_false(is_there(log, "tile/1/000.p"));
    log_grow(log, 300);
    assert_published(log, 65836);
}

/* --- two at a time ---------------------------------------------------------------------------- */

static void two_processes_publish_one_log(void **state)
{
    enum { ROUNDS = 15 };
    struct log_folder *log = *state;
    int status;

    store_close(log->store); /* SQLite's locks do not survive a fork */
    log->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        struct published_log *own;
        struct store *store;
        struct error error = {0};
        int result = store_open(log->store_path, STORE_WRITE, &store, &error);
        result =
            result < 0 ? -1 : published_log_open(log->path, log_origin, log_seed, &own, &error);
        for (int i = 0; i < ROUNDS && result == 0; i++) {
            log_append_to(store, 30, "dispatcher");
            result = published_log_update(own, store, &error);
        }
        _exit(result == 0 ? 0 : 1);
    }
    assert_int_equal(store_open(log->store_path, STORE_WRITE, &log->store, &log->error), 0);
    for (int i = 0; i < ROUNDS; i++)
        log_grow(log, 20);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(log_update(log), 0);
    assert_published(log, (uint64_t)ROUNDS * 50);
    assert_files(log, (uint64_t)ROUNDS * 50);
}

/* --- what is refused ------------------------------------------------------------------------- */

static void assert_refused(struct log_folder *log, struct store *store, const char *words)
{
    struct text before, after;
    char path[LOG_PATH_SIZE];

    log_read(log_path(log, "checkpoint", path), &before);
    for (int i = 0; i < 2; i++) {
        error_clear(&log->error);
        assert_int_equal(i == 0 ? published_log_update(log->log, store, &log->error)
                                : published_log_rebuild(log->log, store, &log->error),
                         -1);
        assert_int_equal(log->error.kind, ERROR_VERIFICATION);
        assert_non_null(strstr(log->error.message, words));
        assert_non_null(strstr(log->error.message, "nothing more is published"));
        assert_non_null(strstr(log->error.next, "another log origin"));
    }
    log_read(path, &after);
    assert_string_equal(before.bytes, after.bytes);
    text_release(&before);
    text_release(&after);
    assert_int_equal(log_verify(log), 0);
}

static void reopen(struct log_folder *log)
{
    published_log_close(log->log);
    assert_int_equal(published_log_open(log->path, log_origin, log_seed, &log->log, &log->error),
                     0);
}

/* A backup was restored: first it is shorter, then it grows over the published size. */
static void a_store_that_is_shorter_is_refused(void **state)
{
    struct log_folder *log = *state;
    struct store *restored;
    char path[LOG_PATH_SIZE];

    log_grow(log, 300);
    test_folder_file(&log->folder, "restored.db", path);
    assert_int_equal(store_open(path, STORE_CREATE, &restored, &log->error), 0);
    log_append_to(restored, 280, "coordinator");
    assert_refused(log, restored, "the store has 280 entries");
    reopen(log);
    assert_refused(log, restored, "the store has 280 entries");
    log_append_to(restored, 20, "coordinator");
    assert_refused(log, restored, "not those that were published");
    log_append_to(restored, 1, "coordinator");
    reopen(log);
    assert_refused(log, restored, "not those that were published");
    store_close(restored);
    assert_int_equal(log_update(log), 0);
    assert_published(log, 300);
}

static void an_empty_store_is_refused(void **state)
{
    struct log_folder *log = *state;
    struct store *restored;
    char path[LOG_PATH_SIZE];

    log_grow(log, 256);
    test_folder_file(&log->folder, "restored.db", path);
    assert_int_equal(store_open(path, STORE_CREATE, &restored, &log->error), 0);
    assert_refused(log, restored, "the store has 0 entries");
    store_close(restored);
}

/* Changed behind the store's back: only the entry's bytes, all heads as they were. */
static void a_changed_entry_is_refused(void **state)
{
    struct log_folder *log = *state;
    sqlite3 *database;

    log_grow(log, 300);
    assert_int_equal(sqlite3_open(log->store_path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database,
                                  "UPDATE entries SET bytes = replace(bytes, 'coord', 'koord') "
                                  "WHERE sequence = 299",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    log_append(log, 5);
    assert_refused(log, log->store, "not those that were published");
}

static void another_key_or_origin_is_refused(void **state)
{
    const unsigned char other_seed[ED25519_SEED_SIZE] = {9};
    struct log_folder *log = *state;
    struct published_log *other;

    log_grow(log, 3);
    for (int i = 0; i < 2; i++) {
        error_clear(&log->error);
        assert_int_equal(published_log_open(log->path, i == 0 ? log_origin : "other.example",
                                            i == 0 ? other_seed : log_seed, &other, &log->error),
                         0);
        assert_int_equal(published_log_update(other, log->store, &log->error), -1);
        assert_int_equal(log->error.kind, ERROR_VERIFICATION);
        assert_non_null(strstr(log->error.message, "of another key"));
        published_log_close(other);
    }
    error_clear(&log->error);
    assert_int_equal(published_log_open(log->path, "no origin", log_seed, &other, &log->error), -1);
    assert_int_equal(log->error.kind, ERROR_INPUT);
    assert_null(other);
}

static void a_damaged_checkpoint_is_refused(void **state)
{
    struct log_folder *log = *state;
    char path[LOG_PATH_SIZE];

    log_grow(log, 3);
    log_write(log_path(log, "checkpoint", path), "x", 1);
    log_append(log, 1);
    assert_int_equal(log_update(log), -1);
    assert_int_equal(log->error.kind, ERROR_VERIFICATION);
    assert_true(log->error.next[0] != '\0');
}

/* --- mending --------------------------------------------------------------------------------- */

static void lost_tiles_come_back(void **state)
{
    static const char *const names[] = {"tile/1/000.p/1",        "tile/0/000",
                                        "tile/entries/000",      "tile/0/001.p/44",
                                        "tile/entries/001.p/44", "log.vkey"};
    struct log_folder *log = *state;
    char path[LOG_PATH_SIZE];

    log_grow(log, 300);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        log_write(log_path(log, names[i], path), "x", 1);
        if (strcmp(names[i], "log.vkey") == 0)
            assert_int_equal(unlink(path), 0);
        assert_int_equal(log_verify(log), -1);
        error_clear(&log->error);
        assert_int_equal(published_log_rebuild(log->log, log->store, &log->error), 0);
        assert_published(log, 300);
    }
    /* Growth that needs a damaged tile makes all anew by itself. */
    log_write(log_path(log, "tile/1/000.p/1", path), "x", 1);
    log_grow(log, 300);
    assert_published(log, 600);
}

static void what_a_crash_left_is_swept(void **state)
{
    static const char *const names[] = {"checkpoint.new-AbCdEf", "tile/0/000.p/9.new-123456",
                                        "tile/0/000.p/77", "tile/0/004", "tile/entries/000.p/8"};
    struct log_folder *log = *state;
    char path[LOG_PATH_SIZE];

    log_grow(log, 7);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        log_write(log_path(log, names[i], path), "x", 1);
    reopen(log);
    assert_int_equal(log_update(log), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_false(is_there(log, names[i]));
    assert_published(log, 7);
}

/* --- witnesses ------------------------------------------------------------------------------- */

static void cosignatures_join_the_checkpoint(void **state)
{
    struct log_folder *log = *state;
    const unsigned char seed[ED25519_SEED_SIZE] = {5};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct ed25519_key *key;
    struct note_vkey keys[2] = {log->key};
    struct note_check checks[2];
    struct text bytes, lines;
    struct note note;
    struct proof proof;
    struct checkpoint old, now;
    uint64_t size;

    text_init(&bytes, NOTE_MAX_BYTES);
    text_init(&lines, NOTE_MAX_BYTES);
    assert_int_equal(ed25519_key_new(seed, &key, &log->error), 0);
    ed25519_key_public(key, public_key);
    assert_int_equal(
        note_vkey_init(&keys[1], "w.example", NOTE_COSIGNATURE, public_key, &log->error), 0);
    log_grow(log, 260);
    assert_int_equal(published_log_checkpoint(log->log, &bytes, &old, &log->error), 0);
    size_t text_size = (size_t)(strstr(bytes.bytes, "\n\n") - bytes.bytes) + 1;
    for (uint64_t time = 7; time < 9; time++) { /* the later takes the place of the earlier */
        text_reset(&lines);
        assert_int_equal(
            note_add_signature(&lines, bytes.bytes, text_size, &keys[1], key, time, &log->error),
            0);
        assert_int_equal(published_log_add_cosignatures(log->log, bytes.bytes, text_size,
                                                        lines.bytes, lines.length, &log->error),
                         0);
    }
    text_reset(&bytes);
    assert_int_equal(published_log_checkpoint(log->log, &bytes, NULL, &log->error), 0);
    assert_int_equal(note_parse(bytes.bytes, bytes.length, &note, &log->error), 0);
    assert_int_equal(note.signature_count, 2);
    assert_int_equal(note_verify(&note, keys, 2, checks, &log->error), 0);
    assert_true(checks[0].is_signed && checks[1].is_signed && checks[1].unix_seconds == 8);
    assert_published(log, 260);

    log_grow(log, 400);
    text_size = note.text_size;
    assert_int_equal(published_log_add_cosignatures(log->log, bytes.bytes, text_size, lines.bytes,
                                                    lines.length, &log->error),
                     0);
    text_reset(&lines);
    assert_int_equal(published_log_checkpoint(log->log, &lines, &now, &log->error), 0);
    assert_null(strstr(lines.bytes, "w.example")); /* they were for the one before */
    assert_int_equal(published_log_consistency(log->log, 260, &proof, &size, &log->error), 0);
    assert_true(proof_consistency_holds(&proof, old.size, old.root, now.size, now.root));
    ed25519_key_free(key);
    text_release(&bytes);
    text_release(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(an_empty_store_has_a_log),
        LOG_TEST(a_log_grows_in_any_steps),
        LOG_TEST(sizes_round_a_full_tile),
        LOG_TEST(more_than_one_level_of_full_tiles),
        LOG_TEST(two_processes_publish_one_log),
        LOG_TEST(a_store_that_is_shorter_is_refused),
        LOG_TEST(an_empty_store_is_refused),
        LOG_TEST(a_changed_entry_is_refused),
        LOG_TEST(another_key_or_origin_is_refused),
        LOG_TEST(a_damaged_checkpoint_is_refused),
        LOG_TEST(lost_tiles_come_back),
        LOG_TEST(what_a_crash_left_is_swept),
        LOG_TEST(cosignatures_join_the_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

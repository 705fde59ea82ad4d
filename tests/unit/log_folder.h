/* A store, and the log that is published from it into the folder "audit" beside it. */
#ifndef CRISIS_TESTS_UNIT_LOG_FOLDER_H
#define CRISIS_TESTS_UNIT_LOG_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "audit/tile.h"
#include "base/file.h"
#include "store/log_reader.h"
#include "store/published_log.h"

#include "test_folder.h"

enum { LOG_PATH_SIZE = TEST_PATH_SIZE + 64, LOG_FILES_MAX = 700 };

static const char log_origin[] = "krise.example.no/audit";
static const unsigned char log_seed[ED25519_SEED_SIZE] = {1, 2, 3};
static const int64_t log_time_ms = INT64_C(1795403052123);

struct log_folder {
    struct test_folder folder;
    char store_path[LOG_PATH_SIZE], path[LOG_PATH_SIZE];
    struct store *store;
    struct published_log *log;
    struct note_vkey key;
    struct error error;
};

static inline void log_folder_open(struct log_folder *log)
{
    struct ed25519_key *key;
    unsigned char public_key[ED25519_PUBLIC_SIZE];

    memset(log, 0, sizeof(*log));
    assert_true(test_folder_make(&log->folder));
    test_folder_file(&log->folder, "crisis.db", log->store_path);
    test_folder_file(&log->folder, "audit", log->path);
    assert_int_equal(store_open(log->store_path, STORE_CREATE, &log->store, &log->error), 0);
    assert_int_equal(published_log_open(log->path, log_origin, log_seed, &log->log, &log->error),
                     0);
    assert_int_equal(ed25519_key_new(log_seed, &key, &log->error), 0);
    ed25519_key_public(key, public_key);
    ed25519_key_free(key);
    assert_int_equal(note_vkey_init(&log->key, log_origin, NOTE_ED25519, public_key, &log->error),
                     0);
}

static inline void log_folder_close(struct log_folder *log)
{
    published_log_close(log->log);
    store_close(log->store);
    test_folder_remove(&log->folder);
}

static int log_folder_set_up(void **state)
{
    struct log_folder *log = calloc(1, sizeof(*log));

    log_folder_open(log);
    *state = log;
    return 0;
}

static int log_folder_tear_down(void **state)
{
    log_folder_close(*state);
    free(*state);
    return 0;
}

#define LOG_TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, log_folder_set_up, log_folder_tear_down)

/* Appends entries with consecutive numbers, in one transaction. */
static inline void log_append_to(struct store *store, uint64_t count, const char *actor)
{
    struct text *entries = calloc(count, sizeof(*entries));
    struct error error = {0};

    for (uint64_t i = 0; i < count; i++) {
        entry_begin(&entries[i], ENTRY_REFUSED, actor, log_time_ms);
        entry_add_number(&entries[i], "number", (int64_t)i);
    }
    if (store_append(store, entries, count, &error) < 0)
        fail_msg("%s", error.message);
    for (uint64_t i = 0; i < count; i++)
        text_release(&entries[i]);
    free(entries);
}

static inline void log_append(struct log_folder *log, uint64_t count)
{
    log_append_to(log->store, count, "coordinator");
}

static inline int log_update(struct log_folder *log)
{
    error_clear(&log->error);
    return published_log_update(log->log, log->store, &log->error);
}

static inline int log_verify(struct log_folder *log)
{
    struct log_reading reading;

    error_clear(&log->error);
    return log_reader_verify(log->path, &log->key, &reading, &log->error);
}

static inline int log_compare(struct log_folder *log, struct log_reading *out)
{
    error_clear(&log->error);
    return log_reader_compare(log->path, &log->key, log->store, out, &log->error);
}

/* The log holds all that the store has, and nothing is wrong with it. */
static inline void assert_published(struct log_folder *log, uint64_t size)
{
    struct log_reading reading;

    if (log_compare(log, &reading) < 0)
        fail_msg("%s", log->error.message);
    assert_int_equal(reading.checkpoint.size, size);
    assert_int_equal(reading.unpublished, 0);
}

static inline void log_grow(struct log_folder *log, uint64_t count)
{
    log_append(log, count);
    if (log_update(log) < 0)
        fail_msg("%s", log->error.message);
}

/* --- files ----------------------------------------------------------------------------------- */

static inline const char *log_path(const struct log_folder *log, const char *name,
                                   char out[LOG_PATH_SIZE])
{
    int length = snprintf(out, LOG_PATH_SIZE, "%s/%s", log->path, name);

    assert_true(length > 0 && length < LOG_PATH_SIZE);
    return out;
}

static inline void log_read(const char *path, struct text *out)
{
    struct error error = {0};

    assert_int_equal(file_read(path, BUNDLE_MAX_BYTES, out, &error), 0);
}

static inline void log_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

struct log_list {
    size_t count;
    char paths[LOG_FILES_MAX][LOG_PATH_SIZE];
};

static struct log_list *log_listing;
static size_t log_copy_start;
static const char *log_copy_to;

static inline int log_list_one(const char *path, const struct stat *status, int kind,
                               struct FTW *at)
{
    (void)status;
    if (kind == FTW_F && path[at->base] != '.') {
        assert_true(log_listing->count < LOG_FILES_MAX);
        (void)snprintf(log_listing->paths[log_listing->count++], LOG_PATH_SIZE, "%s", path);
    }
    return 0;
}

/* All files of the log but the lock, in no order. */
static inline void log_list(const struct log_folder *log, struct log_list *out)
{
    out->count = 0;
    log_listing = out;
    assert_int_equal(nftw(log->path, log_list_one, 16, FTW_PHYS), 0);
}

static inline bool is_there(const struct log_folder *log, const char *name)
{
    char path[LOG_PATH_SIZE];

    return access(log_path(log, name, path), F_OK) == 0;
}

static inline int assert_tile(void *context, const struct tile *tile)
{
    char name[TILE_PATH_SIZE];

    tile_path(tile, name);
    assert_true(is_there(context, name));
    return 0;
}

/* All tiles of the size are there, and no partial one of a full tile. */
static inline void assert_files(struct log_folder *log, uint64_t size)
{
    struct log_list *list = calloc(1, sizeof(*list));
    struct tile tile;

    assert_int_equal(tile_growth(0, size, assert_tile, log), 0);
    log_list(log, list);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->paths[i] + strlen(log->path) + 1;
        if (strcmp(name, "checkpoint") == 0 || strcmp(name, "log.vkey") == 0)
            continue;
        assert_true(tile_path_parse(name, &tile));
        unsigned width = tile_width_at(size, tile.level, tile.index);
        assert_true(tile.width <= width);
        assert_true(tile.width == TILE_WIDTH || width < TILE_WIDTH);
    }
    free(list);
}

static inline int log_copy_one(const char *path, const struct stat *status, int kind,
                               struct FTW *at)
{
    char to[2 * LOG_PATH_SIZE];
    struct text bytes;

    (void)status;
    (void)at;
    (void)snprintf(to, sizeof(to), "%s%s", log_copy_to, path + log_copy_start);
    if (kind == FTW_D)
        return mkdir(to, 0755);
    log_read(path, &bytes);
    log_write(to, bytes.bytes, bytes.length);
    text_release(&bytes);
    return 0;
}

/* Makes `to` a copy of the folder `from`; what was there goes. */
static inline void log_copy(const char *from, const char *to)
{
    (void)nftw(to, test_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    log_copy_start = strlen(from);
    log_copy_to = to;
    assert_int_equal(nftw(from, log_copy_one, 16, FTW_PHYS), 0);
}

#endif

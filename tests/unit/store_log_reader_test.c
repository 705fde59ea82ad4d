/* What is wrong with a published log is found, whatever it is, and named. */
#include "log_folder.h"
#include "property.h"

enum { SIZE = 290, ROUNDS = 2400 };

/* --- changes --------------------------------------------------------------------------------- */

struct file {
    const char *path;
    struct text bytes;
};

static bool is_earlier_partial(const struct log_folder *log, const char *path)
{
    struct tile tile;

    return tile_path_parse(path + strlen(log->path) + 1, &tile) &&
           tile.width < tile_width_at(SIZE, tile.level, tile.index);
}

static void swap_bytes(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

/* Two pieces of the same size change places. False when they are the same. */
static bool reorder(struct text *bytes, uint64_t *random)
{
    size_t size = bytes->length % SHA256_SIZE == 0 ? SHA256_SIZE : 1 + property_below(random, 8);

    if (bytes->length < 2 * size)
        return false;
    size_t slots = bytes->length / size;
    char *a = bytes->bytes + property_below(random, slots) * size;
    char *b = bytes->bytes + property_below(random, slots) * size;
    if (memcmp(a, b, size) == 0)
        return false;
    swap_bytes(a, b, size);
    return true;
}

/* Changes the bytes of a file in one of the ways; false when nothing has changed. */
static bool change(struct text *bytes, uint64_t *random)
{
    if (bytes->length == 0)
        return false;
    size_t at = property_below(random, bytes->length);
    switch (property_below(random, 5)) {
    case 0:
        bytes->bytes[at] = (char)(bytes->bytes[at] ^ (1 << property_below(random, 8)));
        return true;
    case 1:
        text_truncate(bytes, at);
        return true;
    case 2:
        return reorder(bytes, random);
    case 3: { /* some bytes are cut out */
        size_t size = 1 + property_below(random, bytes->length - at);
        memmove(bytes->bytes + at, bytes->bytes + at + size, bytes->length - at - size);
        text_truncate(bytes, bytes->length - size);
        return true;
    }
    default:
        text_add_char(bytes, (char)property_below(random, 256));
        return !bytes->overflowed;
    }
}

static void make_log(struct log_folder *log)
{
    static const uint64_t steps[] = {3, 100, 153, 10, 20, 4};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        log_grow(log, steps[i]);
    assert_published(log, SIZE);
}

static void every_change_is_found(void **state)
{
    struct log_folder *log = *state;
    struct log_list *list = calloc(1, sizeof(*list));
    uint64_t random = 11;
    struct text before, after;
    size_t changes = 0;

    make_log(log);
    log_list(log, list);
    assert_true(list->count >= 10);
    for (int round = 0; round < ROUNDS && list->count > 0; round++) {
        const char *path = list->paths[property_below(&random, list->count)];
        log_read(path, &before);
        text_init(&after, BUNDLE_MAX_BYTES);
        text_add_bytes(&after, before.bytes, before.length);
        if (change(&after, &random)) {
            log_write(path, after.bytes, after.length);
            if (log_verify(log) == 0)
                fail_msg("round %d: a change of %s was not found", round, path);
            assert_int_equal(log->error.kind, ERROR_VERIFICATION);
            log_write(path, before.bytes, before.length);
            changes++;
        }
        text_release(&before);
        text_release(&after);
    }
    assert_true(changes > ROUNDS * 3 / 4);
    assert_published(log, SIZE);
    free(list);
}

static void every_missing_or_exchanged_file_is_found(void **state)
{
    struct log_folder *log = *state;
    struct log_list *list = calloc(1, sizeof(*list));
    struct text a, b;

    make_log(log);
    log_list(log, list);
    for (size_t i = 0; i < list->count; i++) {
        log_read(list->paths[i], &a);
        if (!is_earlier_partial(log, list->paths[i])) { /* nobody can know of those */
            assert_int_equal(unlink(list->paths[i]), 0);
            assert_int_equal(log_verify(log), -1);
            log_write(list->paths[i], a.bytes, a.length);
        }
        for (size_t j = 0; j < i; j++) {
            log_read(list->paths[j], &b);
            log_write(list->paths[i], b.bytes, b.length);
            log_write(list->paths[j], a.bytes, a.length);
            assert_true(log_verify(log) == -1 ||
                        (a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0));
            log_write(list->paths[i], a.bytes, a.length);
            log_write(list->paths[j], b.bytes, b.length);
            text_release(&b);
        }
        text_release(&a);
    }
    assert_published(log, SIZE);
    free(list);
}

/* --- what is named --------------------------------------------------------------------------- */

static void the_first_entry_that_does_not_fit_is_named(void **state)
{
    static const uint64_t entries[] = {0, 1, 137, 255, 256, 289};
    struct log_folder *log = *state;
    char path[LOG_PATH_SIZE], words[32];
    struct text bytes;

    make_log(log);
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        log_path(log, entries[i] < 256 ? "tile/entries/000" : "tile/entries/001.p/34", path);
        log_read(path, &bytes);
        char *at = bytes.bytes;
        for (uint64_t entry = entries[i] / 256 * 256;; entry++) {
            (void)snprintf(words, sizeof(words), "sequence %d\n", (int)entry);
            at = memmem(at, bytes.length - (size_t)(at - bytes.bytes), words, strlen(words));
            assert_non_null(at);
            if (entry == entries[i])
                break;
        }
        char *actor = memmem(at, 200, "coordinator", 11);
        assert_non_null(actor);
        actor[0] = 'k';
        log_write(path, bytes.bytes, bytes.length);
        (void)snprintf(words, sizeof(words), "entry %d and its hash", (int)entries[i]);
        assert_int_equal(log_verify(log), -1);
        assert_non_null(strstr(log->error.message, words));
        assert_true(log->error.next[0] != '\0');
        actor[0] = 'c';
        log_write(path, bytes.bytes, bytes.length);
        text_release(&bytes);
    }
    assert_int_equal(log_verify(log), 0);
}

/* A whole log that was forged with the same words, but not with the key. */
static void a_forged_log_does_not_fit_the_checkpoint(void **state)
{
    struct log_folder *log = *state, forged;
    char path[LOG_PATH_SIZE], other[LOG_PATH_SIZE];
    struct text checkpoint;

    make_log(log);
    log_folder_open(&forged);
    log_append_to(forged.store, SIZE, "dispatcher");
    assert_int_equal(log_update(&forged), 0);
    log_read(log_path(log, "checkpoint", path), &checkpoint);
    log_write(log_path(&forged, "checkpoint", other), checkpoint.bytes, checkpoint.length);
    text_release(&checkpoint);
    assert_int_equal(log_verify(&forged), -1);
    assert_non_null(strstr(forged.error.message, "the signed checkpoint is of others"));
    log_folder_close(&forged);
}

static void another_key_than_the_expected_is_named(void **state)
{
    struct log_folder *log = *state;
    struct log_reading reading;
    struct note_vkey other = log->key;

    make_log(log);
    assert_int_equal(log_reader_verify(log->path, NULL, &reading, &log->error), 0);
    assert_string_equal(reading.key.name, log_origin);
    other.public_key[3] ^= 1;
    assert_int_equal(log_reader_verify(log->path, &other, &reading, &log->error), -1);
    assert_non_null(strstr(log->error.message, "not the expected one"));
}

static void the_store_is_compared_both_ways(void **state)
{
    struct log_folder *log = *state, other;
    struct log_reading reading;

    make_log(log);
    log_append(log, 7);
    assert_int_equal(log_compare(log, &reading), 0);
    assert_int_equal(reading.unpublished, 7);

    log_folder_open(&other);
    log_append_to(other.store, 3, "coordinator");
    assert_int_equal(log_reader_compare(log->path, &log->key, other.store, &reading, &log->error),
                     -1);
    assert_non_null(strstr(log->error.message, "the store lacks entry 3"));
    log_append_to(other.store, 400, "dispatcher");
    error_clear(&log->error);
    assert_int_equal(log_reader_compare(log->path, &log->key, other.store, &reading, &log->error),
                     -1);
    assert_non_null(strstr(log->error.message, "entry 3 is another one in the store"));
    log_folder_close(&other);
}

/* --- proofs ---------------------------------------------------------------------------------- */

static void every_entry_is_proven(void **state)
{
    struct log_folder *log = *state;
    const struct proof_policy policy = {.log = log->key};
    struct proof_verdict verdict;
    struct text proof, entry;

    make_log(log);
    text_init(&proof, PROOF_FILE_MAX_BYTES);
    text_init(&entry, BUNDLE_MAX_BYTES);
    for (uint64_t index = 0; index < SIZE; index++) {
        text_reset(&proof);
        text_reset(&entry);
        assert_int_equal(log_reader_prove(log->path, &log->key, index, &proof, &entry, &log->error),
                         0);
        assert_int_equal(proof_file_verify(proof.bytes, proof.length, entry.bytes, entry.length,
                                           &policy, &verdict, &log->error),
                         0);
        assert_int_equal(verdict.index, index);
    }
    assert_int_equal(log_reader_prove(log->path, &log->key, SIZE, &proof, NULL, &log->error), -1);
    assert_int_equal(log->error.kind, ERROR_INPUT);
    text_release(&proof);
    text_release(&entry);
}

static void earlier_checkpoints_are_recognised(void **state)
{
    struct log_folder *log = *state;
    struct checkpoint earlier[20];
    struct log_reading reading;
    struct text ignored;

    text_init(&ignored, NOTE_MAX_BYTES);
    for (int i = 0; i < 20; i++) {
        log_grow(log, 31);
        text_reset(&ignored);
        assert_int_equal(published_log_checkpoint(log->log, &ignored, &earlier[i], &log->error), 0);
    }
    assert_int_equal(log_reader_verify(log->path, &log->key, &reading, &log->error), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(log_reader_extends(log->path, &reading, &earlier[i], &log->error), 0);
    earlier[3].root[0] ^= 1;
    assert_int_equal(log_reader_extends(log->path, &reading, &earlier[3], &log->error), -1);
    error_clear(&log->error);
    reading.checkpoint.size = 600;
    assert_int_equal(log_reader_extends(log->path, &reading, &earlier[19], &log->error), -1);
    assert_non_null(strstr(log->error.message, "had 620 entries"));
    text_release(&ignored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(every_change_is_found),
        LOG_TEST(every_missing_or_exchanged_file_is_found),
        LOG_TEST(the_first_entry_that_does_not_fit_is_named),
        LOG_TEST(a_forged_log_does_not_fit_the_checkpoint),
        LOG_TEST(another_key_than_the_expected_is_named),
        LOG_TEST(the_store_is_compared_both_ways),
        LOG_TEST(every_entry_is_proven),
        LOG_TEST(earlier_checkpoints_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

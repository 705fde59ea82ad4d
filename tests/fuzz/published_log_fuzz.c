/* A published log, one of whose files was changed: whoever reads it finds out, whatever the change.
 * The bytes: which file, and an edit. */
#include "audit/entry.h"
#include "audit/tile.h"
#include "base/file.h"
#include "store/log_reader.h"
#include "store/published_log.h"

#include "../unit/test_folder.h"
#include "fuzz.h"

enum { ENTRIES = TILE_WIDTH + 2, FILES_MAX = 8, PATH_SIZE = TEST_PATH_SIZE + 64 };

static const char origin[] = "krise.example.no/audit";
static const unsigned char seed[ED25519_SEED_SIZE] = {1, 2, 3};

struct log_file {
    char path[2 * PATH_SIZE];
    struct text bytes;
    bool is_fixed; /* any change of it shows; a checkpoint may have more signatures */
};

static struct test_folder folder;
static char log_path[PATH_SIZE];
static struct log_file files[FILES_MAX];
static size_t file_count;
static struct log_reading reading;

static void remove_folder(void)
{
    test_folder_remove(&folder);
}

static void keep_file(const char *name, bool is_fixed)
{
    struct log_file *file = &files[file_count++];
    struct error error = {0};

    require(file_count <= FILES_MAX, "the files are known");
    snprintf(file->path, sizeof(file->path), "%s/%s", log_path, name);
    file->is_fixed = is_fixed;
    require(file_read(file->path, BUNDLE_MAX_BYTES, &file->bytes, &error) == 0, "a file is there");
}

static int keep_tile(void *context, const struct tile *tile)
{
    char name[TILE_PATH_SIZE];

    (void)context;
    tile_path(tile, name);
    keep_file(name, true);
    return 0;
}

static void append(struct store *store)
{
    static struct text entries[ENTRIES];
    struct error error = {0};

    for (int i = 0; i < ENTRIES; i++) {
        entry_begin(&entries[i], ENTRY_REFUSED, "coordinator", INT64_C(1795403052123));
        entry_add_number(&entries[i], "number", i);
    }
    require(store_append(store, entries, ENTRIES, &error) == 0, "the store has entries");
    for (int i = 0; i < ENTRIES; i++)
        text_release(&entries[i]);
}

static void publish(void)
{
    char store_path[PATH_SIZE];
    struct store *store;
    struct published_log *log;
    struct error error = {0};

    require(test_folder_make(&folder), "there is a folder");
    atexit(remove_folder);
    test_folder_file(&folder, "crisis.db", store_path);
    test_folder_file(&folder, "audit", log_path);
    require(store_open(store_path, STORE_CREATE, &store, &error) == 0, "there is a store");
    append(store);
    require(published_log_open(log_path, origin, seed, &log, &error) == 0 &&
                published_log_update(log, store, &error) == 0,
            "it is published");
    published_log_close(log);
    store_close(store);
    keep_file("checkpoint", false);
    keep_file("log.vkey", false);
    (void)tile_growth(0, ENTRIES, keep_tile, NULL);
    require(log_reader_verify(log_path, NULL, &reading, &error) == 0, "it verifies");
}

static void write_bytes(const struct log_file *file, const char *bytes, size_t size)
{
    FILE *stream = fopen(file->path, "we");

    require(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0,
            "a file can be written");
}

static void read_log(const struct log_file *file, bool is_changed)
{
    struct log_reading now;
    struct text proof;
    struct error error = {0}, why = {0};

    const int result = log_reader_verify(log_path, &reading.key, &now, &error);
    require(result == 0 || error.kind == ERROR_VERIFICATION, "a refusal has a reason");
    require(is_changed || result == 0, "what was published verifies");
    require(!is_changed || !file->is_fixed || result < 0, "a change shows");
    if (result == 0)
        require(now.checkpoint.size == reading.checkpoint.size &&
                    memcmp(now.checkpoint.root, reading.checkpoint.root, SHA256_SIZE) == 0,
                "nobody signs another log with this key");
    text_init(&proof, 1024 * 1024);
    (void)log_reader_prove(log_path, &reading.key, ENTRIES - 1, &proof, NULL, &why);
    text_release(&proof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (file_count == 0)
        publish();
    if (size < 1 + FUZZ_EDIT_HEAD)
        return 0;
    const struct log_file *file = &files[data[0] % file_count];
    size_t length = file->bytes.length;
    char *changed = fuzz_change(file->bytes.bytes, &length, data + 1, size - 1);
    const bool is_changed =
        length != file->bytes.length || memcmp(changed, file->bytes.bytes, length) != 0;
    write_bytes(file, changed, length);
    read_log(file, is_changed);
    write_bytes(file, file->bytes.bytes, file->bytes.length);
    free(changed);
    return 0;
}

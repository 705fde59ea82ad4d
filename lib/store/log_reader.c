#include "store/log_reader.h"

#include <inttypes.h>
#include <string.h>

#include "audit/entry.h"
#include "audit/lines.h"
#include "audit/proof.h"
#include "audit/tile_rows.h"
#include "base/language.h"

#include "store/log_files.h"

struct verifying {
    const char *folder;
    uint64_t size; /* as the checkpoint says */
    struct tile_rows *rows;
    struct text bundle;
    struct error *error;
};

__attribute__((format(printf, 2, 3))) static int does_not_fit(struct verifying *verifying,
                                                              const char *format, ...)
{
    va_list arguments;
    struct text what;

    text_init(&what, sizeof(verifying->error->message));
    va_start(arguments, format);
    text_addv(&what, format, arguments);
    va_end(arguments);
    error_set(verifying->error, ERROR_VERIFICATION, _("the log in '%s' does not verify: %s"),
              verifying->folder, what.bytes);
    text_release(&what);
    return error_next(verifying->error, _("keep the folder as it is, and find out who changed it"));
}

/* --- the key and the checkpoint -------------------------------------------------------------- */

static int read_checkpoint(const char *folder, const struct note_vkey *key, struct text *bytes,
                           struct note *note, struct log_reading *out, struct error *error)
{
    memset(out, 0, sizeof(*out));
    if (log_vkey_read(folder, &out->key, error) < 0)
        return -1;
    if (key && !note_vkey_equal(key, &out->key))
        return error_set(error, ERROR_VERIFICATION,
                         _("'%s/%s' has the key of '%s', which is not the expected one of '%s'"),
                         folder, log_vkey_name, out->key.name, key->name);
    return log_checkpoint_read(folder, &out->key, bytes, note, &out->checkpoint, error);
}

/* --- entries --------------------------------------------------------------------------------- */

struct sequence {
    uint64_t expected;
    bool is_right;
};

static void look_at_field(void *context, const char *key, size_t key_length, const char *value,
                          size_t value_length)
{
    struct sequence *sequence = context;
    const struct line name = {key, key_length}, number = {value, value_length};
    uint64_t said;

    if (line_is(&name, "sequence") && line_decimal(&number, &said) && said == sequence->expected)
        sequence->is_right = true;
}

/* The entry's own words: it is one, and it says which number it has. */
static int check_entry(struct verifying *verifying, uint64_t index, const void *entry, size_t size)
{
    struct sequence sequence = {.expected = index};
    const char *body;
    size_t body_size;

    if (!entry_read(entry, size, look_at_field, &sequence, &body, &body_size))
        return does_not_fit(verifying, _("entry %" PRIu64 " is not readable"), index);
    if (!sequence.is_right)
        return does_not_fit(verifying, _("entry %" PRIu64 " is another one in its place"), index);
    return 0;
}

/* --- tiles ----------------------------------------------------------------------------------- */

/* How many of the hashes agree from the first on. */
static unsigned find_difference(const struct tile *tile, const unsigned char *a,
                                const unsigned char *b)
{
    unsigned i = 0;

    while (i < tile->width &&
           memcmp(a + (size_t)i * SHA256_SIZE, b + (size_t)i * SHA256_SIZE, SHA256_SIZE) == 0)
        i++;
    return i;
}

/* A file that cannot be read as it must be concerns all its entries. */
static int name_range(struct verifying *verifying, const struct tile *tile,
                      const struct error *cause)
{
    const unsigned shift = tile->level > 0 ? TILE_BITS * (unsigned)tile->level : 0;
    const uint64_t first = (tile->index * TILE_WIDTH) << shift;
    const uint64_t count = (uint64_t)tile->width << shift;

    if (cause->kind != ERROR_VERIFICATION)
        return error_set(verifying->error, cause->kind, "%s", cause->message);
    return does_not_fit(verifying, _("entries %" PRIu64 " to %" PRIu64 ": %s"), first,
                        first + count - 1, cause->message);
}

static int compare_tile(struct verifying *verifying, const struct tile *tile,
                        const unsigned char *hashes)
{
    struct error cause = {0};
    char name[TILE_PATH_SIZE];
    struct text bytes;

    tile_path(tile, name);
    int result = log_tile_read(verifying->folder, tile, &bytes, &cause);
    if (result < 0) {
        name_range(verifying, tile, &cause);
        goto out;
    }
    unsigned at = find_difference(tile, hashes, (const unsigned char *)bytes.bytes);
    if (at == tile->width)
        goto out;
    const unsigned shift = TILE_BITS * (unsigned)tile->level;
    const uint64_t first = (tile->index * TILE_WIDTH + at) << shift;
    result =
        tile->level == 0
            ? does_not_fit(verifying, _("entry %" PRIu64 " and its hash in '%s' differ"), first,
                           name)
            : does_not_fit(verifying,
                           _("entries %" PRIu64 " to %" PRIu64 " and their hash in '%s' differ"),
                           first, first + (UINT64_C(1) << shift) - 1, name);
out:
    text_release(&bytes);
    return result;
}

static int check_full(void *context, const struct tile *tile, const unsigned char *hashes)
{
    /* Level 0 has been compared entry by entry. */
    return tile->level == 0 ? 0 : compare_tile(context, tile, hashes);
}

/* A bundle that does not hold its entries: the first that differs from its hash is the one. */
static int name_first(struct verifying *verifying, const struct tile *tile,
                      const struct error *cause)
{
    const struct tile hashes = {0, tile->index, tile->width};
    struct merkle_tree *tree = &verifying->rows->tree;
    struct bundle_reader reader = {(const unsigned char *)verifying->bundle.bytes,
                                   verifying->bundle.length};
    unsigned char leaf[SHA256_SIZE];
    struct error ignored = {0};
    struct text bytes = {0};
    const void *entry;
    size_t size;
    unsigned i = 0;

    bool has_hashes = cause->kind == ERROR_VERIFICATION && verifying->bundle.length > 0 &&
                      log_tile_read(verifying->folder, &hashes, &bytes, &ignored) == 0;
    if (!has_hashes) {
        text_release(&bytes);
        return name_range(verifying, tile, cause);
    }
    for (; i < tile->width && bundle_next(&reader, &entry, &size); i++) {
        merkle_leaf_hash(tree, entry, size, leaf);
        if (memcmp(leaf, bytes.bytes + (size_t)i * SHA256_SIZE, SHA256_SIZE) != 0)
            break;
    }
    text_release(&bytes);
    if (i == tile->width)
        return does_not_fit(verifying, _("entry %" PRIu64 " has bytes after it: %s"),
                            tile->index * TILE_WIDTH + i - 1, cause->message);
    return does_not_fit(verifying, _("entry %" PRIu64 " is not there whole: %s"),
                        tile->index * TILE_WIDTH + i, cause->message);
}

/* One bundle: its entries, their hashes, and what these complete above. */
static int check_bundle(struct verifying *verifying, uint64_t index)
{
    struct tile tile = {TILE_ENTRIES, index, tile_width_at(verifying->size, 0, index)};
    struct merkle_tree *tree = &verifying->rows->tree;
    unsigned char leaves[TILE_WIDTH][SHA256_SIZE];
    struct error cause = {0};
    const void *entry;
    size_t size;

    text_release(&verifying->bundle);
    if (log_tile_read(verifying->folder, &tile, &verifying->bundle, &cause) < 0)
        return name_first(verifying, &tile, &cause);
    struct bundle_reader reader = {(const unsigned char *)verifying->bundle.bytes,
                                   verifying->bundle.length};
    for (unsigned i = 0; i < tile.width && bundle_next(&reader, &entry, &size); i++)
        merkle_leaf_hash(tree, entry, size, leaves[i]);
    const struct tile hashes = {0, index, tile.width};
    if (compare_tile(verifying, &hashes, leaves[0]) < 0)
        return -1;
    reader = (struct bundle_reader){(const unsigned char *)verifying->bundle.bytes,
                                    verifying->bundle.length};
    for (unsigned i = 0; i < tile.width && bundle_next(&reader, &entry, &size); i++)
        if (check_entry(verifying, index * TILE_WIDTH + i, entry, size) < 0)
            return -1;
    for (unsigned i = 0; i < tile.width; i++)
        if (tile_rows_append(verifying->rows, leaves[i], check_full, verifying) != 0)
            return -1;
    return 0;
}

/* --- partial tiles --------------------------------------------------------------------------- */

/* A partial file of an earlier size must be the beginning of what there is now. */
static int check_beginning(struct verifying *verifying, const struct tile *tile, const void *now,
                           size_t now_size)
{
    char name[TILE_PATH_SIZE];
    struct text bytes;

    tile_path(tile, name);
    if (!log_file_is_there(verifying->folder, name))
        return 0;
    int result = log_tile_read(verifying->folder, tile, &bytes, verifying->error);
    if (result == 0 &&
        (bytes.length > now_size || !now || memcmp(bytes.bytes, now, bytes.length) != 0))
        result = does_not_fit(verifying, _("'%s' is not the beginning of its tile"), name);
    text_release(&bytes);
    return result;
}

static int check_partials(struct verifying *verifying)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        const uint64_t count = tile_hash_count(verifying->size, level);
        struct tile tile = {level, count / TILE_WIDTH, (unsigned)(count % TILE_WIDTH)};
        if (tile.width == 0)
            continue;
        const bool is_bundle = level == TILE_ENTRIES;
        const void *now =
            is_bundle ? (const void *)verifying->bundle.bytes : verifying->rows->rows[level].hashes;
        const size_t now_size =
            is_bundle ? verifying->bundle.length : (size_t)tile.width * SHA256_SIZE;
        if (level > 0 && compare_tile(verifying, &tile, now) < 0)
            return -1;
        while (tile.width > 1) {
            tile.width--;
            if (check_beginning(verifying, &tile, now, now_size) < 0)
                return -1;
        }
    }
    return 0;
}

/* --- the whole log --------------------------------------------------------------------------- */

static int check_all(struct verifying *verifying, const struct checkpoint *checkpoint)
{
    unsigned char root[SHA256_SIZE];

    for (uint64_t at = 0; at < verifying->size; at += TILE_WIDTH)
        if (check_bundle(verifying, at / TILE_WIDTH) < 0)
            return -1;
    if (check_partials(verifying) < 0)
        return -1;
    tile_rows_root(verifying->rows, root);
    if (memcmp(root, checkpoint->root, sizeof(root)) != 0)
        return does_not_fit(verifying,
                            _("its %" PRIu64
                              " entries and tiles agree, and the signed checkpoint is "
                              "of others"),
                            verifying->size);
    return 0;
}

int log_reader_verify(const char *folder, const struct note_vkey *key, struct log_reading *out,
                      struct error *error)
{
    struct verifying verifying = {.folder = folder, .error = error};
    struct text bytes = {0};
    struct note note;

    int result = read_checkpoint(folder, key, &bytes, &note, out, error);
    if (result == 0) {
        verifying.size = out->checkpoint.size;
        verifying.rows = tile_rows_new();
        text_init(&verifying.bundle, BUNDLE_MAX_BYTES);
        result = check_all(&verifying, &out->checkpoint);
        tile_rows_free(verifying.rows);
        text_release(&verifying.bundle);
    }
    text_release(&bytes);
    return result;
}

/* --- against the store ----------------------------------------------------------------------- */

struct comparing {
    struct verifying verifying;
    struct bundle_reader reader;
    uint64_t next; /* entry of the store */
    bool has_failed;
};

/* The next published entry. */
static int take_published(struct comparing *comparing, const void **entry, size_t *size)
{
    struct verifying *verifying = &comparing->verifying;

    if (comparing->next % TILE_WIDTH == 0) {
        const uint64_t index = comparing->next / TILE_WIDTH;
        struct tile tile = {TILE_ENTRIES, index, tile_width_at(verifying->size, 0, index)};
        text_release(&verifying->bundle);
        if (log_tile_read(verifying->folder, &tile, &verifying->bundle, verifying->error) < 0)
            return -1;
        comparing->reader = (struct bundle_reader){(const unsigned char *)verifying->bundle.bytes,
                                                   verifying->bundle.length};
    }
    if (!bundle_next(&comparing->reader, entry, size))
        return does_not_fit(verifying, _("it lacks entry %" PRIu64), comparing->next);
    return 0;
}

static bool compare_entry(void *context, const struct stored_entry *stored)
{
    struct comparing *comparing = context;
    struct verifying *verifying = &comparing->verifying;
    const void *entry;
    size_t size;

    comparing->has_failed = true;
    if (stored->sequence != comparing->next) {
        does_not_fit(verifying, _("the store lacks entry %" PRIu64), comparing->next);
        return false;
    }
    if (comparing->next < verifying->size) {
        if (take_published(comparing, &entry, &size) < 0)
            return false;
        if (size != stored->size_bytes || memcmp(entry, stored->bytes, size) != 0) {
            does_not_fit(verifying, _("entry %" PRIu64 " is another one in the store"),
                         comparing->next);
            return false;
        }
    }
    comparing->next++;
    comparing->has_failed = false;
    return true;
}

int log_reader_compare(const char *folder, const struct note_vkey *key, struct store *store,
                       struct log_reading *out, struct error *error)
{
    struct comparing comparing = {.verifying = {.folder = folder, .error = error}};

    if (log_reader_verify(folder, key, out, error) < 0)
        return -1;
    comparing.verifying.size = out->checkpoint.size;
    int result = store_entries(store, 0, compare_entry, &comparing, error);
    text_release(&comparing.verifying.bundle);
    if (result < 0 || comparing.has_failed)
        return -1;
    if (comparing.next < out->checkpoint.size)
        return does_not_fit(&comparing.verifying, _("the store lacks entry %" PRIu64),
                            comparing.next);
    out->unpublished = comparing.next - out->checkpoint.size;
    return 0;
}

/* --- proofs ---------------------------------------------------------------------------------- */

int log_reader_extends(const char *folder, const struct log_reading *reading,
                       const struct checkpoint *earlier, struct error *error)
{
    struct verifying verifying = {.folder = folder, .error = error};
    unsigned char root[SHA256_SIZE];
    struct log_tiles tiles;

    if (strcmp(earlier->origin, reading->checkpoint.origin) != 0)
        return does_not_fit(&verifying, _("an earlier checkpoint is of the log '%s'"),
                            earlier->origin);
    if (earlier->size > reading->checkpoint.size)
        return does_not_fit(&verifying, _("it had %" PRIu64 " entries and has %" PRIu64),
                            earlier->size, reading->checkpoint.size);
    log_tiles_init(&tiles, folder, reading->checkpoint.size);
    struct hash_source source = log_tiles_source(&tiles);
    int result = proof_root(&source, earlier->size, root, error);
    log_tiles_release(&tiles);
    if (result == 0 && memcmp(root, earlier->root, sizeof(root)) != 0)
        result = does_not_fit(
            &verifying, _("its first %" PRIu64 " entries are not those of an earlier checkpoint"),
            earlier->size);
    return result;
}

static int read_entry(const char *folder, uint64_t size, uint64_t index, struct text *out,
                      struct error *error)
{
    const uint64_t bundle = index / TILE_WIDTH;
    const struct tile tile = {TILE_ENTRIES, bundle, tile_width_at(size, 0, bundle)};
    const void *entry = NULL;
    size_t entry_size = 0;
    struct text bytes;

    int result = log_tile_read(folder, &tile, &bytes, error);
    struct bundle_reader reader = {(const unsigned char *)bytes.bytes, bytes.length};
    for (uint64_t i = 0; result == 0 && i <= index % TILE_WIDTH; i++)
        if (!bundle_next(&reader, &entry, &entry_size))
            result = error_set(error, ERROR_VERIFICATION, _("the log lacks entry %" PRIu64), index);
    if (result == 0)
        text_add_bytes(out, entry, entry_size);
    text_release(&bytes);
    return result;
}

static int make_proof(const char *folder, const struct log_reading *reading, uint64_t index,
                      const struct text *checkpoint, struct text *out, struct error *error)
{
    struct log_tiles tiles;
    struct proof path;

    log_tiles_init(&tiles, folder, reading->checkpoint.size);
    struct hash_source source = log_tiles_source(&tiles);
    int result = proof_inclusion(&source, index, reading->checkpoint.size, &path, error);
    log_tiles_release(&tiles);
    if (result == 0)
        proof_file_add(out, index, &path, checkpoint->bytes, checkpoint->length);
    return result;
}

int log_reader_prove(const char *folder, const struct note_vkey *key, uint64_t index,
                     struct text *proof, struct text *entry, struct error *error)
{
    struct log_reading reading;
    struct text checkpoint = {0}, bytes, file;
    struct note note;
    struct proof_verdict verdict;
    int result = -1;

    text_init(&bytes, BUNDLE_MAX_BYTES);
    text_init(&file, PROOF_FILE_MAX_BYTES);
    if (read_checkpoint(folder, key, &checkpoint, &note, &reading, error) < 0)
        goto out;
    if (index >= reading.checkpoint.size) {
        error_set(error, ERROR_INPUT,
                  _("the published log has %" PRIu64 " entries, and no entry %" PRIu64),
                  reading.checkpoint.size, index);
        goto out;
    }
    const struct proof_policy policy = {.log = reading.key};
    if (read_entry(folder, reading.checkpoint.size, index, &bytes, error) < 0 ||
        make_proof(folder, &reading, index, &checkpoint, &file, error) < 0 ||
        proof_file_verify(file.bytes, file.length, bytes.bytes, bytes.length, &policy, &verdict,
                          error) < 0)
        goto out;
    text_add_bytes(proof, file.bytes, file.length);
    if (entry)
        text_add_bytes(entry, bytes.bytes, bytes.length);
    result = 0;
out:
    text_release(&file);
    text_release(&bytes);
    text_release(&checkpoint);
    return result;
}

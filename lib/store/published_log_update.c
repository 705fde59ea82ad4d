/* One update of the published log: what stands there, whether the store fits it, and what is new.
 */
#include "store/published_log.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit/tile_rows.h"
#include "base/language.h"

#include "store/log_files.h"
#include "store/log_writer.h"
#include "store/published_log_internal.h"

/* One update: from the published checkpoint to what the store has. */
struct update {
    struct published_log *log;
    struct error *error;
    bool is_published; /* there is a checkpoint */
    struct checkpoint published;
    struct tile_rows *rows;
    struct text bundle; /* entries that are in no full bundle yet */
    bool writes;        /* false: only hashing, to see whether the store fits */
    bool writes_all;    /* files of the published size too */
    bool has_failed;
};

/* --- what is published ----------------------------------------------------------------------- */

static int check_vkey(struct published_log *log, struct error *error)
{
    struct note_vkey found;
    struct error cause = {0};

    if (log_vkey_read(log->path, &found, &cause) < 0) {
        error_set(error, cause.kind, "%s", cause.message);
        return error_next(error,
                          _("give the log its file back, or remove it to have it written anew"));
    }
    if (note_vkey_equal(&found, &log->vkey))
        return 0;
    error_set(error, ERROR_VERIFICATION,
              _("'%s' holds the log '%s' of another key; this one is '%s'"), log->path, found.name,
              log->vkey.name);
    return error_next(error, _("a log keeps its origin and its key: give both back, or move the "
                               "folder away and begin a new log"));
}

static int read_published(struct update *update, struct error *error)
{
    struct published_log *log = update->log;
    struct text bytes = {0};
    struct note note;
    struct error cause = {0};

    if (log_file_is_there(log->path, log_vkey_name) && check_vkey(log, error) < 0)
        return -1;
    update->is_published = log_file_is_there(log->path, log_checkpoint_name);
    if (!update->is_published)
        return 0;
    int result =
        log_checkpoint_read(log->path, &log->vkey, &bytes, &note, &update->published, &cause);
    if (result < 0) {
        error_set(error, cause.kind, _("%s: nothing more is published"), cause.message);
        error_next(error,
                   _("put the checkpoint back from a copy; without one begin a new log: move "
                     "the folder '%s' away, and give crisis.yaml another log origin"),
                   log->path);
    }
    text_release(&bytes);
    return result;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct update *update, const char *format,
                                                        ...)
{
    va_list arguments;
    struct text what;

    text_init(&what, sizeof(update->error->message));
    va_start(arguments, format);
    text_addv(&what, format, arguments);
    va_end(arguments);
    error_set(update->error, ERROR_VERIFICATION,
              _("%s, and the checkpoint in '%s' is signed for %" PRIu64
                " entries: nothing more is published"),
              what.bytes, update->log->path, update->published.size);
    text_release(&what);
    update->has_failed = true;
    return error_next(
        update->error,
        _("if this store was restored from a backup, put the newer one back. Else begin "
          "a new log: keep '%s' under another name, give crisis.yaml another log "
          "origin, and publish again; the old log then ends with its last checkpoint"),
        update->log->path);
}

/* --- whether the store fits ------------------------------------------------------------------ */

struct head_search {
    const struct checkpoint *published;
    bool fits;
};

static bool look_at_head(void *context, const struct stored_head *head)
{
    struct head_search *search = context;

    search->fits = head->size == search->published->size && head->edge_fits &&
                   memcmp(head->root, search->published->root, SHA256_SIZE) == 0;
    return false; /* the first from that size on, and no other */
}

/* Whether the store has the published tree head among its own. */
static int find_head(struct update *update, struct store *store, bool *out_fits)
{
    struct head_search search = {.published = &update->published};

    *out_fits = update->log->is_known && update->log->known_size == update->published.size;
    if (*out_fits)
        return 0;
    if (store_heads(store, update->published.size, look_at_head, &search, update->error) < 0)
        return -1;
    *out_fits = search.fits;
    return 0;
}

/* The published root must come out when the size is reached. */
static int check_root(struct update *update)
{
    unsigned char root[SHA256_SIZE];

    if (!update->is_published || update->rows->tree.size != update->published.size)
        return 0;
    tile_rows_root(update->rows, root);
    if (memcmp(root, update->published.root, sizeof(root)) == 0)
        return 0;
    return refuse(update, _("the entries of the store are not those that were published"));
}

/* --- growing --------------------------------------------------------------------------------- */

static int write_tile(struct update *update, const struct tile *tile, const void *bytes,
                      size_t size)
{
    if (!update->writes)
        return 0;
    int result = log_writer_tile(&update->log->writer, tile, bytes, size, update->error);
    update->has_failed = update->has_failed || result < 0;
    return result;
}

static int write_full(void *context, const struct tile *tile, const unsigned char *hashes)
{
    struct update *update = context;

    if (tile->level == 0) {
        const struct tile entries = {TILE_ENTRIES, tile->index, TILE_WIDTH};
        if (write_tile(update, &entries, update->bundle.bytes, update->bundle.length) < 0)
            return -1;
        text_reset(&update->bundle);
    }
    return write_tile(update, tile, hashes, TILE_HASHES_MAX_BYTES);
}

static bool take_entry(void *context, const struct stored_entry *entry)
{
    struct update *update = context;
    struct merkle_tree *tree = &update->rows->tree;
    unsigned char leaf[SHA256_SIZE];

    if (!update->writes && tree->size == update->published.size)
        return false; /* all that was to be looked at */
    if (entry->sequence != tree->size) {
        refuse(update, _("the store has no entry %" PRIu64), tree->size);
        return false;
    }
    if (!bundle_add(&update->bundle, entry->bytes, entry->size_bytes)) {
        error_set(update->error, ERROR_SYSTEM, _("entry %" PRIu64 " of the store is too long"),
                  entry->sequence);
        update->has_failed = true;
        return false;
    }
    merkle_leaf_hash(tree, entry->bytes, entry->size_bytes, leaf);
    if (tile_rows_append(update->rows, leaf, write_full, update) != 0 || check_root(update) < 0)
        return false;
    return true;
}

/* Appends what the store has from the rows' size on. */
static int take_entries(struct update *update, struct store *store)
{
    if (check_root(update) < 0 ||
        store_entries(store, update->rows->tree.size, take_entry, update, update->error) < 0)
        return -1;
    if (!update->has_failed && update->is_published &&
        update->rows->tree.size < update->published.size)
        return refuse(update, _("the store has %" PRIu64 " entries"), update->rows->tree.size);
    return update->has_failed ? -1 : 0;
}

static void begin_anew(struct update *update)
{
    tile_rows_free(update->rows);
    update->rows = tile_rows_new();
    text_reset(&update->bundle);
}

/* Takes the rows above the last published entries from the tiles; these entries come from the store
 * again (at least one, so that a store without them is noticed), and the signed root says whether
 * it all fits. False when the tiles are not there. */
static bool resume_rows(struct update *update)
{
    const uint64_t size = (update->published.size - 1) / TILE_WIDTH * TILE_WIDTH;

    begin_anew(update);
    for (int level = 1; level < TILE_LEVELS; level++) {
        struct tile_row *row = &update->rows->rows[level];
        const uint64_t index = tile_hash_count(size, level) / TILE_WIDTH;
        const struct tile tile = {level, index,
                                  tile_width_at(update->published.size, level, index)};
        struct text bytes;
        struct error ignored = {0};

        row->count = tile_width_at(size, level, index);
        if (row->count == 0)
            continue;
        int result = log_tile_read(update->log->path, &tile, &bytes, &ignored);
        if (result == 0)
            memcpy(row->hashes, bytes.bytes, (size_t)row->count * SHA256_SIZE);
        text_release(&bytes);
        if (result < 0)
            return false;
    }
    return tile_rows_resume(update->rows, size);
}

/* Brings the rows to the published size and root; false, whatever the cause, when that fails. */
static bool resume(struct update *update, struct store *store)
{
    struct error *const kept = update->error;
    struct error ignored = {0};

    update->error = &ignored;
    update->writes = false;
    bool is_there = resume_rows(update) && take_entries(update, store) == 0;
    update->writes = true;
    update->has_failed = false;
    update->error = kept;
    return is_there;
}

/* Recomputes the published part from the store alone. */
static int check_store(struct update *update, struct store *store)
{
    begin_anew(update);
    update->writes = false;
    int result = take_entries(update, store);
    update->writes = true;
    begin_anew(update);
    update->writes_all = true;
    return result;
}

static int prepare(struct update *update, struct store *store, bool anew)
{
    bool fits = false;

    update->writes = true;
    if (!update->is_published || update->published.size == 0) {
        begin_anew(update);
        update->writes_all = true;
        return 0;
    }
    if (!anew && find_head(update, store, &fits) < 0)
        return -1;
    if (fits && resume(update, store))
        return 0;
    return check_store(update, store);
}

/* --- writing the end ------------------------------------------------------------------------- */

static bool is_changed(const struct update *update, int level)
{
    const uint64_t before = update->is_published ? update->published.size : 0;

    return update->writes_all ||
           tile_hash_count(before, level) != tile_hash_count(update->rows->tree.size, level);
}

/* The bytes of a partial tile, which is the beginning of the row or bundle at hand. */
static size_t partial_size(const struct update *update, const struct tile *tile)
{
    struct bundle_reader reader = {(const unsigned char *)update->bundle.bytes,
                                   update->bundle.length};
    const void *entry;
    size_t size;

    if (tile->level != TILE_ENTRIES)
        return (size_t)tile->width * SHA256_SIZE;
    for (unsigned i = 0; i < tile->width; i++)
        (void)bundle_next(&reader, &entry, &size); /* it holds as many */
    return update->bundle.length - reader.left;
}

static int write_partial(struct update *update, const struct tile *tile)
{
    const void *bytes = tile->level == TILE_ENTRIES ? (const void *)update->bundle.bytes
                                                    : update->rows->rows[tile->level].hashes;

    return write_tile(update, tile, bytes, partial_size(update, tile));
}

/* When all is written anew: the partial tile of the published size, and those of earlier ones. */
static int write_earlier(struct update *update, struct tile tile)
{
    const unsigned published =
        update->is_published ? tile_width_at(update->published.size, tile.level, tile.index) : 0;
    char name[TILE_PATH_SIZE];

    while (tile.width > 1) {
        tile.width--;
        tile_path(&tile, name);
        if ((tile.width == published || log_file_is_there(update->log->path, name)) &&
            write_partial(update, &tile) < 0)
            return -1;
    }
    return 0;
}

static int write_partials(struct update *update)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        const uint64_t count = tile_hash_count(update->rows->tree.size, level);
        const struct tile tile = {level, count / TILE_WIDTH, (unsigned)(count % TILE_WIDTH)};
        if (tile.width == 0 || !is_changed(update, level))
            continue;
        if (write_partial(update, &tile) < 0 ||
            (update->writes_all && write_earlier(update, tile) < 0))
            return -1;
    }
    return 0;
}

static int write_checkpoint(struct update *update)
{
    struct published_log *log = update->log;
    struct checkpoint next = {.size = update->rows->tree.size};
    struct text bytes;

    text_init(&bytes, NOTE_MAX_BYTES);
    memcpy(next.origin, log->vkey.name, sizeof(next.origin));
    tile_rows_root(update->rows, next.root);
    int result = checkpoint_sign(&bytes, &next, &log->vkey, log->key, update->error);
    if (result == 0)
        result = log_writer_file(&log->writer, log_checkpoint_name, bytes.bytes, bytes.length,
                                 update->error);
    text_release(&bytes);
    return result;
}

static int write_vkey(struct published_log *log, struct error *error)
{
    struct text bytes;

    if (log_file_is_there(log->path, log_vkey_name))
        return 0;
    text_init(&bytes, NOTE_VKEY_MAX_BYTES + 1);
    note_vkey_add(&bytes, &log->vkey);
    text_add_char(&bytes, '\n');
    int result = log_writer_file(&log->writer, log_vkey_name, bytes.bytes, bytes.length, error);
    text_release(&bytes);
    return result;
}

/* The partial tiles of the size before whose full tiles are signed for now. */
static void drop_partials(struct update *update)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        const uint64_t before = tile_hash_count(update->published.size, level);
        const struct tile tile = {level, before / TILE_WIDTH, TILE_WIDTH};
        if (before % TILE_WIDTH != 0 &&
            tile_width_at(update->rows->tree.size, level, tile.index) == TILE_WIDTH)
            log_writer_drop_partial(&update->log->writer, &tile);
    }
}

static int write_end(struct update *update)
{
    const bool is_same = update->is_published && update->rows->tree.size == update->published.size;

    if (write_vkey(update->log, update->error) < 0)
        return -1;
    if ((!is_same || update->writes_all) && write_partials(update) < 0)
        return -1;
    if (log_writer_sync(&update->log->writer, update->error) < 0)
        return -1;
    if (!is_same && write_checkpoint(update) < 0)
        return -1;
    if (update->is_published)
        drop_partials(update);
    return 0;
}

/* --- updates --------------------------------------------------------------------------------- */

static int run_update(struct published_log *log, struct store *store, bool anew,
                      struct error *error)
{
    struct update update = {.log = log, .error = error};
    int result = -1;

    text_init(&update.bundle, BUNDLE_MAX_BYTES);
    if (log_writer_init(&log->writer, log->path, error) < 0)
        goto out_bundle;
    int descriptor = published_log_lock(log, error);
    if (descriptor < 0)
        goto out_bundle;
    if (published_log_check_stopped(log->path, error) < 0 || read_published(&update, error) < 0 ||
        prepare(&update, store, anew) < 0 || take_entries(&update, store) < 0 ||
        write_end(&update) < 0)
        goto out;
    if (!log->is_swept || anew)
        if (log_writer_sweep(&log->writer, update.rows->tree.size, error) < 0)
            goto out;
    log->is_swept = true;
    log->is_known = true;
    log->known_size = update.rows->tree.size;
    result = 0;
out:
    tile_rows_free(update.rows);
    (void)close(descriptor); /* and the lock ends */
out_bundle:
    text_release(&update.bundle);
    return result;
}

int published_log_update(struct published_log *log, struct store *store, struct error *error)
{
    return run_update(log, store, false, error);
}

int published_log_rebuild(struct published_log *log, struct store *store, struct error *error)
{
    return run_update(log, store, true, error);
}

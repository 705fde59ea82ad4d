#include "store/log_files.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"

const char log_checkpoint_name[] = "checkpoint";
const char log_vkey_name[] = "log.vkey";

void log_file_path(const char *folder, const char *name, struct text *out)
{
    text_init(out, PATH_MAX);
    text_addf(out, "%s/%s", folder, name);
}

bool log_file_is_there(const char *folder, const char *name)
{
    struct text path;

    log_file_path(folder, name, &path);
    bool is_there = access(path.bytes, F_OK) == 0;
    text_release(&path);
    return is_there;
}

int log_file_read(const char *folder, const char *name, size_t max_bytes, struct text *out,
                  struct error *error)
{
    struct text path;
    struct error cause = {0};

    log_file_path(folder, name, &path);
    int result = file_read(path.bytes, max_bytes, out, &cause);
    if (result < 0)
        error_set(error, cause.kind == ERROR_SYSTEM ? ERROR_SYSTEM : ERROR_VERIFICATION, "%s",
                  cause.message);
    text_release(&path);
    return result;
}

/* --- tiles ----------------------------------------------------------------------------------- */

/* Cuts the bytes off after `width` hashes or entries; false when there are fewer. */
static bool cut(const struct tile *tile, struct text *bytes)
{
    struct bundle_reader reader = {(const unsigned char *)bytes->bytes, bytes->length};
    const void *entry;
    size_t size;

    if (tile->level != TILE_ENTRIES) {
        if (bytes->length < (size_t)tile->width * SHA256_SIZE)
            return false;
        text_truncate(bytes, (size_t)tile->width * SHA256_SIZE);
        return true;
    }
    for (unsigned i = 0; i < tile->width; i++)
        if (!bundle_next(&reader, &entry, &size))
            return false;
    text_truncate(bytes, bytes->length - reader.left);
    return true;
}

int log_tile_read(const char *folder, const struct tile *tile, struct text *out,
                  struct error *error)
{
    const size_t max_bytes = tile->level == TILE_ENTRIES ? BUNDLE_MAX_BYTES : TILE_HASHES_MAX_BYTES;
    struct tile stored = *tile;
    char name[TILE_PATH_SIZE];

    tile_path(&stored, name);
    if (tile->width < TILE_WIDTH && !log_file_is_there(folder, name)) {
        stored.width = TILE_WIDTH;
        tile_path(&stored, name);
        if (!log_file_is_there(folder, name))
            tile_path(tile, name); /* the one to be named as missing */
    }
    if (log_file_read(folder, name, max_bytes, out, error) < 0)
        return -1;
    size_t length = out->length;
    if (!cut(tile, out) || (stored.width == tile->width && out->length != length))
        return error_set(error, ERROR_VERIFICATION,
                         tile->level == TILE_ENTRIES ? _("'%s/%s' does not hold %u entries")
                                                     : _("'%s/%s' does not hold %u hashes"),
                         folder, name, stored.width);
    return 0;
}

int log_vkey_read(const char *folder, struct note_vkey *out, struct error *error)
{
    struct text bytes;
    struct error cause = {0};

    int result = log_file_read(folder, log_vkey_name, NOTE_VKEY_MAX_BYTES + 1, &bytes, error);
    if (result < 0)
        goto out;
    if (bytes.length == 0 || bytes.bytes[bytes.length - 1] != '\n')
        result = error_set(&cause, ERROR_INPUT, _("it is not one line"));
    else
        result = note_vkey_parse(bytes.bytes, bytes.length - 1, out, &cause);
    if (result < 0)
        error_set(error, ERROR_VERIFICATION, "'%s/%s': %s", folder, log_vkey_name, cause.message);
out:
    text_release(&bytes);
    return result;
}

int log_checkpoint_read(const char *folder, const struct note_vkey *key, struct text *bytes,
                        struct note *note, struct checkpoint *out, struct error *error)
{
    struct error cause = {0};

    if (log_file_read(folder, log_checkpoint_name, NOTE_MAX_BYTES, bytes, error) < 0)
        return -1;
    if (checkpoint_open(bytes->bytes, bytes->length, key, note, out, &cause) < 0)
        return error_set(error, ERROR_VERIFICATION, "'%s/%s': %s", folder, log_checkpoint_name,
                         cause.message);
    return 0;
}

/* --- a source of hashes ---------------------------------------------------------------------- */

void log_tiles_init(struct log_tiles *tiles, const char *folder, uint64_t size)
{
    memset(tiles, 0, sizeof(*tiles));
    tiles->folder = folder;
    tiles->size = size;
    tiles->state = sha256_new();
}

void log_tiles_release(struct log_tiles *tiles)
{
    for (int level = 0; level < TILE_LEVELS; level++)
        text_release(&tiles->kept[level].bytes);
    sha256_free(tiles->state);
    tiles->state = NULL;
}

static int keep_tile(struct log_tiles *tiles, int level, uint64_t index, struct error *error)
{
    struct tile tile = {level, index, tile_width_at(tiles->size, level, index)};

    if (tiles->kept[level].is_known && tiles->kept[level].index == index)
        return 0;
    text_release(&tiles->kept[level].bytes);
    tiles->kept[level].is_known = false;
    if (tile.width == 0)
        return error_set(error, ERROR_SYSTEM, _("a log of %" PRIu64 " entries has no such hash"),
                         tiles->size);
    if (log_tile_read(tiles->folder, &tile, &tiles->kept[level].bytes, error) < 0)
        return -1;
    tiles->kept[level].index = index;
    tiles->kept[level].is_known = true;
    return 0;
}

static int read_subtree(void *context, unsigned level, uint64_t index,
                        unsigned char out[SHA256_SIZE], struct error *error)
{
    struct log_tiles *tiles = context;
    const int tile_level = (int)(level / TILE_BITS);
    const unsigned count = 1U << level % TILE_BITS;
    const uint64_t first = index * count; /* hash at that tile level */
    const size_t offset = (size_t)(first % TILE_WIDTH) * SHA256_SIZE;

    if (keep_tile(tiles, tile_level, first / TILE_WIDTH, error) < 0)
        return -1;
    const struct text *bytes = &tiles->kept[tile_level].bytes;
    if (offset + (size_t)count * SHA256_SIZE > bytes->length)
        return error_set(error, ERROR_SYSTEM, _("a log of %" PRIu64 " entries has no such hash"),
                         tiles->size);
    tile_fold(tiles->state, (const unsigned char *)bytes->bytes + offset, count, out);
    return 0;
}

struct hash_source log_tiles_source(struct log_tiles *tiles)
{
    return (struct hash_source){read_subtree, tiles};
}

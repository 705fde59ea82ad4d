#include "audit/tile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

#include "audit/merkle.h"

enum { GROUP_DIGITS = 3, GROUPS_MAX = 7, GROUP_SIZE = 1000 };

static const char root_folder[] = "tile/";

/* --- paths ----------------------------------------------------------------------------------- */

/* Fixed size and own bounds: a path is at most "tile/entries/", 6 groups "x000/", "000.p/255". */
struct path {
    char *bytes;
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void path_add(struct path *path, const char *format,
                                                           ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length =
        vsnprintf(path->bytes + path->length, TILE_PATH_SIZE - path->length, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < TILE_PATH_SIZE - path->length)
        path->length += (size_t)length;
}

void tile_path(const struct tile *tile, char out[TILE_PATH_SIZE])
{
    struct path path = {out, 0};
    unsigned groups[GROUPS_MAX];
    size_t count = 0;
    uint64_t left = tile->index;

    do {
        groups[count++] = (unsigned)(left % GROUP_SIZE);
        left /= GROUP_SIZE;
    } while (left > 0 && count < GROUPS_MAX);
    if (tile->level == TILE_ENTRIES)
        path_add(&path, "%sentries", root_folder);
    else
        path_add(&path, "%s%d", root_folder, tile->level);
    while (count > 1)
        path_add(&path, "/x%03u", groups[--count]);
    path_add(&path, "/%03u", groups[0]);
    if (tile->width < TILE_WIDTH)
        path_add(&path, ".p/%u", tile->width);
}

static bool take_text(const char **at, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

/* At most `digits` decimal digits. */
static size_t take_digits(const char **at, size_t digits, unsigned *out)
{
    size_t taken = 0;

    *out = 0;
    while (taken < digits && **at >= '0' && **at <= '9') {
        *out = *out * 10 + (unsigned)(**at - '0');
        ++*at;
        taken++;
    }
    return taken;
}

static bool take_index(const char **at, uint64_t *out)
{
    unsigned group;

    *out = 0;
    for (size_t i = 0; i < GROUPS_MAX; i++) {
        bool is_last = !take_text(at, "x");
        if (take_digits(at, GROUP_DIGITS, &group) != GROUP_DIGITS ||
            *out > (UINT64_MAX - group) / GROUP_SIZE)
            return false;
        *out = *out * GROUP_SIZE + group;
        if (is_last)
            return true;
        if (!take_text(at, "/"))
            return false;
    }
    return false;
}

bool tile_path_parse(const char *path, struct tile *out)
{
    const char *at = path;
    char again[TILE_PATH_SIZE];
    unsigned level = 0;

    if (!take_text(&at, root_folder))
        return false;
    bool is_entries = take_text(&at, "entries");
    if (!is_entries && take_digits(&at, 1, &level) != 1)
        return false;
    out->level = is_entries ? TILE_ENTRIES : (int)level;
    out->width = TILE_WIDTH;
    if (level >= TILE_LEVELS || !take_text(&at, "/") || !take_index(&at, &out->index))
        return false;
    if (take_text(&at, ".p/") &&
        (take_digits(&at, 3, &out->width) == 0 || out->width == 0 || out->width >= TILE_WIDTH))
        return false;
    /* Leading zeros and groups that should not be there are found by writing it. */
    tile_path(out, again);
    return *at == '\0' && strcmp(again, path) == 0;
}

/* --- coordinates ----------------------------------------------------------------------------- */

uint64_t tile_hash_count(uint64_t size, int level)
{
    return level <= 0 ? size : size >> (unsigned)(TILE_BITS * level);
}

unsigned tile_width_at(uint64_t size, int level, uint64_t index)
{
    uint64_t count = tile_hash_count(size, level);

    if (index > count / TILE_WIDTH)
        return 0;
    return index < count / TILE_WIDTH ? TILE_WIDTH : (unsigned)(count % TILE_WIDTH);
}

int tile_growth(uint64_t from, uint64_t to, int (*each)(void *context, const struct tile *tile),
                void *context)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++) {
        uint64_t before = tile_hash_count(from, level), after = tile_hash_count(to, level);
        if (before >= after)
            continue;
        for (uint64_t index = before / TILE_WIDTH; index <= (after - 1) / TILE_WIDTH; index++) {
            struct tile tile = {level, index, tile_width_at(to, level, index)};
            int result = each(context, &tile);
            if (result != 0)
                return result;
        }
    }
    return 0;
}

void tile_fold(struct sha256 *state, const unsigned char *hashes, unsigned count,
               unsigned char out[SHA256_SIZE])
{
    unsigned char folded[TILE_WIDTH][SHA256_SIZE];

    memcpy(folded, hashes, (size_t)count * SHA256_SIZE);
    for (; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++)
            merkle_node_hash(state, folded[(size_t)2 * i], folded[(size_t)2 * i + 1], folded[i]);
    memcpy(out, folded[0], SHA256_SIZE);
}

/* --- entry bundles --------------------------------------------------------------------------- */

bool bundle_add(struct text *out, const void *entry, size_t size)
{
    if (size > AUDIT_ENTRY_MAX_BYTES)
        return false;
    const unsigned char length[2] = {(unsigned char)(size >> 8), (unsigned char)size};
    text_add_bytes(out, length, sizeof(length));
    text_add_bytes(out, entry, size);
    return true;
}

bool bundle_next(struct bundle_reader *reader, const void **entry, size_t *size)
{
    if (reader->left < 2)
        return false;
    size_t length = (size_t)reader->at[0] << 8 | reader->at[1];
    if (reader->left - 2 < length)
        return false;
    *entry = reader->at + 2;
    *size = length;
    reader->at += 2 + length;
    reader->left -= 2 + length;
    return true;
}

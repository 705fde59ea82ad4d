/*
 * The log as static files (C2SP tlog-tiles): hash tiles of up to 256 hashes, and bundles of up to
 * 256 entries.
 *
 *     tile/<level>/<index>[.p/<width>]       hash i is the root of the 256^level leaves from
 *                                            (256 * index + i) * 256^level on
 *     tile/entries/<index>[.p/<width>]       each entry after its length (uint16, big-endian)
 *
 * The index is in groups of three digits, all but the last with an x before them: x001/x234/067. A
 * tile of 256 is full and never changes; a partial one is never hashed into the level above. A
 * width of 0 means that there is no tile.
 */
#ifndef CRISIS_AUDIT_TILE_H
#define CRISIS_AUDIT_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/text.h"

enum {
    TILE_BITS = 8,
    TILE_WIDTH = 256,
    TILE_LEVELS = 8, /* of a log below 2^63 entries */
    TILE_ENTRIES = -1,
    TILE_PATH_SIZE = 64,
    TILE_HASHES_MAX_BYTES = TILE_WIDTH * SHA256_SIZE,
    BUNDLE_MAX_BYTES = TILE_WIDTH * (2 + 65535),
};

struct tile {
    int level; /* 0 to TILE_LEVELS - 1, or TILE_ENTRIES */
    uint64_t index;
    unsigned width; /* 1 to TILE_WIDTH */
};

void tile_path(const struct tile *tile, char out[TILE_PATH_SIZE]);
/* Reads such a path; false when it is not written exactly so. */
bool tile_path_parse(const char *path, struct tile *out);

/* Hashes (or entries) that a log of that size has at a level. */
uint64_t tile_hash_count(uint64_t size, int level);
/* The width of a tile in a log of that size: 0 when it has none. */
unsigned tile_width_at(uint64_t size, int level, uint64_t index);

/* Calls each() for every tile that a log of `to` entries has and one of `from` has not: what must
 * be written when it grows. Entry bundles first, then levels from 0 up, each by index. Stops at the
 * first result that is not 0 and returns it. */
int tile_growth(uint64_t from, uint64_t to, int (*each)(void *context, const struct tile *tile),
                void *context);

/* The root over `count` hashes of a tile, a power of two up to TILE_WIDTH. */
void tile_fold(struct sha256 *state, const unsigned char *hashes, unsigned count,
               unsigned char out[SHA256_SIZE]);

/* --- entry bundles --------------------------------------------------------------------------- */

/* Appends an entry; false when it is over AUDIT_ENTRY_MAX_BYTES. */
bool bundle_add(struct text *out, const void *entry, size_t size);

struct bundle_reader {
    const unsigned char *at;
    size_t left;
};
/* The next entry; false at the end and where the bytes are cut off: `left` tells which. */
bool bundle_next(struct bundle_reader *reader, const void **entry, size_t *size);

#endif

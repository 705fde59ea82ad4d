/*
 * The right edge of the log's tiles while it grows: for each level the hashes that are in no full
 * tile yet. Appending leaves fills them, and says which tiles become full on the way.
 */
#ifndef CRISIS_AUDIT_TILE_ROWS_H
#define CRISIS_AUDIT_TILE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

#include "audit/merkle.h"
#include "audit/tile.h"

struct tile_row {
    unsigned count; /* below TILE_WIDTH between calls */
    unsigned char hashes[TILE_WIDTH][SHA256_SIZE];
};

struct tile_rows {
    struct merkle_tree tree; /* its size is that of the log; tile_rows_root() makes its edge */
    struct tile_row rows[TILE_LEVELS];
};

struct tile_rows *tile_rows_new(void); /* of an empty log */
void tile_rows_free(struct tile_rows *rows);

/* Goes on at a size whose rows the caller has filled: rows[level].count must be tile_hash_count()
 * modulo TILE_WIDTH. False when it is not. Whether the hashes are right shows in the root. */
bool tile_rows_resume(struct tile_rows *rows, uint64_t size);

/* The root of the log as it is. */
void tile_rows_root(struct tile_rows *rows, unsigned char out[SHA256_SIZE]);

/* Appends one leaf. full() is called for each tile that it completes, from level 0 up, with its
 * 256 hashes; its first result that is not 0 is returned, and the rows are of no use then. full may
 * be NULL. */
int tile_rows_append(struct tile_rows *rows, const unsigned char leaf_hash[SHA256_SIZE],
                     int (*full)(void *context, const struct tile *tile,
                                 const unsigned char *hashes),
                     void *context);

#endif

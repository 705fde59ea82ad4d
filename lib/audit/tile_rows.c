#include "audit/tile_rows.h"

#include <string.h>

#include "base/memory.h"

struct tile_rows *tile_rows_new(void)
{
    struct tile_rows *rows = memory_alloc(sizeof(*rows));

    merkle_init(&rows->tree);
    return rows;
}

void tile_rows_free(struct tile_rows *rows)
{
    if (!rows)
        return;
    merkle_release(&rows->tree);
    memory_free(rows);
}

/* The complete subtrees that a row consists of, largest first. */
static size_t fold_row(struct tile_rows *rows, const struct tile_row *row, unsigned char *out)
{
    unsigned at = 0;
    size_t size = 0;

    for (unsigned count = TILE_WIDTH / 2; count > 0; count /= 2) {
        if (!(row->count & count))
            continue;
        tile_fold(rows->tree.state, row->hashes[at], count, out + size);
        at += count;
        size += SHA256_SIZE;
    }
    return size;
}

bool tile_rows_resume(struct tile_rows *rows, uint64_t size)
{
    unsigned char edge[TILE_LEVELS * TILE_BITS * SHA256_SIZE];
    size_t edge_size = 0;

    for (int level = TILE_LEVELS; level-- > 0;) {
        if (rows->rows[level].count != tile_hash_count(size, level) % TILE_WIDTH)
            return false;
        edge_size += fold_row(rows, &rows->rows[level], edge + edge_size);
    }
    return merkle_edge_read(&rows->tree, size, edge, edge_size);
}

void tile_rows_root(struct tile_rows *rows, unsigned char out[SHA256_SIZE])
{
    (void)tile_rows_resume(rows, rows->tree.size); /* they are those of the size */
    merkle_root(&rows->tree, out);
}

int tile_rows_append(struct tile_rows *rows, const unsigned char leaf_hash[SHA256_SIZE],
                     int (*full)(void *context, const struct tile *tile,
                                 const unsigned char *hashes),
                     void *context)
{
    unsigned char hash[SHA256_SIZE];

    rows->tree.size++;
    memcpy(hash, leaf_hash, sizeof(hash));
    for (int level = 0; level < TILE_LEVELS; level++) {
        struct tile_row *row = &rows->rows[level];
        memcpy(row->hashes[row->count++], hash, sizeof(hash));
        if (row->count < TILE_WIDTH)
            break;
        uint64_t index = tile_hash_count(rows->tree.size, level) / TILE_WIDTH - 1;
        const struct tile tile = {level, index, TILE_WIDTH};
        int result = full ? full(context, &tile, row->hashes[0]) : 0;
        if (result != 0)
            return result;
        tile_fold(rows->tree.state, row->hashes[0], TILE_WIDTH, hash);
        row->count = 0;
    }
    return 0;
}

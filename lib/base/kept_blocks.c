#include "base/kept_blocks.h"

#include <stdlib.h>
#include <string.h>

enum {
    TO_BYTES = 40 << 10,
    SIZES_MAX = 8, /* different ones; others are not kept */
    EACH_MAX = 64,
};

struct kept_size {
    size_t usable;
    size_t count;
    void *blocks[EACH_MAX];
};

struct kept_blocks {
    size_t size_count;
    struct kept_size sizes[SIZES_MAX];
};

static _Thread_local struct kept_blocks *kept;

#ifdef __SANITIZE_ADDRESS__
static const bool may_keep = false; /* it shall see who uses a block after its end */
#else
static const bool may_keep = true;
#endif

void kept_blocks_begin(void)
{
    if (may_keep && !kept)
        kept = calloc(1, sizeof(*kept)); /* without it nothing is kept, and nothing is wrong */
}

void kept_blocks_end(void)
{
    if (!kept)
        return;
    for (size_t i = 0; i < kept->size_count; i++)
        for (size_t j = 0; j < kept->sizes[i].count; j++)
            free(kept->sizes[i].blocks[j]);
    free(kept);
    kept = NULL;
}

static struct kept_size *find_size(size_t usable)
{
    for (size_t i = 0; i < kept->size_count; i++)
        if (kept->sizes[i].usable == usable)
            return &kept->sizes[i];
    return NULL;
}

/* What glibc's malloc() makes of a request: a block and its header are a multiple of 16 bytes, and
 * all but 8 of them can be used. Where that is not so, no block is found. */
static size_t usable_of(size_t size)
{
    return ((size + 8 + 15) & ~(size_t)15) - 8;
}

void *kept_blocks_take(size_t size)
{
    if (!kept || size < KEPT_FROM_BYTES || size > TO_BYTES)
        return NULL;
    struct kept_size *of_size = find_size(usable_of(size));
    return of_size && of_size->count ? of_size->blocks[--of_size->count] : NULL;
}

bool kept_blocks_give_back(void *block, size_t usable)
{
    if (!kept || usable < KEPT_FROM_BYTES || usable > TO_BYTES)
        return false;
    struct kept_size *of_size = find_size(usable);
    if (!of_size && kept->size_count < SIZES_MAX) {
        of_size = &kept->sizes[kept->size_count++];
        of_size->usable = usable;
    }
    if (!of_size || of_size->count == EACH_MAX)
        return false;
    of_size->blocks[of_size->count++] = block;
    return true;
}

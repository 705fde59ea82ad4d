/*
 * Blocks of one size, zeroed, of which only what is written to takes memory: for large structs of
 * which most is seldom used. In a build with AddressSanitizer they are ordinary memory, so that it
 * sees who uses a block after its end.
 */
#ifndef CRISIS_BASE_PAGE_POOL_H
#define CRISIS_BASE_PAGE_POOL_H

#include <stddef.h>

struct page_pool {
    size_t block_size; /* whole pages */
    struct page_block *free;
    struct page_region *regions;
};

void page_pool_init(struct page_pool *pool, size_t size);
/* All blocks go with it. */
void page_pool_release(struct page_pool *pool);

void *page_pool_take(struct page_pool *pool);
/* used: how much of its beginning is always written to. It costs less to zero that by hand. */
void page_pool_give_back(struct page_pool *pool, void *block, size_t used);

#endif

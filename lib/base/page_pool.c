#include "base/page_pool.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"

enum { PAGE_BYTES = 4096, BLOCKS_PER_REGION = 64 };

#ifdef __SANITIZE_ADDRESS__
static const int is_plain = 1;
#else
static const int is_plain = 0;
#endif

struct page_block {
    struct page_block *next;
};

struct page_region {
    struct page_region *next;
    unsigned char *bytes;
};

static size_t whole_pages(size_t size)
{
    return (size + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

void page_pool_init(struct page_pool *pool, size_t size)
{
    *pool = (struct page_pool){.block_size = whole_pages(size)};
}

void page_pool_release(struct page_pool *pool)
{
    for (struct page_region *region = pool->regions; region;) {
        struct page_region *next = region->next;
        (void)munmap(region->bytes, pool->block_size * BLOCKS_PER_REGION); /* it was mapped */
        memory_free(region);
        region = next;
    }
    *pool = (struct page_pool){.block_size = pool->block_size};
}

static void add_region(struct page_pool *pool)
{
    const size_t size = pool->block_size * BLOCKS_PER_REGION;
    unsigned char *bytes =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        memory_exhausted();
    /* A huge page would be there as a whole. A kernel without them refuses, and has none. */
    (void)madvise(bytes, size, MADV_NOHUGEPAGE);

    struct page_region *region = memory_alloc(sizeof(*region));
    region->bytes = bytes;
    region->next = pool->regions;
    pool->regions = region;
    for (size_t i = BLOCKS_PER_REGION; i-- > 0;) {
        struct page_block *block = (void *)(bytes + i * pool->block_size);
        block->next = pool->free;
        pool->free = block;
    }
}

void *page_pool_take(struct page_pool *pool)
{
    if (is_plain)
        return memory_alloc(pool->block_size);
    if (!pool->free)
        add_region(pool);
    struct page_block *block = pool->free;
    pool->free = block->next;
    block->next = NULL;
    return block;
}

void page_pool_give_back(struct page_pool *pool, void *block, size_t used)
{
    if (is_plain) {
        memory_free(block);
        return;
    }
    size_t zeroed = whole_pages(used);
    memset(block, 0, zeroed < pool->block_size ? zeroed : pool->block_size);
    /* What is given back to the system comes again as zeroes. */
    if (zeroed < pool->block_size &&
        madvise((unsigned char *)block + zeroed, pool->block_size - zeroed, MADV_DONTNEED) < 0)
        memset((unsigned char *)block + zeroed, 0, pool->block_size - zeroed);
    struct page_block *free_block = block;
    free_block->next = pool->free;
    pool->free = free_block;
}

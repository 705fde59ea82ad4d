#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kept_blocks.h"

void memory_exhausted(void)
{
    static const char line[] = "crisis: out of memory; nothing is lost, `crisis resume` goes on\n";

    ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)written; /* there is nobody left to tell */
    _exit(1);
}

void memory_return_large(void)
{
    enum { LARGE_BYTES = 128 * 1024, TOP_KEPT_BYTES = 8 << 20, TOP_GROWS_BYTES = 256 * 1024 };

    /* Unset, glibc moves this up when such a block is freed, and keeps the next ones. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    /* Set, it leaves these small: the heap would end a little further on with each request, and a
     * little before with each answer, at the price of its pages. */
    (void)mallopt(M_TRIM_THRESHOLD, TOP_KEPT_BYTES);
    (void)mallopt(M_TOP_PAD, TOP_GROWS_BYTES);
}

void *memory_alloc(size_t size)
{
    void *block = size >= KEPT_FROM_BYTES ? kept_blocks_take(size) : NULL;
    if (!block)
        block = calloc(1, size ? size : 1);
    if (!block)
        memory_exhausted();
    return block;
}

void *memory_take(size_t size)
{
    void *block = size >= KEPT_FROM_BYTES ? kept_blocks_take(size) : NULL;
    if (!block)
        block = malloc(size ? size : 1);
    if (!block)
        memory_exhausted();
    return block;
}

void *memory_alloc_array(size_t count, size_t element_size)
{
    if (element_size && count > SIZE_MAX / element_size)
        memory_exhausted();
    return memory_alloc(count * element_size);
}

void *memory_resize(void *block, size_t size)
{
    void *moved = realloc(block, size ? size : 1);
    if (!moved)
        memory_exhausted();
    return moved;
}

char *memory_strdup(const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = memory_alloc(size);
    memcpy(copy, string, size);
    return copy;
}

void memory_free(void *block)
{
    free(block);
}

void *memory_resize_wiped(void *block, size_t size)
{
    void *moved = memory_take(size);

    if (block) {
        size_t kept = malloc_usable_size(block);
        memcpy(moved, block, kept < size ? kept : size);
    }
    memory_free_wiped(block);
    return moved;
}

void memory_free_wiped(void *block)
{
    if (!block)
        return;
    size_t usable = malloc_usable_size(block);
    explicit_bzero(block, usable);
    if (usable < KEPT_FROM_BYTES || !kept_blocks_give_back(block, usable))
        free(block);
}

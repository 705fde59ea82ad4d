#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK_SMALL_BYTES = 384, BLOCK_FIRST_BYTES = 4096, BLOCK_MAX_BYTES = 256 * 1024 };

struct block {
    struct block *previous;
    size_t size, used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *last;
    struct block *spare; /* zeroed: what arena_clear() has kept */
    size_t next_block_size;
    size_t total;
};

static struct arena *new_with(size_t first_block_size)
{
    struct arena *arena = memory_alloc(sizeof(*arena));
    arena->next_block_size = first_block_size;
    return arena;
}

struct arena *arena_new(void)
{
    return new_with(BLOCK_FIRST_BYTES);
}

struct arena *arena_new_small(void)
{
    return new_with(BLOCK_SMALL_BYTES);
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *previous = block->previous;
        memory_free(block);
        block = previous;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->last);
    free_blocks(arena->spare);
    memory_free(arena);
}

void arena_clear(struct arena *arena)
{
    while (arena->last) {
        struct block *block = arena->last;
        arena->last = block->previous;
        memset(block->bytes, 0, block->used);
        block->used = 0;
        block->previous = arena->spare;
        arena->spare = block;
    }
}

/* False when none is large enough. */
static bool use_spare(struct arena *arena, size_t at_least)
{
    for (struct block **at = &arena->spare; *at; at = &(*at)->previous) {
        struct block *block = *at;
        if (block->size < at_least)
            continue;
        *at = block->previous;
        block->previous = arena->last;
        arena->last = block;
        return true;
    }
    return false;
}

static void add_block(struct arena *arena, size_t at_least)
{
    if (use_spare(arena, at_least))
        return;
    size_t size = arena->next_block_size;
    if (size < at_least)
        size = at_least;
    else if (arena->next_block_size < BLOCK_MAX_BYTES)
        arena->next_block_size *= 2;
    if (size > SIZE_MAX - sizeof(struct block))
        memory_exhausted();

    struct block *block = memory_alloc(sizeof(*block) + size);
    block->size = size;
    block->previous = arena->last;
    arena->last = block;
    arena->total += size;
}

static size_t round_up(size_t size)
{
    enum { ALIGNMENT = _Alignof(max_align_t) };

    if (size > SIZE_MAX - ALIGNMENT)
        memory_exhausted();
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = round_up(size);
    if (!arena->last || arena->last->size - arena->last->used < rounded)
        add_block(arena, rounded);
    void *memory = arena->last->bytes + arena->last->used;
    arena->last->used += rounded;
    return memory; /* zeroed when the block was made, handed out once */
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t element_size)
{
    if (element_size && count > SIZE_MAX / element_size)
        memory_exhausted();
    return arena_alloc(arena, count * element_size);
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity,
                 size_t element_size)
{
    if (count < *capacity)
        return array;
    if (*capacity > SIZE_MAX / 2)
        memory_exhausted();
    size_t wanted = *capacity ? *capacity * 2 : 8;
    void *moved = arena_alloc_array(arena, wanted, element_size);
    if (count)
        memcpy(moved, array, count * element_size);
    *capacity = wanted;
    return moved;
}

char *arena_strdup(struct arena *arena, const char *string)
{
    return arena_strndup(arena, string, strlen(string));
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t length)
{
    if (length == SIZE_MAX)
        memory_exhausted();
    char *copy = arena_alloc(arena, length + 1);
    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

void *arena_memdup(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *string = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return string;
}

/* Into the room that is left, which most often is enough. What is too long for it gets a block of
 * its own; the room stays unused then, since it is not zeroed any more.
 * nonnull: gcc's sanitizer build would else see a path on which the format is NULL, and warn. */
__attribute__((nonnull(2))) char *arena_vprintf(struct arena *arena, const char *format,
                                                va_list arguments)
{
    size_t room = arena->last ? arena->last->size - arena->last->used : 0;
    char *string = room ? (char *)arena->last->bytes + arena->last->used : NULL;
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(string, room, format, arguments);
    if (length < 0) {
        if (room)
            memset(string, 0, room);
        string = arena_alloc(arena, 1);
    } else if ((size_t)length < room) {
        arena->last->used += round_up((size_t)length + 1);
    } else {
        if (room)
            arena->last->used = arena->last->size;
        string = arena_alloc(arena, (size_t)length + 1);
        vsnprintf(string, (size_t)length + 1, format, again);
    }
    va_end(again);
    return string;
}

size_t arena_size_bytes(const struct arena *arena)
{
    return arena->total;
}

/*
 * Memory with one owner, released in one go. Everything that lives as long as a plan, a run or a
 * command is allocated from an arena and never freed alone.
 *
 * Allocation never returns NULL: memory that cannot be had ends the process with exit code 1 (see
 * memory.h). What comes from outside is bounded by the limits of limits.h before it gets here.
 */
#ifndef CRISIS_BASE_ARENA_H
#define CRISIS_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
/* For what is small and there in great numbers: it begins with a few hundred bytes. */
struct arena *arena_new_small(void);
void arena_free(struct arena *arena); /* NULL is fine */
/* Empty again, for work that is done over and over: the memory is kept for what comes next. */
void arena_clear(struct arena *arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same for count elements; the product is checked. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t element_size);

/* Room for one more element in an array that grows: returns the array, moved and doubled when
 * `count` has reached `*capacity`. Old copies stay in the arena until it is freed.
 *     items = arena_grow(arena, items, count, &capacity, sizeof(*items)); items[count++] = x; */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity,
                 size_t element_size);

char *arena_strdup(struct arena *arena, const char *string);
char *arena_strndup(struct arena *arena, const char *bytes, size_t length); /* adds the NUL */
void *arena_memdup(struct arena *arena, const void *bytes, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

size_t arena_size_bytes(const struct arena *arena); /* what it holds from the system */

#endif

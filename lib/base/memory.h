/*
 * Memory from the heap that is there or the process ends: a line on standard error and exit code 1.
 * Nothing is lost by that: intent and outcome are on disk before anything acts on them, and `crisis
 * resume` goes on (docs/decisions/0002-out-of-memory-ends-the-process.md). Libraries that can be
 * told where to take memory from are given these functions too, so that none of them turns a lack
 * of memory into a wrong answer, such as "this signature does not fit".
 */
#ifndef CRISIS_BASE_MEMORY_H
#define CRISIS_BASE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size); /* zeroed */
void *memory_take(size_t size);  /* not zeroed: for libraries that ask for large buffers */
void *memory_alloc_array(size_t count, size_t element_size);
void *memory_resize(void *block, size_t size); /* new bytes are not zeroed */
char *memory_strdup(const char *string);
void memory_free(void *block); /* NULL is fine */

/* Large blocks that are freed go back to the system at once: what one step of a command needed does
 * not stay with the next. For main(). */
void memory_return_large(void);

/* For libraries through which secrets go: what is given back, or moved from, is wiped. The blocks
 * are of the functions above. */
void *memory_resize_wiped(void *block, size_t size);
void memory_free_wiped(void *block); /* NULL is fine */

/* Ends the process: "out of memory". */
_Noreturn void memory_exhausted(void);

#endif

/*
 * Memory from the heap that is there or the process ends: a line on standard error and exit code 1.
 * Nothing is lost by that: intent and outcome are on disk before anything acts on them, and `crisis
 * resume` goes on (docs/decisions/0002-out-of-memory.md).
 */
#ifndef CRISIS_BASE_MEMORY_H
#define CRISIS_BASE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size); /* zeroed */
void *memory_alloc_array(size_t count, size_t element_size);
void *memory_resize(void *block, size_t size); /* new bytes are not zeroed */
char *memory_strdup(const char *string);
void memory_free(void *block);

/* Ends the process: "out of memory". */
_Noreturn void memory_exhausted(void);

#endif

/*
 * Large blocks that libraries take and give back with each request (libcurl's buffers, OpenSSL's
 * records), kept for the next one: the heap would look for each anew, join it with its neighbours
 * and split it again. Each thread keeps its own, and none until it says so. They are wiped, and
 * come back as zeroes.
 */
#ifndef CRISIS_BASE_KEPT_BLOCKS_H
#define CRISIS_BASE_KEPT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

enum { KEPT_FROM_BYTES = 4 << 10 }; /* smaller ones are not worth it */

/* From now on this thread keeps blocks, until kept_blocks_end() frees them. */
void kept_blocks_begin(void);
void kept_blocks_end(void);

/* A zeroed block that malloc() made and that holds `size` bytes; NULL: none is kept. */
void *kept_blocks_take(size_t size);
/* usable: what malloc_usable_size() says of the block, which has been wiped. False: it is still the
 * caller's. */
bool kept_blocks_give_back(void *block, size_t usable);

#endif

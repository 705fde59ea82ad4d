/*
 * Memory for secrets: locked in RAM where the system allows it, left out of core dumps, wiped when
 * released. It comes from a few large locked regions, so that it costs no system call each time.
 * The type cannot be printed: there is no way to a `char *` but secret_bytes(), which is easy to
 * find in review.
 */
#ifndef CRISIS_BASE_SECRET_H
#define CRISIS_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Call once at start: core dumps off, /proc/self unreadable to others of the same user. */
int secret_protect_process(struct error *error);

void *secret_alloc(size_t size); /* zeroed; never NULL */
void secret_free(void *block);   /* wipes; NULL is fine */

/* Wipes memory so that the compiler cannot leave it out. */
void secret_wipe(void *block, size_t size);

/* True when every region could be locked (RLIMIT_MEMLOCK); else it is only kept out of dumps. */
bool secret_is_locked(void);

struct secret; /* bytes of a known length, followed by a NUL */
struct secret *secret_new(const void *bytes, size_t size);
const char *secret_bytes(const struct secret *secret);
size_t secret_size(const struct secret *secret);
void secret_release(struct secret *secret); /* NULL is fine */

#endif

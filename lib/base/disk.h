/* Whether what is written to a folder would last. Nothing stays behind there. */
#ifndef CRISIS_BASE_DISK_H
#define CRISIS_BASE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* What may still be written on the file system of a folder, by whoever asks. ERROR_SYSTEM. */
int disk_free_bytes(const char *folder, uint64_t *out, struct error *error);

/* Writes and syncs a file without a name in the folder. *out_tried is false, and the result 0,
 * where the file system has no such files. ERROR_SYSTEM: it cannot be written, or not be made
 * durable. */
int disk_try(const char *folder, bool *out_tried, struct error *error);

#endif

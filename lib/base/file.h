/* Reads a file that a person named, whole or not at all. */
#ifndef CRISIS_BASE_FILE_H
#define CRISIS_BASE_FILE_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Reads a regular file of at most max_bytes into `out`, which is initialised here: release it,
 * after a failure too. ERROR_INPUT: not there, not readable, no regular file, too large;
 * ERROR_SYSTEM: the disk failed. */
int file_read(const char *path, size_t max_bytes, struct text *out, struct error *error);

/* The same into a secret text. */
int file_read_secret(const char *path, size_t max_bytes, struct text *out, struct error *error);

#endif

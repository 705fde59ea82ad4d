/* Reads a file that a person named, whole or not at all. */
#ifndef CRISIS_BASE_FILE_H
#define CRISIS_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* Reads a regular file of at most max_bytes into `out`, which is initialised here: release it,
 * after a failure too. ERROR_INPUT: not there, not readable, no regular file, too large;
 * ERROR_SYSTEM: the disk failed, or there is no descriptor left. */
int file_read(const char *path, size_t max_bytes, struct text *out, struct error *error);

/* The same of a file in a folder or below it: `name` is relative to the folder. ERROR_INPUT also
 * where a symbolic link leads out of the folder. */
int file_read_below(const char *folder, const char *name, size_t max_bytes, struct text *out,
                    struct error *error);

/* The same into a secret text. */
int file_read_secret(const char *path, size_t max_bytes, struct text *out, struct error *error);

/* Is a failed open(2) the system's trouble, and not a name that somebody mistyped? */
bool file_errno_is_of_system(int system_errno);

/* read(2) until `size` bytes are there or the file ends, whatever signals and short reads come
 * between. Returns how many there are; -1 with errno. */
ssize_t file_read_whole(int descriptor, void *out, size_t size);
/* The same for write(2). 0, or -1 with errno. */
int file_write_whole(int descriptor, const void *bytes, size_t size);

#endif

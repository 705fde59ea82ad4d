/*
 * A file that is written piece by piece, and is there whole or not at all: a temporary name in its
 * folder, sync, rename, sync of the folder.
 *
 *     struct file_writer *writer = file_writer_new(path, error);
 *     if (!writer)
 *         return -1;
 *     int result = file_writer_add(writer, bytes, size, error);
 *     if (result == 0)
 *         result = file_writer_finish(writer, FILE_NEW, 0644, error);
 *     file_writer_free(writer);
 */
#ifndef CRISIS_STORE_FILE_WRITER_H
#define CRISIS_STORE_FILE_WRITER_H

#include <stddef.h>

#include "base/error.h"

enum file_place {
    FILE_NEW,     /* a file of that name stays as it is: ERROR_USAGE */
    FILE_REPLACE, /* it is replaced */
};

struct file_writer;

/* NULL when the temporary file cannot be made (ERROR_SYSTEM). */
struct file_writer *file_writer_new(const char *path, struct error *error);
int file_writer_add(struct file_writer *writer, const void *bytes, size_t size,
                    struct error *error);
/* Makes the file durable and gives it its name; mode as for open(2). The name itself is not durable
 * yet. Here too errno says why it failed. */
int file_writer_place(struct file_writer *writer, enum file_place place, unsigned mode,
                      struct error *error);
/* The same, and the name too. */
int file_writer_finish(struct file_writer *writer, enum file_place place, unsigned mode,
                       struct error *error);
/* Takes away what was not finished. NULL is fine. */
void file_writer_free(struct file_writer *writer);

#endif

/* A form of something that goes to a file, or to standard output in its place. */
#ifndef CRISIS_CMD_OUTPUT_FILE_H
#define CRISIS_CMD_OUTPUT_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "report/sink.h"

/* Writes into the sink, and finishes it. */
typedef int output_file_writer(void *context, struct sink *sink, struct error *error);

/* Before any work: ERROR_USAGE when there is something of that name which is not to be replaced. */
int output_file_check(const char *path, bool is_replaced, struct error *error);

/* Writes it, whole or not at all; "-" is standard output. */
int output_file_write(const char *path, bool is_replaced, output_file_writer *write, void *context,
                      struct error *error);

#endif

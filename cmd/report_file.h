/* The forms of the report that go to a file, or to standard output in its place. */
#ifndef CRISIS_CMD_REPORT_FILE_H
#define CRISIS_CMD_REPORT_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "report/report.h"
#include "store/store.h"

enum report_form { REPORT_HTML, REPORT_CSV };

/* Writes it, whole or not at all; "-" is standard output. */
int report_file_write(struct store *store, const struct report *report, enum report_form form,
                      const char *path, bool is_replaced, struct error *error);

#endif

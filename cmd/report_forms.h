/* The forms of the report that go to standard output as lines: for people and as JSON. */
#ifndef CRISIS_CMD_REPORT_FORMS_H
#define CRISIS_CMD_REPORT_FORMS_H

#include "base/error.h"
#include "report/report.h"
#include "store/store.h"

/* Short, for a terminal of 80 columns. */
int report_print_text(struct store *store, const struct report *report, struct error *error);

/* {"event":"run",…}, {"event":"text",…} …, {"event":"delivery",…} …, {"event":"summary",…}. */
int report_print_json(struct store *store, const struct report *report, struct error *error);

#endif

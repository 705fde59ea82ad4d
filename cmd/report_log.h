/* What the audit log tells of one run as a whole: who let it through, and when it began, was
 * stopped, resumed and ended. */
#ifndef CRISIS_CMD_REPORT_LOG_H
#define CRISIS_CMD_REPORT_LOG_H

#include "base/arena.h"
#include "base/error.h"
#include "report/report.h"
#include "store/store.h"

/* Fills in approvals, emergency and events of *out, in the arena. Entries that are not readable are
 * passed over: verify the log first. */
int report_log_read(struct arena *arena, struct store *store, const char *run, struct report *out,
                    struct error *error);

#endif

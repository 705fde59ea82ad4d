/* Whether the texts of a run are still those that it began with, by the audit log. */
#ifndef CRISIS_CMD_AUDIT_TEXTS_H
#define CRISIS_CMD_AUDIT_TEXTS_H

#include "base/error.h"
#include "store/store.h"

#include "cmd/audit_told.h"

/* -1 with ERROR_VERIFICATION when they are not, or when no entry tells of the run. */
int audit_texts_compare(struct store *store, const struct told *told, const struct run_record *run,
                        struct error *error);

/* The same for one run, for whoever has not read the log: before it is gone on with. */
int audit_texts_check(struct store *store, const struct run_record *run, struct error *error);

#endif

/* What the names of the help stand for: PLAN, MESSAGE, RUN, SELECTOR … For `complete` only. */
#ifndef CRISIS_CMD_COMPLETE_VALUES_H
#define CRISIS_CMD_COMPLETE_VALUES_H

#include "cmd/candidates.h"
#include "cmd/options.h"

/* Adds what may stand for `name` ("RUN") in a command line of which `typed` is there. Nothing for a
 * name that nothing is known of, nor where a plan or a workspace cannot be read. The store is read
 * and never waited for by a person: no passphrase, no network. */
void complete_value(struct candidates *candidates, const struct invocation *typed,
                    const char *name);

#endif

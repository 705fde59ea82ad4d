/* The last rehearsal of a plan, in a line: for `check`, and whoever else asks how ready one is. */
#ifndef CRISIS_CMD_LAST_REHEARSAL_H
#define CRISIS_CMD_LAST_REHEARSAL_H

#include "base/error.h"
#include "plan/plan.h"
#include "store/rehearsals.h"

#include "cmd/context.h"
#include "cmd/output.h"

/* Prints it, or that there was none; as JSON: {"event":"rehearsal",…}, or nothing. The store must
 * be open. */
int last_rehearsal_print(struct context *context, const struct plan *plan, struct error *error);

/* The members of {"event":"rehearsal",…}, into an object that has begun. */
void last_rehearsal_add_json(struct json_line *line, const struct rehearsal_record *rehearsal);

#endif

/* What a person, or a program, is told of a retraction: before it, at its start, and at its end. */
#ifndef CRISIS_CMD_RETRACT_VIEW_H
#define CRISIS_CMD_RETRACT_VIEW_H

#include "base/error.h"
#include "dispatch/dispatch.h"
#include "store/store.h"

#include "cmd/context.h"
#include "cmd/retract_choice.h"

/* Shows mode, counts by channel, and what stays visible, and asks for the plan's id to be typed,
 * unless --yes was given. holder: who sends the run now; NULL: nobody. */
int retract_confirm(const struct context *context, const struct retract_choice *choice,
                    const struct run_holder *holder, struct error *error);

/* {"event":"run",…}, or a line. */
void retract_view_start(const struct retract_choice *choice);

/* What has come of it, and where the run stands; posts that are there still, with their addresses.
 */
int retract_view_end(struct context *context, struct retract_choice *choice,
                     const struct dispatch_result *result, int64_t ms, struct error *error);

#endif

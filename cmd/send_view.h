/* What a person, or a program, sees of a run while it is sent, or taken back: event lines, problems
 * as they come, and on a terminal one progress line per channel. */
#ifndef CRISIS_CMD_SEND_VIEW_H
#define CRISIS_CMD_SEND_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch/dispatch.h"
#include "dispatch/dry_run.h"
#include "store/store.h"

enum { VIEW_PROBLEMS_MAX = 32 };

/* The same problem of many deliveries is told a few times; the summary counts them all. */
struct told_problem {
    uint64_t sentence; /* hash of channel, state and message */
    size_t times;
};

struct send_view {
    const struct run_record *run;
    bool is_retraction;
    struct told_problem told[VIEW_PROBLEMS_MAX];
    size_t told_count;
};

/* The observer to give to the dispatcher; it points at the view. */
struct dispatch_observer send_view_observer(struct send_view *view);

/* {"event":"run",…}, or a line that names mode and audience. */
void send_view_start(const struct run_record *run);
void send_view_forecasts(const struct channel_forecast *forecasts, size_t count);

#endif

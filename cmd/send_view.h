/* What a person, or a program, sees of a run while it is sent: event lines, problems as they come,
 * and on a terminal one progress line per channel. */
#ifndef CRISIS_CMD_SEND_VIEW_H
#define CRISIS_CMD_SEND_VIEW_H

#include "dispatch/dispatch.h"
#include "dispatch/dry_run.h"
#include "store/store.h"

struct send_view {
    const struct run_record *run;
    size_t told; /* problems printed; beyond a few, the summary must do */
};

/* The observer to give to the dispatcher; it points at the view. */
struct dispatch_observer send_view_observer(struct send_view *view);

/* {"event":"run",…}, or a line that names mode and audience. */
void send_view_start(const struct run_record *run);
void send_view_forecasts(const struct channel_forecast *forecasts, size_t count);

#endif

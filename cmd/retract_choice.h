/* What of a run is to be taken back: --only and --except among its deliveries, counted by channel.
 */
#ifndef CRISIS_CMD_RETRACT_CHOICE_H
#define CRISIS_CMD_RETRACT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "plan/plan.h"
#include "store/store.h"

#include "cmd/context.h"
#include "cmd/selection.h"

struct retract_channel {
    const char *channel;
    size_t deliveries, posts;
    size_t doubtful; /* of the deliveries: nobody knows whether they are there */
};

struct retract_choice {
    const struct run_record *run;
    struct selectors only, except;
    const struct plan *plan; /* the run's; NULL: no selector needs it */
    struct retract_channel *channels;
    size_t channel_count, channel_capacity;
    size_t municipality_count, delivery_count, post_count;
    const char *municipality; /* of the delivery before */
    struct arena *arena;
};

/* Reads the selectors; for a group the run's plan is read, which must be as it was. */
int retract_choice_read(struct context *context, const struct run_record *run,
                        struct retract_choice *out, struct error *error);
/* Counts what there is to take back now. A selector that names no delivery of the run is
 * ERROR_USAGE. */
int retract_choice_count(struct retract_choice *choice, struct store *store, struct error *error);

/* Whether a delivery is meant (an argument for dispatch_options.is_meant). */
bool retract_is_meant(void *choice, const struct delivery_record *delivery);

#endif

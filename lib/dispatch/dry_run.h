/*
 * A dry run: every request of a run is built with its real credential, and none is sent. It has no
 * event loop and no HTTP client, so that it cannot open a connection.
 */
#ifndef CRISIS_DISPATCH_DRY_RUN_H
#define CRISIS_DISPATCH_DRY_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "dispatch/dispatch.h"
#include "dispatch/forecast.h"

/* Uses options->writer, reader, vault, run, network and observer.delivery; the rest may
 * be NULL. Deliveries end in `would-post` or `failed`. *forecasts, in the arena, has one element
 * for each channel that the run uses. */
int dry_run(const struct dispatch_options *options, int64_t unix_ms, struct arena *arena,
            struct channel_forecast **forecasts, size_t *forecast_count,
            struct dispatch_result *out, struct error *error);

#endif

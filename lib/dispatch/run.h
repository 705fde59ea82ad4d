/* From a rendering that the gate has let through to a run in the store, all of its deliveries
 * queued. */
#ifndef CRISIS_DISPATCH_RUN_H
#define CRISIS_DISPATCH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "plan/render.h"
#include "store/store.h"

struct verified_run;

/* "flom-ostlandet.alert.20261123T030412Z.7f3a": plan, message, start, and four random digits. */
const char *run_make_id(struct arena *arena, const char *plan, const char *message,
                        int64_t started_unix_ms);

/* The delivery's key, the same however often it is tried: the first 16 bytes of SHA-256 over run,
 * municipality, channel, account label and language, with a line feed between them. */
void run_delivery_key(const char *run, const char *municipality, const char *channel,
                      const char *account, const char *language, unsigned char out[16]);

/* Where a run comes from, for `resume`. */
struct run_source {
    const char *plan_file; /* absolute */
    const char *approval;  /* what the gate was asked (run_record.approval) */
    /* For each delivery of the rendering, whether it goes first; NULL: none does. */
    const bool *canaries;
    const char *canary_words; /* the selectors that chose them, for the audit log */
};

/* Makes the run. *out, in the arena, is what the store has; its mode is that of `verified`. */
int run_create(struct store *store, struct arena *arena, const struct render_request *request,
               const struct rendering *rendering, const struct verified_run *verified,
               const struct run_source *source, struct run_record **out, struct error *error);

/* When a message whose run started then expires. */
int64_t run_expires_unix_ms(const struct message *message, int64_t started_unix_ms);

#endif

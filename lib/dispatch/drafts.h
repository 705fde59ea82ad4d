/* The drafts in use: each is read from the store once, however many deliveries share it. */
#ifndef CRISIS_DISPATCH_DRAFTS_H
#define CRISIS_DISPATCH_DRAFTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/draft.h"

struct dispatch_options;
struct shared_draft;

enum {
    DRAFT_BUCKETS = 1024,
    DRAFTS_KEPT = 64, /* those that were read last, in use or not */
};

struct drafts {
    struct shared_draft *buckets[DRAFT_BUCKETS];
    struct shared_draft *kept[DRAFTS_KEPT];
    size_t next_kept;
};

void drafts_init(struct drafts *drafts);
void drafts_release(struct drafts *drafts); /* all must have been put back */

/* The draft of that row, until it is put back. NULL with the error. */
const struct draft *drafts_get(struct drafts *drafts, const struct dispatch_options *options,
                               int64_t row, struct error *error);
void drafts_put(struct drafts *drafts, const struct draft *draft);

#endif

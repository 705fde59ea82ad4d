/*
 * The texts of a run as one hash, which the entry that tells of its start has: what goes out when a
 * run is resumed is what its approvers let through, whoever has had a hand in the store meanwhile.
 *
 * For each delivery in the order of creation: its key, and the hash of its draft (every field with
 * its length before it, so that nothing can move from one to the next).
 */
#ifndef CRISIS_DISPATCH_TEXTS_H
#define CRISIS_DISPATCH_TEXTS_H

#include "base/digest.h"
#include "base/error.h"
#include "model/draft.h"
#include "store/store.h"

/* Of deliveries that are about to be made. */
void texts_of_new(const struct draft *drafts, size_t draft_count,
                  const struct new_deliveries *deliveries, unsigned char out[SHA256_SIZE]);

/* Of those that the store has. */
int texts_of_run(struct store *store, int64_t run_row, unsigned char out[SHA256_SIZE],
                 struct error *error);

#endif

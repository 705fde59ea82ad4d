/*
 * The accounts of a run's deliveries, one after the other: for whoever walks through all of them.
 * Deliveries of one account stand together, so that each is read once; the one before is forgotten.
 */
#ifndef CRISIS_DISPATCH_ACCOUNT_READER_H
#define CRISIS_DISPATCH_ACCOUNT_READER_H

#include <stdbool.h>

#include "base/error.h"
#include "store/store.h"

struct account_reader {
    struct store *store;
    struct arena *arena; /* of the account read last; NULL: none was */
    struct stored_account stored;
    bool is_found;
};

/* The account of a delivery, until the next call; *out NULL: it is not registered any more.
 * *is_new: it is not the one of the delivery before. Begin with the store and zeroes. */
int account_reader_take(struct account_reader *reader, const struct delivery_record *record,
                        const struct stored_account **out, bool *is_new, struct error *error);
void account_reader_release(struct account_reader *reader);

#endif

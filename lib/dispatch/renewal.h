/*
 * Renewal of an account's secrets during a run: one at a time for each account, whoever needs it
 * waits for it, and nobody uses the new secrets before they are on disk.
 */
#ifndef CRISIS_DISPATCH_RENEWAL_H
#define CRISIS_DISPATCH_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dispatch/delivery.h"
#include "dispatch/dispatcher.h"

/* May the secrets be renewed for an attempt that began at began_ms? Not when they just were, and
 * the network refuses the new ones too: *failure says so then. */
bool renewal_is_worth_it(const struct dispatcher *dispatcher, const struct delivery *delivery,
                         int64_t began_ms, struct failure *failure);

/* Lets a delivery that stands in no list wait until its account's secrets are renewed; begins that
 * unless it is under way. Where they were renewed since began_ms, it is ready at once. is_early:
 * the old secrets still work for this one. When all who wait say so, it is tried once, and one that
 * fails holds none of them up. */
void renewal_wait(struct dispatcher *dispatcher, struct delivery *delivery, int64_t began_ms,
                  bool is_early);

/* Ends those under way, when no callback will come any more, and forgets what was renewed. */
void renewals_drop(struct dispatcher *dispatcher);

#endif

/*
 * Whose turn it is at an account. A look-up tells its own post from one of another delivery by the
 * ids that are known, and texts may be the same: in two languages, or of an earlier run. So while a
 * look-up is under way nothing else is at its account, and it begins when all before it is on
 * record. Other attempts go beside each other.
 */
#ifndef CRISIS_DISPATCH_TURNS_H
#define CRISIS_DISPATCH_TURNS_H

#include <stdbool.h>

#include "dispatch/dispatcher.h"

/* Whether an attempt at the delivery may begin now. */
bool turns_may_begin(const struct delivery *delivery);
/* Keeps one whose turn it is not; it is ready again when what is under way has ended. */
void turns_hold(struct delivery *delivery);

void turns_begin(struct delivery *delivery, bool is_look_up);
/* The attempt's outcome is on record, or it is dropped. */
void turns_end(struct dispatcher *dispatcher, struct delivery *delivery, bool is_look_up);

#endif

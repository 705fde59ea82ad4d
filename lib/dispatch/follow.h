/* A message that follows another goes under its posts, in the same places: where they are is learnt
 * from the latest run of that message. */
#ifndef CRISIS_DISPATCH_FOLLOW_H
#define CRISIS_DISPATCH_FOLLOW_H

#include "base/error.h"

#include "dispatch/delivery.h"
#include "dispatch/dispatcher.h"

/* Gives each addressee the posts that it may reply to; nothing where the run follows none. */
int follow_load(struct dispatcher *dispatcher, struct error *error);

/* The post to reply to: the one in the delivery's language, else the account's first; NULL. */
const struct post *follow_find(const struct delivery *delivery);

#endif

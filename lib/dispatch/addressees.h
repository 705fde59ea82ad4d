/*
 * The accounts that deliveries in work go to. One is read from the store when the first of its
 * deliveries is taken up, and forgotten with the last one, unless later ones must know what was
 * learnt of it.
 */
#ifndef CRISIS_DISPATCH_ADDRESSEES_H
#define CRISIS_DISPATCH_ADDRESSEES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

struct addressee;

struct addressees {
    struct addressee **buckets;
};

void addressees_init(struct addressees *addressees);
void addressees_release(struct addressees *addressees);

/* The addressee of a delivery, which holds it from now on. *out_is_new: it was read just now; its
 * network and host are the caller's to fill in. NULL with the error. */
struct addressee *addressees_take(struct addressees *addressees, struct store *store,
                                  const struct delivery_record *record, bool *out_is_new,
                                  struct error *error);
/* A delivery lets go of it. */
void addressees_put(struct addressees *addressees, struct addressee *addressee, int64_t now_ms);

/* each() may not take or put. */
void addressees_each(const struct addressees *addressees,
                     void (*each)(void *context, struct addressee *addressee), void *context);

#endif

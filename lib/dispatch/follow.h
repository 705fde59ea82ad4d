/* A message that follows another goes under its posts, in the same places: where they are is learnt
 * from the runs of that message, and of those that it follows in turn. */
#ifndef CRISIS_DISPATCH_FOLLOW_H
#define CRISIS_DISPATCH_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "plan/plan.h"
#include "store/store.h"

#include "dispatch/delivery.h"
#include "dispatch/dispatcher.h"

/* The names of the messages that a message follows, the nearest first, with a space between; empty:
 * none. */
const char *follow_names(struct arena *arena, const struct plan *plan,
                         const struct message *message);

/* A run that matters to a message which follows others. */
struct followed_run {
    struct run_record run;
    bool is_end; /* it called off what stands behind it in the list, at the places it reached */
};

/* The runs of the messages in `follows` (run_record.follows), of that plan and mode, latest first,
 * and between them those that called messages off (`cancel`, `all-clear`): each for the places that
 * it reached only, for it may have gone to some. A dry run asks for what is live. */
int follow_runs(struct store *store, struct arena *arena, const char *plan, const char *follows,
                enum run_mode mode, struct followed_run **out, size_t *out_count,
                struct error *error);

/* Is a message of that run there, or may it be, or will it? What is in doubt counts: whoever saw a
 * wrong alert must see it called off. */
bool follow_is_reached(const struct run_record *run, const struct delivery_record *delivery);

/* Reads the posts that this run's may reply to; nothing where the run follows none. */
int follow_load(struct dispatcher *dispatcher, struct error *error);

/* Those at the account of a delivery, for as long as the dispatcher lives; NULL: there are none. */
const struct followed_post *follow_posts(const struct dispatcher *dispatcher,
                                         const struct delivery_record *record);

/* The post to reply to: the one in the delivery's language, else the account's first; NULL. */
const struct post *follow_find(const struct delivery *delivery);

#endif

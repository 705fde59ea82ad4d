/*
 * Taking back what a run has posted (dispatch_options.task is TASK_RETRACT): of each delivery that
 * is meant, the posts that are on record as ours are deleted, and nothing else. What may be out
 * there is looked up first, where that can be done by reading.
 *
 * No state says that a delivery is being taken back: deleting is harmless twice, and what is gone
 * already counts as taken back. So a process may die at any moment, and the same again goes on with
 * the rest. A delivery whose posts cannot be deleted stays what it was, with the failure.
 */
#ifndef CRISIS_DISPATCH_RETRACTION_H
#define CRISIS_DISPATCH_RETRACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "channels/channel.h"
#include "store/store.h"

#include "dispatch/dispatch.h"

struct delivery;
struct dispatcher;

/* Whether there is something to take back: posts are on record, or may be out there. */
bool retraction_is_due(const struct delivery_record *record);
/* Whether nobody knows what became of it: it is looked up first, or stays in doubt. */
bool retraction_is_doubtful(const struct delivery_record *record);
/* Of how many posts it is known that they were made. */
size_t retraction_post_count(const struct delivery_record *record);

/* Whether an attempt that is harmless twice may have been acted on: what is sent again then may be
 * there already. */
bool dispatch_may_be_posted(const struct channel_driver *driver,
                            const struct delivery_record *record);

/* --- for the dispatcher ---------------------------------------------------------------------- */
bool retraction_is_meant(const struct dispatch_options *options,
                         const struct delivery_record *record);
/* In a retraction: finds out what there is to do about each delivery: dispatcher->due. */
int retraction_load(struct dispatcher *dispatcher, struct error *error);
/* What the driver must know, as progress_write() has it, on the heap. */
char *retraction_progress(const struct delivery_record *record);
/* Puts a delivery that is not just queued, and has a host, where it begins. */
void retraction_place(struct dispatcher *dispatcher, struct delivery *delivery);

#endif

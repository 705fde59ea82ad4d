/*
 * The draft's pictures, for networks that take each by itself before the post, and are told in the
 * post which ones belong to it.
 *
 * progress.media has one word for each medium that is settled, in their order: the id that the
 * network gave, or "-" for one that is left out. A picture never holds the text up: one that the
 * network refuses for good, or that does not get through, is left out.
 */
#ifndef CRISIS_CHANNELS_UPLOAD_H
#define CRISIS_CHANNELS_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "channels/channel.h"
#include "channels/shared.h"

enum {
    UPLOAD_ID_SIZE = 192,
    UPLOAD_TRIES_MAX = 4, /* of one picture, whose answers were lost or asked to come again */
};

/* The first picture that is not settled yet; those that the network does not take are settled on
 * the way. NULL: none is left, and so it is after the first part of a thread. */
const struct media *upload_next(const struct media_limits *limits, const struct channel_job *job,
                                struct channel_progress *progress);

/* The upload under way begins again, or is asked about again: after `most` times it is too often.
 */
bool upload_is_too_often(struct channel_progress *progress, unsigned most);

/* Settles the next one, as `id`; one that is no word of progress.media is left out. */
void upload_keep(struct channel_progress *progress, const char *id);
void upload_leave_out(struct channel_progress *progress);
/* The last one that was settled is left out after all; and so are all. */
void upload_leave_out_last(struct channel_progress *progress);
void upload_leave_out_all(struct channel_progress *progress);

/* Is a picture that was answered so left out, or does the delivery end with this verdict, to try
 * again? */
bool upload_is_refused(const struct verdict *verdict);
/* The same, where another request follows: true when the delivery ends with it, in *next. */
bool upload_is_put_off(const struct channel_job *job, const struct http_reply *reply,
                       const struct verdict *verdict, struct channel_action *action,
                       enum channel_next *next);
/* May a post have been refused for its pictures? */
bool upload_is_reason(const struct verdict *verdict);
/* The same, of a post that has some of progress.media: it is sent once more without them. */
bool upload_may_be_reason(const struct channel_progress *progress, const struct verdict *verdict);

/* The id of the draft's medium of that index; false: there is none, or it was left out. */
bool upload_id(const struct channel_progress *progress, size_t index, char out[UPLOAD_ID_SIZE]);
bool upload_any(const struct channel_progress *progress);
/* How many are settled. */
size_t upload_count(const struct channel_progress *progress);
/* A member of a JSON object: the ids of those that are not left out. */
void upload_add_ids(const struct channel_progress *progress, const char *name, struct text *body);

#endif

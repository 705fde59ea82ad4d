/* A draft's parts among the posts that a network shows of an account: what TASK_FIND does where
 * there is no key. */
#ifndef CRISIS_CHANNELS_TIMELINE_H
#define CRISIS_CHANNELS_TIMELINE_H

#include <stdbool.h>

#include "channels/channel.h"

/* A post as a network shows it. NULL: it does not say. */
struct timeline_post {
    const char *id;
    const char *url;
    const char *text;
    const char *created; /* RFC 3339 */
    const char *reply_to;
};

/* Is this the part that progress stands at? Then it is recorded, and progress stands at the next.
 * An older post, one of another delivery, and one that replies to something else are not it.
 * *is_timeless is set when it might be, but its time is not known: then nobody can tell.
 * match_options: channels/match.h. */
bool timeline_take(const struct channel_job *job, struct channel_progress *progress,
                   const struct timeline_post *post, unsigned match_options, bool *is_timeless);

#endif

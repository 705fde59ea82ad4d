/*
 * Tokens that live for 60 days and give the next one while they work (Threads API, "Long-Lived
 * Tokens"; Instagram Platform, "Refresh an Access Token"). One that has ended gives none: a person
 * must connect the account again. So it is renewed long before, and a renewal that fails does no
 * harm yet.
 */
#ifndef CRISIS_CHANNELS_GRAPH_RENEW_H
#define CRISIS_CHANNELS_GRAPH_RENEW_H

#include <stdbool.h>

#include "channels/channel.h"
#include "channels/graph_reply.h"

struct graph_renewal {
    const struct channel_driver *driver;
    const struct graph_errors *errors;
    const char *grant_type;
    unsigned stage; /* of progress, while it is renewed */
};

/* When the account's credential ends, by itself or by its settings; 0: not known. */
int64_t graph_end_unix_ms(const struct channel_job *job);

/* Is it time to renew the token, before anything else is asked? A post waits for it only when the
 * end is near; a check has the time. */
bool graph_needs_renewal(const struct channel_job *job);

enum channel_next graph_step_renew(const struct graph_renewal *renewal,
                                   const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action);

#endif

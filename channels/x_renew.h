/* Renewal of an OAuth 2.0 token at X (docs.x.com, "OAuth 2.0 Authorization Code Flow with PKCE"):
 * POST /2/oauth2/token. The refresh token works once: the answer has the next one. */
#ifndef CRISIS_CHANNELS_X_RENEW_H
#define CRISIS_CHANNELS_X_RENEW_H

#include <stdbool.h>

#include "channels/channel.h"

/* Must the token be renewed before anything else? By the answer to the last request (NULL: none
 * yet), or because its time is known to be over; never where it cannot be. */
bool x_needs_renewal(const struct channel_job *job, const struct http_reply *reply);

enum channel_next x_step_renew(const struct channel_job *job, struct channel_progress *progress,
                               const struct http_reply *reply, struct channel_action *action);

#endif

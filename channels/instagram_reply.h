/* What Instagram's replies mean beside what all of the Graph API's do (Instagram Platform, "Error
 * Codes"). */
#ifndef CRISIS_CHANNELS_INSTAGRAM_REPLY_H
#define CRISIS_CHANNELS_INSTAGRAM_REPLY_H

#include "channels/channel.h"
#include "channels/graph_reply.h"

extern const struct graph_errors instagram_errors;

void instagram_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

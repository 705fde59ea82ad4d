/* What Facebook's replies mean beside what all of the Graph API's do (Pages API, reference
 * /{page}/feed: errors). */
#ifndef CRISIS_CHANNELS_FACEBOOK_REPLY_H
#define CRISIS_CHANNELS_FACEBOOK_REPLY_H

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/graph_reply.h"
#include "channels/shared.h"

/* The subcode of pictures that another post has shown already. */
enum { FACEBOOK_PICTURES_POSTED = 1366051 };

/* As graph_verdict(). */
struct verdict facebook_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect, char code[GRAPH_CODE_SIZE]);

void facebook_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

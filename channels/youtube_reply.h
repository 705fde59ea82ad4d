/* What the answers of YouTube's Data API mean: by the reason of the error (developers.google.com/
 * youtube/v3/docs/errors). */
#ifndef CRISIS_CHANNELS_YOUTUBE_REPLY_H
#define CRISIS_CHANNELS_YOUTUBE_REPLY_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

/* The error's reason, or NULL. */
const char *youtube_reason(const struct json *root);

/* The meaning of a reply that is no success; root is its body, or NULL when that is not JSON.
 * effect: of the request. Strings of both must live as long as the verdict. */
struct verdict youtube_verdict(const struct http_reply *reply, const struct json *root,
                               enum request_effect effect);

/* Can nobody see that film, and why? Strings of both must live as long as the verdict. */
bool youtube_is_unseen(const struct json *film, struct verdict *out);

void youtube_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

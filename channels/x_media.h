/* Pictures on X: each is uploaded, then described, and the post names them (API v2, "Upload media",
 * "Create metadata for media"). Nobody sees an upload, so all of it may be done again. */
#ifndef CRISIS_CHANNELS_X_MEDIA_H
#define CRISIS_CHANNELS_X_MEDIA_H

#include <stdbool.h>

#include "base/text.h"
#include "wire/json.h"

#include "channels/channel.h"

/* Goes on with the pictures: from the start or after a restart with reply NULL, else with the
 * answer of the stage X_UPLOADING or X_DESCRIBING; root is its body. True: *next is what to do
 * next. False: all of them are settled, and it is the post's turn. */
bool x_media_step(const struct channel_job *job, struct channel_progress *progress,
                  const struct http_reply *reply, const struct json *root,
                  struct channel_action *action, enum channel_next *next);

/* The member `media` of a post, with the pictures that were uploaded; none: nothing. */
void x_media_add(const struct channel_progress *progress, struct text *body);

#endif

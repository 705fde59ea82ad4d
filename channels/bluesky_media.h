/* Pictures on Bluesky: each goes up as a blob, and the record of the post embeds what the server
 * said of it (com.atproto.repo.uploadBlob, app.bsky.embed.images). Nobody sees a blob that no
 * record has, so all of it may be done again. */
#ifndef CRISIS_CHANNELS_BLUESKY_MEDIA_H
#define CRISIS_CHANNELS_BLUESKY_MEDIA_H

#include <stdbool.h>

#include "base/text.h"
#include "wire/json.h"

#include "channels/channel.h"

/* Goes on with the pictures: from the start or after a restart with reply NULL, else with the
 * answer to an upload; root is its body. The caller has set the stage of uploads. True: *next is
 * what to do next. False: all of them are settled, and it is the post's turn. */
bool bluesky_media_step(const struct channel_job *job, struct channel_progress *progress,
                        const struct http_reply *reply, const struct json *root,
                        struct channel_action *action, enum channel_next *next);

/* The member `embed` of the record, with the pictures that were uploaded; none: nothing. */
void bluesky_media_add(const struct channel_job *job, const struct channel_progress *progress,
                       struct text *body);

#endif

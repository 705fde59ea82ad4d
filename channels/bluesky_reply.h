/* What a Bluesky server's answers mean: by the error's name, then by the status. */
#ifndef CRISIS_CHANNELS_BLUESKY_REPLY_H
#define CRISIS_CHANNELS_BLUESKY_REPLY_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

bool bluesky_is_error(const struct json *root, const char *name);

/* The session's tokens have run out, or are not taken: they must be made anew. */
bool bluesky_is_over(const struct json *root);

/* The meaning of a reply that is no success. Strings of root must live as long as the verdict. */
struct verdict bluesky_verdict(const struct http_reply *reply, const struct json *root);

/* Ends the task by what the error says; NEXT_RENEW when the session has run out. Every request to
 * Bluesky is harmless twice. */
enum channel_next bluesky_end_refused(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, struct channel_action *action);

/* The next step for a person whose account the server has closed. */
extern const char bluesky_log_in[];

void bluesky_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

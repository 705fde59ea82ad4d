/* Sessions on Bluesky, and what every request has (com.atproto.server.createSession and
 * refreshSession). */
#ifndef CRISIS_CHANNELS_BLUESKY_SESSION_H
#define CRISIS_CHANNELS_BLUESKY_SESSION_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"

/* What is missing for any request; NULL: nothing. */
const char *bluesky_missing_part(const struct channel_job *job);

bool bluesky_has_session(const struct channel_job *job);
bool bluesky_has_refresh_token(const struct channel_job *job);
/* The account's identifier, "did:plc:…"; NULL without a session. */
const char *bluesky_repository(const struct channel_job *job);

/* Begins a request to {server}/xrpc/{method} with the session's token. */
void bluesky_start_request(const struct channel_job *job, struct channel_action *action,
                           enum http_method method, enum request_effect effect,
                           const char *procedure);

enum channel_next bluesky_send_refresh(const struct channel_job *job,
                                       struct channel_action *action);
enum channel_next bluesky_send_sign_in(const struct channel_job *job,
                                       struct channel_action *action);
/* Takes the new session's secrets out of an answer into action->renewed. False when it has none. */
bool bluesky_take_session(const struct channel_job *job, const struct http_reply *reply,
                          const struct json *root, struct channel_action *action);

#endif

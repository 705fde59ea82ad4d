/* Requests to a Mastodon server: how each begins, the ids in them, and how a refusal ends. */
#ifndef CRISIS_CHANNELS_MASTODON_REQUEST_H
#define CRISIS_CHANNELS_MASTODON_REQUEST_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"

enum mastodon_stage {
    MASTODON_START,
    MASTODON_POSTING,
    MASTODON_FINDING_USER,
    MASTODON_FINDING,
    MASTODON_DELETING,
    MASTODON_CHECKING,
    MASTODON_CHECKING_SERVER,
    MASTODON_UPLOADING,
    MASTODON_PROCESSING, /* the server has a picture and makes it ready */
};

enum { MASTODON_ID_SIZE = 64 };

/* May it stand in a path? */
bool mastodon_is_id(const char *id);

/* The id of what a request was for or has made; false: it was refused, or has none. */
bool mastodon_read_id(const struct http_reply *reply, const struct json *root,
                      char out[MASTODON_ID_SIZE]);

/* Begins a request to {server}{path}. */
void mastodon_start_request(const struct channel_job *job, struct channel_action *action,
                            enum http_method method, enum request_effect effect, const char *path);

/* Ends the task by what the error says. */
enum channel_next mastodon_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action);

#endif

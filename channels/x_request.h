/* Requests to X: how each begins and ends, and the ids in them. */
#ifndef CRISIS_CHANNELS_X_REQUEST_H
#define CRISIS_CHANNELS_X_REQUEST_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"
#include "channels/x_reply.h"

enum x_stage {
    X_START,
    X_POSTING,
    X_FINDING_USER,
    X_FINDING,
    X_DELETING,
    X_CHECKING,
    X_RENEWING,
    X_UPLOADING,
    X_DESCRIBING,
};

enum { X_ID_DIGITS_MAX = 19, X_ID_SIZE = X_ID_DIGITS_MAX + 1 };

/* Does the credential sign requests by OAuth 1.0a? Else its token is sent. */
bool x_uses_oauth1(const struct channel_job *job);

/* Begins a request to {endpoint}{path}; the caller goes on with query and body. */
void x_start_request(const struct channel_job *job, struct channel_action *action,
                     enum http_method method, enum request_effect effect, const char *path);

/* Adds what every request has, last, because the signature covers the URL. */
enum channel_next x_send(const struct channel_job *job, struct channel_action *action);

/* Asks whose token it is. */
enum channel_next x_send_me(const struct channel_job *job, struct channel_action *action);

/* What x_verdict says, fitted to the job: to what was being done, and to our clock. */
struct verdict x_judge(const struct channel_job *job, const struct http_reply *reply,
                       const struct json *root, enum request_effect effect, char code[X_CODE_SIZE]);

/* Ends the task by what the error says. */
enum channel_next x_end_refused(const struct channel_job *job, const struct http_reply *reply,
                                const struct json *root, enum request_effect effect,
                                struct channel_action *action);

bool x_is_id(const char *id);

/* The id of what a request was for or has made; false: it was refused, or has none. */
bool x_read_id(const struct http_reply *reply, const struct json *root, char out[X_ID_SIZE]);

/* The permalink of post->id: under the account's `username` where that is set. X redirects the
 * other form by the id alone. */
void x_write_url(const struct channel_job *job, struct post *post);

#endif

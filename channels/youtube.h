/* What the files of the YouTube driver share. */
#ifndef CRISIS_CHANNELS_YOUTUBE_H
#define CRISIS_CHANNELS_YOUTUBE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/json.h"

#include "channels/channel.h"

enum youtube_stage {
    YOUTUBE_START,
    YOUTUBE_OPENING,   /* asking for a session */
    YOUTUBE_UPLOADING, /* the film, piece by piece */
    YOUTUBE_PROBING,   /* asking the session what it has */
    YOUTUBE_FINDING_SESSION,
    YOUTUBE_FINDING_CHANNEL,
    YOUTUBE_FINDING,
    YOUTUBE_DELETING,
    YOUTUBE_CHECKING,
    YOUTUBE_RENEWING,
};

enum { YOUTUBE_ID_SIZE = 64, YOUTUBE_DESCRIPTION_MAX_BYTES = 5000 };

/* Where people watch a film: this and its id. */
#define YOUTUBE_WATCH_ADDRESS "https://www.youtube.com/watch?v="

/* --- youtube_request.c --- */

/* Begins a request to {endpoint}{path}, with the token of the moment. */
void youtube_start_request(const struct channel_job *job, struct channel_action *action,
                           enum http_method method, enum request_effect effect, const char *path);
/* GET of the account's own channel. */
enum channel_next youtube_send_channel(const struct channel_job *job,
                                       struct channel_action *action);
/* Ends the task by what the error says. */
enum channel_next youtube_end_refused(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, enum request_effect effect,
                                      struct channel_action *action);
/* May it stand in a query and a permalink? */
bool youtube_is_id(const char *id);
/* Records the film of that id as the post. */
void youtube_keep_post(const struct channel_job *job, struct channel_progress *progress,
                       const char *id);
/* The film's title: the headline, else the first line of the text. */
void youtube_title_add(const struct draft *draft, struct text *out);
/* The member `description`: the text, and the address of the film that it follows. */
void youtube_add_description(const struct channel_job *job, struct text *body);

/* --- youtube_upload.c: TASK_POST, and its session --- */

enum channel_next youtube_step_post(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action);
bool youtube_has_session(const struct channel_progress *progress);
/* Asks the session what it has: it only reads. */
enum channel_next youtube_send_probe(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action);

/* Bytes that it has, of a film of that size. False: the answer does not say. */
bool youtube_read_range(const struct http_reply *reply, size_t size, size_t *out);

/* --- youtube_find.c: TASK_FIND --- */

enum channel_next youtube_step_find(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action);

/* --- youtube_renew.c: TASK_RENEW (developers.google.com/identity/protocols/oauth2) --- */

/* Must the token be renewed before anything else? By the answer to the last request (NULL: none
 * yet), or because there is none, or its time is known to be over. */
bool youtube_needs_renewal(const struct channel_job *job, const struct http_reply *reply);
enum channel_next youtube_step_renew(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action);

#endif

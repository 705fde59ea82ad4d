/* What the files of the Micropub driver share. */
#ifndef CRISIS_CHANNELS_MICROPUB_H
#define CRISIS_CHANNELS_MICROPUB_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

enum micropub_stage {
    MICROPUB_START,
    MICROPUB_DISCOVERING, /* where is the endpoint? before a post */
    MICROPUB_CONFIGURING, /* where do pictures go? */
    MICROPUB_UPLOADING,
    MICROPUB_POSTING,
    MICROPUB_COMPARING, /* our slug was taken: by a post of this delivery? */
    MICROPUB_REMOVING,  /* then the second one goes */
    MICROPUB_FINDING_ENDPOINT,
    MICROPUB_FINDING,
    MICROPUB_DELETING_ENDPOINT,
    MICROPUB_DELETING,
    MICROPUB_CONFIRMING, /* what cannot be deleted: is it gone already? */
    MICROPUB_CHECKING_SITE,
    MICROPUB_CHECKING_CONFIG,
};

enum { MICROPUB_ENDPOINT_SIZE = 192 };

/* --- micropub_place.c: where the endpoints are ---
 *
 * The site's own is the setting `endpoint`, else what the site names in a Link header. That, and
 * the media endpoint, stand in progress.handle. An endpoint on another origin than the site is used
 * only where a person has set it: the token is the site's. */

/* False when it is not known yet. */
bool micropub_endpoint(const struct channel_job *job, const struct channel_progress *progress,
                       char out[MICROPUB_ENDPOINT_SIZE]);
enum channel_next micropub_send_discovery(const struct channel_job *job,
                                          struct channel_progress *progress,
                                          enum micropub_stage stage, struct channel_action *action);
/* Takes the answer. False: *next is the end of the task. */
bool micropub_take_discovery(const struct channel_job *job, struct channel_progress *progress,
                             const struct http_reply *reply, struct channel_action *action,
                             enum channel_next *next);

/* Was the site asked for its media endpoint? out is empty when it has none for us. */
bool micropub_media_endpoint(const struct channel_progress *progress,
                             char out[MICROPUB_ENDPOINT_SIZE]);
/* url NULL, or one that does not fit: there is none. */
void micropub_keep_media_endpoint(struct channel_progress *progress, const char *url);

/* GET with the token; `q` and a page's address, or NULL, are its query. */
enum channel_next micropub_send_query(const struct channel_job *job,
                                      const struct channel_progress *progress, const char *q,
                                      const char *page, struct channel_action *action);
/* The address in an answer's Location header. */
bool micropub_location(const struct http_reply *reply, const char *endpoint, char *out,
                       size_t size);

/* --- micropub_reply.c --- */

struct verdict micropub_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect);
enum channel_next micropub_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action);
/* Does the answer say that there is no such page? */
bool micropub_says_gone(const struct http_reply *reply, const struct json *root);
/* Is it the source of a page (q=source)? */
bool micropub_is_source(const struct http_reply *reply, const struct json *root);

/* --- micropub_media.c --- */

/* Goes on with the pictures: reply NULL, else the answer of the stage MICROPUB_CONFIGURING or
 * MICROPUB_UPLOADING; root is its body. True: *next is what to do next. False: all are settled. */
bool micropub_media_step(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next);
/* The property `photo`; none: nothing. */
void micropub_media_add(const struct channel_job *job, const struct channel_progress *progress,
                        struct text *body);

/* --- micropub_find.c --- */

/* The slug in a page's address, the last part of its path: its place, and length. */
const char *micropub_slug(const char *page, size_t *length);
enum channel_next micropub_step_find(const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action);

#endif

/* What the files of the container drivers share. */
#ifndef CRISIS_CHANNELS_CONTAINER_PARTS_H
#define CRISIS_CHANNELS_CONTAINER_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/json.h"

#include "channels/container.h"

/* What progress.handle says of the part that progress stands at. */
struct container {
    unsigned part;
    unsigned tries; /* containers made for it before, in vain */
    unsigned sent;  /* how often its publishing was asked for, at most 2 */
    unsigned alone; /* 1: what it should reply to is gone */
    char id[64];    /* empty: not made yet */
};
/* One of another part, or none, is an empty one. */
void container_read(const struct channel_progress *progress, struct container *out);
void container_write(struct channel_progress *progress, const struct container *container);

/* Does a container's status, or the error in its place, say that it is published? */
bool container_is_published(const struct container_network *network, const struct json *root);
enum channel_next container_end_refused(const struct container_network *network,
                                        const struct channel_job *job,
                                        const struct http_reply *reply, const struct json *root,
                                        enum request_effect effect, struct channel_action *action);

/* --- container_request.c --------------------------------------------------------------------- */

/* progress.media of a post that goes without its pictures: the network could not take them. */
extern const char container_without_pictures[2];
/* How many pictures go with the part that progress stands at. Where none is needed, the text goes
 * by itself when one of them cannot be fetched or taken. */
size_t container_picture_count(const struct container_network *network,
                               const struct channel_job *job,
                               const struct channel_progress *progress);
/* Lacks the post the pictures that it needs? *sentence says how. */
bool container_lacks_picture(const struct container_network *network, const struct channel_job *job,
                             char *sentence, size_t size);
/* The post that this part replies to, or NULL. */
const char *container_reply_target(const struct container_network *network,
                                   const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   const struct container *container);
/* The first post whose permalink is not known; post_count when there is none. */
unsigned container_first_unlinked(const struct channel_progress *progress);

/* GET {address}/{id}[/{edge}]?fields=… */
enum channel_next container_send_read(const struct container_network *network,
                                      const struct channel_job *job, const char *id,
                                      const char *edge, const char *fields,
                                      struct channel_action *action);
/* The next picture of several. */
enum channel_next container_send_picture(const struct container_network *network,
                                         const struct channel_job *job,
                                         const struct channel_progress *progress,
                                         struct channel_action *action);
enum channel_next container_send_create(const struct container_network *network,
                                        const struct channel_job *job,
                                        const struct channel_progress *progress,
                                        struct channel_action *action);
enum channel_next container_send_status(const struct container_network *network,
                                        const struct channel_job *job,
                                        const struct channel_progress *progress,
                                        struct channel_action *action);
enum channel_next container_send_publish(const struct container_network *network,
                                         const struct channel_job *job,
                                         struct channel_progress *progress,
                                         struct channel_action *action);
/* The next permalink, or the end: POSTED. */
enum channel_next container_send_link(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply,
                                      struct channel_action *action);

/* --- a task each ----------------------------------------------------------------------------- */
enum channel_next container_step_post(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply,
                                      struct channel_action *action);
enum channel_next container_step_find(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply,
                                      struct channel_action *action);
enum channel_next container_step_check(const struct container_network *network,
                                       const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply,
                                       struct channel_action *action);

#endif

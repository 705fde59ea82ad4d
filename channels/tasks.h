/* The shape of most drivers: what every task needs comes first, then the task's own steps. */
#ifndef CRISIS_CHANNELS_TASKS_H
#define CRISIS_CHANNELS_TASKS_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"

typedef enum channel_next task_step(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action);

struct driver_tasks {
    unsigned parts_max; /* of one delivery, at most THREAD_PARTS_MAX */
    /* What the account lacks for any request, for people; NULL: nothing. */
    const char *(*missing)(const struct channel_job *job);
    /* Is the secret of the moment over, or does the reply say so? NULL: there is none. */
    bool (*needs_renewal)(const struct channel_job *job, const struct http_reply *reply);
    task_step *post, *find, *check;
    /* RETRACT: by a request for each post, or else by a step. */
    const struct driver_deletion *deletion;
    task_step *retract;
    task_step *renew; /* NULL: what it has does not run out, or cannot be renewed */
};

/* A driver's step. */
enum channel_next tasks_step(const struct driver_tasks *tasks, const struct channel_job *job,
                             struct channel_progress *progress, const struct http_reply *reply,
                             struct channel_action *action);

typedef enum channel_next task_take(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, const struct json *root,
                                    struct channel_action *action);

/* Has an answer read, with its body as root, or NULL when that is not JSON. */
enum channel_next tasks_take(task_take *take, const struct channel_job *job,
                             struct channel_progress *progress, const struct http_reply *reply,
                             struct channel_action *action);

/* How the posts are deleted one by one, from the first on: it is the one that people see. */
struct driver_deletion {
    unsigned stage; /* progress.stage meanwhile */
    /* Builds the request that deletes progress.posts[progress.part]. */
    enum channel_next (*send)(const void *network, const struct channel_job *job,
                              const struct channel_progress *progress,
                              struct channel_action *action);
    /* Is the post not there any more? root is NULL when the answer is not JSON. */
    bool (*is_gone)(const struct http_reply *reply, const struct json *root);
    /* Ends the task because of the answer. */
    enum channel_next (*refuse)(const void *network, const struct channel_job *job,
                                const struct http_reply *reply, const struct json *root,
                                struct channel_action *action);
    /* Where an id counts at the account's own place only, and there may be another one's: whether
     * the post's address says that it is at this place. Asked of accounts that were registered anew
     * since. NULL: ids count in the whole network. */
    bool (*is_here)(const struct channel_job *job, const struct post *post);
};

/* For is_here: whether a post's address begins with that of the place. */
bool tasks_is_below(const char *address, const struct post *post);

/* network: handed to send() and refuse(), for a driver of several networks; else NULL. */
enum channel_next tasks_delete(const struct driver_deletion *deletion, const void *network,
                               const struct channel_job *job, struct channel_progress *progress,
                               const struct http_reply *reply, struct channel_action *action);

#endif

#include "channels/tasks.h"

#include <string.h>

#include "base/language.h"

#include "channels/shared.h"

static task_step *step_of(const struct driver_tasks *tasks, enum channel_task task)
{
    switch (task) {
    case TASK_POST:
        return tasks->post;
    case TASK_FIND:
        return tasks->find;
    case TASK_RETRACT:
        return tasks->retract;
    case TASK_CHECK:
        return tasks->check;
    case TASK_RENEW:
        return tasks->renew;
    }
    return NULL;
}

enum channel_next tasks_step(const struct driver_tasks *tasks, const struct channel_job *job,
                             struct channel_progress *progress, const struct http_reply *reply,
                             struct channel_action *action)
{
    const char *missing = tasks->missing(job);
    task_step *step = step_of(tasks, job->task);

    if (missing)
        return shared_end_incomplete(job, missing, action);
    if (progress->post_count > tasks->parts_max)
        progress->post_count = tasks->parts_max;
    if (!shared_has_parts(job, tasks->parts_max))
        return shared_end_unfit(job, NULL, FAILURE_CONTENT,
                                tasks->parts_max == 1 ? N_("the text must have exactly one part")
                                                      : N_("the text has no parts, or too many"),
                                action);
    if (tasks->needs_renewal && tasks->needs_renewal(job, reply))
        return NEXT_RENEW;
    if (job->task == TASK_RETRACT && tasks->deletion)
        return tasks_delete(tasks->deletion, NULL, job, progress, reply, action);
    if (!step)
        return shared_end_incomplete(job, "an unknown task", action);
    return step(job, progress, reply, action);
}

enum channel_next tasks_take(task_take *take, const struct channel_job *job,
                             struct channel_progress *progress, const struct http_reply *reply,
                             struct channel_action *action)
{
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = take(job, progress, reply, root, action);

    json_free(root);
    return next;
}

/* --- deleting -------------------------------------------------------------------------------- */

bool tasks_is_below(const char *address, const struct post *post)
{
    size_t length = address ? strlen(address) : 0;

    while (length > 0 && address[length - 1] == '/')
        length--;
    return length > 0 && strncmp(post->url, address, length) == 0 &&
           strchr("/?", post->url[length]) && post->url[length];
}

static enum channel_next delete_next(const struct driver_deletion *deletion, const void *network,
                                     const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     const struct http_reply *reply, struct channel_action *action)
{
    if (progress->part >= progress->post_count || progress->part >= THREAD_PARTS_MAX)
        return shared_end_well(reply, OUTCOME_RETRACTED, action);
    if (job->is_registered_since && deletion->is_here &&
        !deletion->is_here(job, &progress->posts[progress->part]))
        return shared_end_unfit(job, reply, FAILURE_CONTENT,
                                N_("the account was registered anew since, and this post is not "
                                   "known to be at its new address"),
                                action);
    return deletion->send(network, job, progress, action);
}

enum channel_next tasks_delete(const struct driver_deletion *deletion, const void *network,
                               const struct channel_job *job, struct channel_progress *progress,
                               const struct http_reply *reply, struct channel_action *action)
{
    if (progress->stage != deletion->stage) {
        progress->stage = deletion->stage;
        progress->part = 0;
        reply = NULL;
    }
    if (!reply)
        return delete_next(deletion, network, job, progress, NULL, action);
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next;
    if (deletion->is_gone(reply, root)) {
        progress->part++;
        next = delete_next(deletion, network, job, progress, reply, action);
    } else {
        next = deletion->refuse(network, job, reply, root, action);
    }
    json_free(root);
    return next;
}

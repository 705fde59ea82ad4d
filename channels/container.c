#include "channels/container.h"

#include <stdio.h>
#include <string.h>

#include "wire/form.h"

#include "channels/container_parts.h"
#include "channels/graph_request.h"
#include "channels/shared.h"
#include "channels/tasks.h"

const char *const container_stages[] = {
    "start",   "adding",        "creating", "waiting",  "publishing",     "linking",  "finding",
    "listing", "listing-other", "deleting", "checking", "checking-limit", "renewing", NULL};

const char *container_account(const struct channel_job *job)
{
    const char *account = account_setting(job->account, "account");
    return account && account[0] ? account : "me";
}

void container_read(const struct channel_progress *progress, struct container *out)
{
    struct container read = {.id = ""};

    *out = (struct container){.part = progress->part};
    if (sscanf(progress->handle, "%2u %2u %1u %1u %63s", &read.part, &read.tries, &read.sent,
               &read.alone, read.id) >= 4 &&
        read.part == progress->part)
        *out = read;
}

void container_write(struct channel_progress *progress, const struct container *container)
{
    snprintf(progress->handle, sizeof(progress->handle), "%u %u %u %u %s", container->part,
             container->tries, container->sent, container->alone, container->id);
}

enum channel_next container_end_refused(const struct container_network *network,
                                        const struct channel_job *job,
                                        const struct http_reply *reply, const struct json *root,
                                        enum request_effect effect, struct channel_action *action)
{
    char code[GRAPH_CODE_SIZE];
    struct verdict verdict = graph_verdict(network->errors, reply, root, effect, code);
    return shared_end(job, reply, &verdict, action);
}

/* A published post has no status: asked for it, the network says that there is no such field. */
bool container_is_published(const struct container_network *network, const struct json *root)
{
    const char *status = json_text(root, network->status_field, NULL);
    const char *message = json_text(root, "error", "message", NULL);

    return (status && strcmp(status, "PUBLISHED") == 0) ||
           (message && strstr(message, "nonexisting field (status"));
}

static enum channel_next send_delete(const void *of, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    const struct container_network *network = of;
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_DELETE, EFFECT_REPEATABLE);
    graph_add_address(job, network->driver, &request->url);
    percent_add(&request->url, progress->posts[progress->part].id);
    http_request_header(request, "Accept", "application/json");
    graph_add_token(job, &request->url, query_add, network->with_proof && network->with_proof(job));
    return shared_send(job, action);
}

/* Threads says "24" of what does not exist, the others "100/33". */
static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    int64_t code;

    if (shared_is_success(reply) && json_is_true(root, "success", NULL))
        return true;
    return reply->status < 500 &&
           (graph_is_gone(root) || (json_whole(root, &code, "error", "code", NULL) && code == 24));
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    return container_end_refused(network, job, reply, root, EFFECT_REPEATABLE, action);
}

static const struct driver_deletion deletion = {CONTAINER_DELETING, send_delete, is_deleted,
                                                refuse_deletion, NULL};

enum channel_next container_step(const struct container_network *network,
                                 const struct channel_job *job, struct channel_progress *progress,
                                 const struct http_reply *reply, struct channel_action *action)
{
    if (progress->post_count > THREAD_PARTS_MAX)
        progress->post_count = THREAD_PARTS_MAX;
    switch (job->task) {
    case TASK_POST:
        return container_step_post(network, job, progress, reply, action);
    case TASK_FIND:
        return container_step_find(network, job, progress, reply, action);
    case TASK_RETRACT:
        return tasks_delete(&deletion, network, job, progress, reply, action);
    case TASK_CHECK:
        return container_step_check(network, job, progress, reply, action);
    case TASK_RENEW:
        break; /* channels/graph_renew.c */
    }
    return shared_end_incomplete(job, "an unknown task", action);
}

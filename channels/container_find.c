#include "channels/container_parts.h"

#include <stdio.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/form.h"

#include "channels/match.h"
#include "channels/shared.h"
#include "channels/timeline.h"

/* Is the part to be looked for among the replies? With `other`: the list where it is if it went out
 * otherwise than it was meant to. */
static const char *list_of(const struct container_network *network, const struct channel_job *job,
                           const struct channel_progress *progress, bool other)
{
    bool is_reply = progress->part > 0 || job->reply_to;

    if (!network->replies_edge)
        return other ? NULL : network->posts_edge;
    if (other)
        return is_reply && progress->part == 0 ? network->posts_edge : NULL;
    return is_reply ? network->replies_edge : network->posts_edge;
}

static enum channel_next send_list(const struct container_network *network,
                                   const struct channel_job *job,
                                   const struct channel_progress *progress, const char *edge,
                                   struct channel_action *action)
{
    char fields[64];

    (void)progress;
    snprintf(fields, sizeof(fields), "id,%s,permalink,timestamp", network->text_field);
    enum channel_next next =
        container_send_read(network, job, container_account(job), edge, fields, action);
    if (next == NEXT_SEND)
        query_add(&action->request.url, "limit", network->list_limit);
    return next == NEXT_SEND ? shared_send(job, action) : next;
}

/* A part whose publishing was never asked for is not there. */
static enum channel_next begin(const struct container_network *network,
                               const struct channel_job *job, struct channel_progress *progress,
                               struct channel_action *action)
{
    struct container container;

    progress->stage = CONTAINER_FINDING;
    progress->part = progress->post_count;
    if (progress->part >= job->draft->part_count)
        return shared_end_well(NULL, OUTCOME_POSTED, action);
    container_read(progress, &container);
    if (!container.id[0] || !container.sent)
        return shared_end_well(NULL, OUTCOME_ABSENT, action);
    return container_send_status(network, job, progress, action);
}

static enum channel_next take_status(const struct container_network *network,
                                     const struct channel_job *job,
                                     struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    const char *status = json_text(root, network->status_field, NULL);

    if (reply->status < 500 && container_is_published(network, root)) {
        progress->stage = CONTAINER_LISTING;
        return send_list(network, job, progress, list_of(network, job, progress, false), action);
    }
    /* It can be published once: any other state says that it was not. */
    if (shared_is_success(reply) && status &&
        (strcmp(status, "FINISHED") == 0 || strcmp(status, "IN_PROGRESS") == 0 ||
         strcmp(status, "ERROR") == 0 || strcmp(status, "EXPIRED") == 0))
        return shared_end_well(reply, OUTCOME_ABSENT, action);
    return container_end_refused(network, job, reply, root, EFFECT_NONE, action);
}

/* Of several posts that may be ours it is the oldest: lists begin with the newest. */
static bool find_in(const struct container_network *network, const struct channel_job *job,
                    struct channel_progress *progress, const struct json *items)
{
    bool is_timeless = false;

    for (size_t i = json_count(items); i > 0; i--) {
        const struct json *item = json_item(items, i - 1);
        char id[POST_ID_SIZE];
        if (!json_id(item, id, sizeof(id), "id", NULL) || !shared_consists_of(id, "0123456789_"))
            continue;
        struct timeline_post post = {
            .id = id,
            .url = json_text(item, "permalink", NULL),
            .text = json_text(item, network->text_field, NULL),
            .created = json_text(item, "timestamp", NULL),
        };
        if (timeline_take(job, progress, &post, 0, &is_timeless))
            return true;
    }
    return false;
}

static enum channel_next take_list(const struct container_network *network,
                                   const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const struct json *items = json_get(root, "data", NULL);
    const char *other = list_of(network, job, progress, true);
    struct verdict hidden = {OUTCOME_UNKNOWN,
                             FAILURE_SERVER,
                             "PUBLISHED",
                             N_("the network says that it is published, and does not show it yet"),
                             NULL,
                             NULL,
                             -1};

    if (!shared_is_success(reply) || !json_is_array(items))
        return container_end_refused(network, job, reply, root, EFFECT_NONE, action);
    if (find_in(network, job, progress, items))
        return shared_end_well(
            reply, progress->part == job->draft->part_count ? OUTCOME_POSTED : OUTCOME_ABSENT,
            action);
    if (other && progress->stage == CONTAINER_LISTING) {
        progress->stage = CONTAINER_LISTING_OTHER;
        return send_list(network, job, progress, other, action);
    }
    return shared_end(job, reply, &hidden, action);
}

enum channel_next container_step_find(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, struct channel_action *action)
{
    bool is_under_way = progress->stage == CONTAINER_FINDING ||
                        progress->stage == CONTAINER_LISTING ||
                        progress->stage == CONTAINER_LISTING_OTHER;

    if (!reply || !is_under_way)
        return begin(network, job, progress, action);
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next = progress->stage == CONTAINER_FINDING
                                 ? take_status(network, job, progress, reply, root, action)
                                 : take_list(network, job, progress, reply, root, action);
    json_free(root);
    return next;
}

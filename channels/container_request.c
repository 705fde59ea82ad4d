#include "channels/container_parts.h"

#include <stdio.h>
#include <string.h>

#include "model/failure_forms.h"
#include "wire/form.h"

#include "channels/graph_request.h"
#include "channels/shared.h"
#include "channels/upload.h"

const char container_without_pictures[2] = "-";

/* --- pictures -------------------------------------------------------------------------------- */

static bool can_take(const struct container_network *network, const struct media *media)
{
    return media->kind == MEDIA_IMAGE && media->url && url_is_acceptable(media->url) &&
           strstr(network->driver->media.image_types, media->type);
}

/* How many pictures go with this part. One that cannot be fetched or taken keeps no warning back:
 * where none is needed, the text goes by itself. */
size_t container_picture_count(const struct container_network *network,
                               const struct channel_job *job,
                               const struct channel_progress *progress)
{
    const struct draft *draft = job->draft;

    if (progress->part > 0 || strcmp(progress->media, container_without_pictures) == 0)
        return 0;
    for (size_t i = 0; i < draft->media_count; i++)
        if (!can_take(network, &draft->media[i]))
            return 0;
    return draft->media_count;
}

bool container_lacks_picture(const struct container_network *network, const struct channel_job *job,
                             char *sentence, size_t size)
{
    const struct draft *draft = job->draft;

    if (!network->driver->media.needs_image)
        return false;
    if (draft->media_count == 0) {
        snprintf(sentence, size, FORM_NEEDS_PICTURE, network->name);
        return true;
    }
    for (size_t i = 0; i < draft->media_count; i++) {
        if (draft->media[i].url && can_take(network, &draft->media[i]))
            continue;
        if (draft->media[i].url)
            snprintf(sentence, size, FORM_NEEDS_JPEG, network->name);
        else
            snprintf(sentence, size, FORM_NEEDS_SITE, network->name);
        return true;
    }
    return false;
}

/* --- requests -------------------------------------------------------------------------------- */

enum channel_next container_send_read(const struct container_network *network,
                                      const struct channel_job *job, const char *id,
                                      const char *edge, const char *fields,
                                      struct channel_action *action)
{
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_GET, EFFECT_NONE);
    graph_add_address(job, network->driver, &request->url);
    percent_add(&request->url, id);
    if (edge) {
        text_add_char(&request->url, '/');
        text_add(&request->url, edge);
    }
    query_add(&request->url, "fields", fields);
    http_request_header(request, "Accept", "application/json");
    graph_add_token(job, &request->url, query_add, network->with_proof && network->with_proof(job));
    return shared_send(job, action);
}

static void start_post(const struct container_network *network, const struct channel_job *job,
                       enum request_effect effect, const char *edge, struct channel_action *action)
{
    struct http_request *request = &action->request;

    http_request_reset(request, HTTP_POST, effect);
    graph_add_address(job, network->driver, &request->url);
    percent_add(&request->url, container_account(job));
    text_add_char(&request->url, '/');
    text_add(&request->url, edge);
    http_request_header(request, "Content-Type", "application/x-www-form-urlencoded");
    http_request_header(request, "Accept", "application/json");
}

static enum channel_next send_form(const struct container_network *network,
                                   const struct channel_job *job, struct channel_action *action)
{
    graph_add_token(job, &action->request.body, form_add,
                    network->with_proof && network->with_proof(job));
    return shared_send(job, action);
}

static void add_picture(const struct container_network *network, const struct media *media,
                        struct text *body)
{
    if (network->image_type)
        form_add(body, "media_type", network->image_type);
    form_add(body, "image_url", media->url);
    if (media->alt && media->alt[0])
        form_add(body, "alt_text", media->alt);
}

/* The next picture of several. */
enum channel_next container_send_picture(const struct container_network *network,
                                         const struct channel_job *job,
                                         const struct channel_progress *progress,
                                         struct channel_action *action)
{
    struct text *body = &action->request.body;

    start_post(network, job, EFFECT_REPEATABLE, network->create_edge, action);
    add_picture(network, &job->draft->media[upload_count(progress)], body);
    form_add(body, "is_carousel_item", "true");
    return send_form(network, job, action);
}

const char *container_reply_target(const struct container_network *network,
                                   const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   const struct container *container)
{
    const char *id = network->replies_edge ? shared_earlier_id(job, progress) : NULL;
    bool is_alone = progress->part == 0 && container->alone;

    return id && graph_is_id(id) && !is_alone ? id : NULL;
}

static void add_children(const struct channel_progress *progress, struct text *body)
{
    char children[sizeof(progress->media)];

    snprintf(children, sizeof(children), "%s", progress->media);
    for (char *at = children; *at; at++)
        if (*at == ' ')
            *at = ',';
    form_add(body, "media_type", "CAROUSEL");
    form_add(body, "children", children);
}

enum channel_next container_send_create(const struct container_network *network,
                                        const struct channel_job *job,
                                        const struct channel_progress *progress,
                                        struct channel_action *action)
{
    struct text *body = &action->request.body;
    size_t pictures = container_picture_count(network, job, progress);
    struct container container;

    container_read(progress, &container);
    const char *target = container_reply_target(network, job, progress, &container);
    start_post(network, job, EFFECT_REPEATABLE, network->create_edge, action);
    if (pictures > 1)
        add_children(progress, body);
    else if (pictures == 1)
        add_picture(network, &job->draft->media[0], body);
    else if (network->text_type)
        form_add(body, "media_type", network->text_type);
    form_add(body, network->text_field, job->draft->parts[progress->part]);
    if (target)
        form_add(body, "reply_to_id", target);
    return send_form(network, job, action);
}

enum channel_next container_send_status(const struct container_network *network,
                                        const struct channel_job *job,
                                        const struct channel_progress *progress,
                                        struct channel_action *action)
{
    struct container container;
    char fields[64];

    container_read(progress, &container);
    snprintf(fields, sizeof(fields), "id,%s,%s", network->status_field, network->trouble_field);
    return container_send_read(network, job, container.id, NULL, fields, action);
}

enum channel_next container_send_publish(const struct container_network *network,
                                         const struct channel_job *job,
                                         struct channel_progress *progress,
                                         struct channel_action *action)
{
    struct container container;

    progress->stage = CONTAINER_PUBLISHING;
    container_read(progress, &container);
    container.sent = container.sent ? 2 : 1;
    container_write(progress, &container);
    start_post(network, job, EFFECT_ONCE, network->publish_edge, action);
    form_add(&action->request.body, "creation_id", container.id);
    return send_form(network, job, action);
}

/* The first post whose permalink is not known; post_count when there is none. */
unsigned container_first_unlinked(const struct channel_progress *progress)
{
    unsigned at = 0;
    while (at < progress->post_count && progress->posts[at].url[0])
        at++;
    return at;
}

enum channel_next container_send_link(const struct container_network *network,
                                      const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, struct channel_action *action)
{
    unsigned at = container_first_unlinked(progress);

    progress->stage = CONTAINER_LINKING;
    if (at == progress->post_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    return container_send_read(network, job, progress->posts[at].id, NULL, "id,permalink", action);
}

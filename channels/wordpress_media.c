#include <stdio.h>
#include <string.h>

#include "wire/form.h"

#include "channels/drivers.h"
#include "channels/upload.h"
#include "channels/wordpress.h"

/* The bytes as the body: a multipart upload has a limit of PHP's own (upload_max_filesize). What
 * the picture shows goes with it, so that none is ever there without. */
static enum channel_next send_picture(const struct channel_job *job, const struct media *media,
                                      struct channel_action *action)
{
    struct http_request *request = &action->request;
    char root[WORDPRESS_ROOT_SIZE], disposition[300];

    wordpress_root(job, root);
    wordpress_start_request(action, HTTP_POST, EFFECT_REPEATABLE, root, "/wp/v2/media", NULL, "id");
    query_add(&request->url, "alt_text", media->alt);
    wordpress_authorize(job, request);
    http_request_header(request, "Content-Type", media->type);
    snprintf(disposition, sizeof(disposition), "attachment; filename=\"%.255s\"", media->file_name);
    http_request_header(request, "Content-Disposition", disposition);
    request->file = media->bytes;
    request->file_size_bytes = media->size_bytes;
    return shared_send(job, action);
}

static bool send_next(const struct channel_job *job, struct channel_progress *progress,
                      struct channel_action *action, enum channel_next *next)
{
    const struct media *media = upload_next(&channel_wordpress.media, job, progress);

    if (!media)
        return false;
    progress->stage = WORDPRESS_UPLOADING;
    *next = send_picture(job, media, action);
    return true;
}

static bool take_picture(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next)
{
    char id[WORDPRESS_ID_SIZE];

    if (shared_is_success(reply) && json_id(root, id, sizeof(id), "id", NULL) &&
        wordpress_is_id(id)) {
        upload_keep(progress, id);
        return send_next(job, progress, action, next);
    }
    struct verdict verdict = wordpress_verdict(reply, root, EFFECT_REPEATABLE);
    if (upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

bool wordpress_media_step(const struct channel_job *job, struct channel_progress *progress,
                          const struct http_reply *reply, const struct json *root,
                          struct channel_action *action, enum channel_next *next)
{
    if (reply)
        return take_picture(job, progress, reply, root, action, next);
    if (progress->stage == WORDPRESS_UPLOADING && upload_is_too_often(progress, UPLOAD_TRIES_MAX))
        upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

/* All of them, also the featured one: not every theme shows that. */
void wordpress_media_add_gallery(const struct channel_progress *progress, struct text *html)
{
    char id[UPLOAD_ID_SIZE];
    bool is_first = true;

    if (!upload_any(progress))
        return;
    text_add(html, "[gallery ids=\"");
    for (size_t i = 0; i < upload_count(progress); i++) {
        if (!upload_id(progress, i, id))
            continue;
        text_addf(html, "%s%s", is_first ? "" : ",", id);
        is_first = false;
    }
    text_add(html, "\" columns=\"1\" size=\"large\" link=\"none\"]");
}

void wordpress_media_add_member(const struct channel_progress *progress, struct text *body)
{
    char id[UPLOAD_ID_SIZE];

    for (size_t i = 0; i < upload_count(progress); i++) {
        if (!upload_id(progress, i, id) || !wordpress_is_id(id))
            continue;
        json_add_name(body, "featured_media");
        text_add(body, id);
        return;
    }
}

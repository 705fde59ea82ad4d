#include <string.h>

#include "wire/form.h"
#include "wire/link_header.h"
#include "wire/multipart.h"

#include "channels/access_token.h"
#include "channels/drivers.h"
#include "channels/micropub.h"
#include "channels/upload.h"

/* A site without a media endpoint fetches the picture where we show it, or goes without. */
static void settle_by_address(struct channel_progress *progress, const struct media *media)
{
    if (media->url)
        upload_keep(progress, media->url);
    else
        upload_leave_out(progress);
}

static enum channel_next send_picture(const struct channel_job *job, const struct media *media,
                                      const char *endpoint, struct channel_action *action)
{
    struct http_request *request = &action->request;
    char boundary[MULTIPART_BOUNDARY_SIZE];

    access_token_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, endpoint, "");
    multipart_boundary(job->nonce, boundary);
    multipart_begin(request, boundary);
    multipart_file(request, boundary, "file", media->file_name, media->type, media->bytes,
                   media->size_bytes);
    return shared_send(job, action);
}

static bool send_next(const struct channel_job *job, struct channel_progress *progress,
                      struct channel_action *action, enum channel_next *next)
{
    const struct media_limits *limits = &channel_micropub.media;
    char endpoint[MICROPUB_ENDPOINT_SIZE];

    for (const struct media *media = upload_next(limits, job, progress); media;
         media = upload_next(limits, job, progress)) {
        if (!micropub_media_endpoint(progress, endpoint)) {
            progress->stage = MICROPUB_CONFIGURING;
            *next = micropub_send_query(job, progress, "config", NULL, action);
            return true;
        }
        if (endpoint[0]) {
            progress->stage = MICROPUB_UPLOADING;
            *next = send_picture(job, media, endpoint, action);
            return true;
        }
        settle_by_address(progress, media);
    }
    return false;
}

/* A site that cannot say where pictures go takes none; the text goes out. */
static bool take_config(const struct channel_job *job, struct channel_progress *progress,
                        const struct http_reply *reply, const struct json *root,
                        struct channel_action *action, enum channel_next *next)
{
    const char *named = json_text(root, "media-endpoint", NULL);
    char endpoint[MICROPUB_ENDPOINT_SIZE] = "", media[MICROPUB_ENDPOINT_SIZE];
    struct verdict verdict = micropub_verdict(reply, root, EFFECT_NONE);

    micropub_endpoint(job, progress, endpoint);
    if (shared_is_success(reply)) {
        bool is_usable = named && url_resolve(endpoint, named, media, sizeof(media)) &&
                         url_is_same_origin(endpoint, media);
        micropub_keep_media_endpoint(progress, is_usable ? media : NULL);
    } else if (upload_is_refused(&verdict) || upload_is_too_often(progress, UPLOAD_TRIES_MAX)) {
        micropub_keep_media_endpoint(progress, NULL);
    } else {
        *next = shared_end(job, reply, &verdict, action);
        return true;
    }
    return send_next(job, progress, action, next);
}

static bool take_picture(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next)
{
    char endpoint[MICROPUB_ENDPOINT_SIZE], url[UPLOAD_ID_SIZE];

    if (micropub_media_endpoint(progress, endpoint) &&
        micropub_location(reply, endpoint, url, sizeof(url))) {
        upload_keep(progress, url);
        return send_next(job, progress, action, next);
    }
    struct verdict verdict = micropub_verdict(reply, root, EFFECT_REPEATABLE);
    if (upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

bool micropub_media_step(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next)
{
    if (reply && progress->stage == MICROPUB_CONFIGURING)
        return take_config(job, progress, reply, root, action, next);
    if (reply)
        return take_picture(job, progress, reply, root, action, next);
    if (progress->stage == MICROPUB_UPLOADING && upload_is_too_often(progress, UPLOAD_TRIES_MAX))
        upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

void micropub_media_add(const struct channel_job *job, const struct channel_progress *progress,
                        struct text *body)
{
    char url[UPLOAD_ID_SIZE];

    if (!upload_any(progress))
        return;
    json_add_name(body, "photo");
    text_add_char(body, '[');
    bool is_first = true;
    for (size_t i = 0; i < upload_count(progress) && i < job->draft->media_count; i++) {
        if (!upload_id(progress, i, url))
            continue;
        text_add(body, is_first ? "{" : ",{");
        json_add_member(body, "value", url);
        json_add_member(body, "alt", job->draft->media[i].alt);
        text_add_char(body, '}');
        is_first = false;
    }
    text_add_char(body, ']');
}

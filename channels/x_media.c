#include "channels/x_media.h"

#include "wire/multipart.h"

#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/upload.h"
#include "channels/x_reply.h"
#include "channels/x_request.h"

static enum channel_next send_picture(const struct channel_job *job, const struct media *media,
                                      struct channel_action *action)
{
    struct http_request *request = &action->request;
    char boundary[MULTIPART_BOUNDARY_SIZE];

    x_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, "/2/media/upload");
    multipart_boundary(job->nonce, boundary);
    multipart_begin(request, boundary);
    multipart_field(request, boundary, "media_category", "tweet_image");
    multipart_file(request, boundary, "media", media->file_name, media->type, media->bytes,
                   media->size_bytes);
    return x_send(job, action);
}

/* Of the last picture that was uploaded. False: it has none, as no draft is. */
static bool send_alt(const struct channel_job *job, const struct channel_progress *progress,
                     struct channel_action *action, enum channel_next *next)
{
    struct text *body = &action->request.body;
    char id[UPLOAD_ID_SIZE];
    size_t count = upload_count(progress);

    if (count == 0 || count > job->draft->media_count || !upload_id(progress, count - 1, id))
        return false;
    x_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, "/2/media/metadata");
    http_request_header(&action->request, "Content-Type", "application/json");
    text_add_char(body, '{');
    json_add_member(body, "id", id);
    json_add_name(body, "metadata");
    text_add_char(body, '{');
    json_add_name(body, "alt_text");
    text_add_char(body, '{');
    json_add_member(body, "text", job->draft->media[count - 1].alt);
    text_add(body, "}}}");
    *next = x_send(job, action);
    return true;
}

static bool send_next(const struct channel_job *job, struct channel_progress *progress,
                      struct channel_action *action, enum channel_next *next)
{
    const struct media *media = upload_next(&channel_x.media, job, progress);

    if (!media)
        return false;
    progress->stage = X_UPLOADING;
    *next = send_picture(job, media, action);
    return true;
}

static bool take_picture(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next)
{
    char id[X_ID_SIZE], code[X_CODE_SIZE];

    if (x_read_id(reply, root, id)) {
        upload_keep(progress, id);
        progress->stage = X_DESCRIBING;
        return send_alt(job, progress, action, next) || send_next(job, progress, action, next);
    }
    struct verdict verdict = x_verdict(reply, root, EFFECT_REPEATABLE, code);
    if (upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

/* A picture that cannot be described goes out all the same: it is a help to those who see it. */
static bool take_alt(const struct channel_job *job, struct channel_progress *progress,
                     const struct http_reply *reply, const struct json *root,
                     struct channel_action *action, enum channel_next *next)
{
    char code[X_CODE_SIZE];
    struct verdict verdict = x_verdict(reply, root, EFFECT_REPEATABLE, code);

    if (!shared_is_success(reply) && upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    progress->polls = 0;
    return send_next(job, progress, action, next);
}

static bool begin(const struct channel_job *job, struct channel_progress *progress,
                  struct channel_action *action, enum channel_next *next)
{
    bool is_under_way = progress->stage == X_UPLOADING || progress->stage == X_DESCRIBING;
    bool is_over = is_under_way && upload_is_too_often(progress, UPLOAD_TRIES_MAX);

    if (progress->stage == X_DESCRIBING && !is_over && send_alt(job, progress, action, next))
        return true;
    if (progress->stage == X_UPLOADING && is_over)
        upload_leave_out(progress);
    if (progress->stage == X_DESCRIBING)
        progress->polls = 0;
    return send_next(job, progress, action, next);
}

bool x_media_step(const struct channel_job *job, struct channel_progress *progress,
                  const struct http_reply *reply, const struct json *root,
                  struct channel_action *action, enum channel_next *next)
{
    if (progress->part > 0)
        return false;
    if (!reply)
        return begin(job, progress, action, next);
    return progress->stage == X_UPLOADING ? take_picture(job, progress, reply, root, action, next)
                                          : take_alt(job, progress, reply, root, action, next);
}

void x_media_add(const struct channel_progress *progress, struct text *body)
{
    if (!upload_any(progress))
        return;
    json_add_name(body, "media");
    text_add_char(body, '{');
    upload_add_ids(progress, "media_ids", body);
    text_add_char(body, '}');
}

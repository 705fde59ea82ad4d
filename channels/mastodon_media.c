#include "channels/mastodon_media.h"

#include "wire/form.h"
#include "wire/multipart.h"

#include "channels/drivers.h"
#include "channels/mastodon_reply.h"
#include "channels/mastodon_request.h"
#include "channels/shared.h"
#include "channels/upload.h"

enum {
    PROCESSED = 200,
    UPLOADED = 202,         /* and not ready yet; while it is asked about: */
    STILL_PROCESSING = 206, /* "partial content" */
    PAUSE_MS = 1000,
    POLLS_MAX = 20, /* then the text goes out without it */
};

static enum channel_next send_picture(const struct channel_job *job, const struct media *media,
                                      struct channel_action *action)
{
    struct http_request *request = &action->request;
    char boundary[MULTIPART_BOUNDARY_SIZE];

    mastodon_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, "/api/v2/media");
    multipart_boundary(job->nonce, boundary);
    multipart_begin(request, boundary);
    multipart_field(request, boundary, "description", media->alt);
    multipart_file(request, boundary, "file", media->file_name, media->type, media->bytes,
                   media->size_bytes);
    return shared_send(job, action);
}

static bool send_next(const struct channel_job *job, struct channel_progress *progress,
                      struct channel_action *action, enum channel_next *next)
{
    const struct media *media = upload_next(&channel_mastodon.media, job, progress);

    if (!media)
        return false;
    progress->stage = MASTODON_UPLOADING;
    *next = send_picture(job, media, action);
    return true;
}

/* Is the last picture ready? */
static bool send_poll(const struct channel_job *job, struct channel_progress *progress,
                      struct channel_action *action, enum channel_next *next)
{
    char id[UPLOAD_ID_SIZE];
    size_t count = upload_count(progress);

    if (count == 0 || !upload_id(progress, count - 1, id))
        return send_next(job, progress, action, next);
    mastodon_start_request(job, action, HTTP_GET, EFFECT_NONE, "/api/v1/media/");
    percent_add(&action->request.url, id);
    *next = shared_send(job, action);
    return true;
}

static bool pause(struct channel_progress *progress, struct channel_action *action,
                  enum channel_next *next)
{
    progress->stage = MASTODON_PROCESSING;
    action->pause_ms = PAUSE_MS;
    *next = NEXT_PAUSE;
    return true;
}

static bool take_picture(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next)
{
    char id[MASTODON_ID_SIZE];

    if (mastodon_read_id(reply, root, id)) {
        upload_keep(progress, id);
        return reply->status == UPLOADED ? pause(progress, action, next)
                                         : send_next(job, progress, action, next);
    }
    struct verdict verdict = mastodon_verdict(reply, root, EFFECT_REPEATABLE);
    if (upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

static bool take_poll(const struct channel_job *job, struct channel_progress *progress,
                      const struct http_reply *reply, const struct json *root,
                      struct channel_action *action, enum channel_next *next)
{
    struct verdict verdict = mastodon_verdict(reply, root, EFFECT_NONE);

    if (reply->status == STILL_PROCESSING)
        return pause(progress, action, next);
    if (reply->status == PROCESSED) {
        progress->polls = 0;
        return send_next(job, progress, action, next);
    }
    if (upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    upload_leave_out_last(progress);
    return send_next(job, progress, action, next);
}

static bool begin(const struct channel_job *job, struct channel_progress *progress,
                  struct channel_action *action, enum channel_next *next)
{
    if (progress->stage == MASTODON_PROCESSING) {
        if (!upload_is_too_often(progress, POLLS_MAX))
            return send_poll(job, progress, action, next);
        upload_leave_out_last(progress);
    } else if (progress->stage == MASTODON_UPLOADING &&
               upload_is_too_often(progress, UPLOAD_TRIES_MAX)) {
        upload_leave_out(progress);
    }
    return send_next(job, progress, action, next);
}

bool mastodon_media_step(const struct channel_job *job, struct channel_progress *progress,
                         const struct http_reply *reply, const struct json *root,
                         struct channel_action *action, enum channel_next *next)
{
    if (progress->part > 0)
        return false;
    if (!reply)
        return begin(job, progress, action, next);
    return progress->stage == MASTODON_UPLOADING
               ? take_picture(job, progress, reply, root, action, next)
               : take_poll(job, progress, reply, root, action, next);
}

void mastodon_media_add(const struct channel_progress *progress, struct text *body)
{
    if (upload_any(progress))
        upload_add_ids(progress, "media_ids", body);
}

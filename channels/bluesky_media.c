#include "channels/bluesky_media.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "channels/bluesky_reply.h"
#include "channels/bluesky_session.h"
#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/upload.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { CID_SIZE = 80, TYPE_SIZE = 64, DIGITS_SIZE = 20 };

/* What the server said of a picture, which may differ from what we said: "CID,TYPE,SIZE" is its
 * word in progress.media. */
struct blob {
    char cid[CID_SIZE], type[TYPE_SIZE], size[DIGITS_SIZE];
};

static bool is_blob(const struct blob *blob)
{
    return shared_consists_of(blob->cid, DIGITS LETTERS "+/=") &&
           shared_consists_of(blob->type, DIGITS LETTERS "/+.-") &&
           shared_consists_of(blob->size, DIGITS);
}

static bool copy(char *out, size_t size, const char *string)
{
    int length = string ? snprintf(out, size, "%s", string) : -1;
    return length > 0 && (size_t)length < size;
}

static bool read_answer(const struct json *root, struct blob *out)
{
    int64_t size = 0;
    *out = (struct blob){0};
    bool is_read =
        copy(out->cid, sizeof(out->cid), json_text(root, "blob", "ref", "$link", NULL)) &&
        copy(out->type, sizeof(out->type), json_text(root, "blob", "mimeType", NULL)) &&
        json_whole(root, &size, "blob", "size", NULL) && size > 0;
    snprintf(out->size, sizeof(out->size), "%" PRId64, size);
    return is_read && is_blob(out);
}

static bool read_word(const struct channel_progress *progress, size_t index, struct blob *out)
{
    char word[UPLOAD_ID_SIZE];
    *out = (struct blob){0};
    return upload_id(progress, index, word) &&
           sscanf(word, "%79[^,],%63[^,],%19[0-9]", out->cid, out->type, out->size) == 3 &&
           is_blob(out);
}

static enum channel_next send_picture(const struct channel_job *job, const struct media *media,
                                      struct channel_action *action)
{
    bluesky_start_request(job, action, HTTP_POST, EFFECT_REPEATABLE, "com.atproto.repo.uploadBlob");
    http_request_header(&action->request, "Content-Type", media->type);
    action->request.file = media->bytes;
    action->request.file_size_bytes = media->size_bytes;
    return shared_send(job, action);
}

static bool send_next(const struct channel_job *job, struct channel_progress *progress,
                      struct channel_action *action, enum channel_next *next)
{
    const struct media *media = upload_next(&channel_bluesky.media, job, progress);

    if (media)
        *next = send_picture(job, media, action);
    return media != NULL;
}

bool bluesky_media_step(const struct channel_job *job, struct channel_progress *progress,
                        const struct http_reply *reply, const struct json *root,
                        struct channel_action *action, enum channel_next *next)
{
    struct blob blob;
    char word[sizeof(blob) + 4];

    if (progress->part > 0)
        return false;
    if (!reply)
        return send_next(job, progress, action, next);
    if (shared_is_success(reply) && read_answer(root, &blob)) {
        snprintf(word, sizeof(word), "%s,%s,%s", blob.cid, blob.type, blob.size);
        upload_keep(progress, word);
        return send_next(job, progress, action, next);
    }
    if (bluesky_is_over(root)) {
        *next = NEXT_RENEW;
        return true;
    }
    struct verdict verdict = bluesky_verdict(reply, root);
    if (upload_is_put_off(job, reply, &verdict, action, next))
        return true;
    upload_leave_out(progress);
    return send_next(job, progress, action, next);
}

static void add_image(const struct media *media, const struct blob *blob, struct text *body)
{
    text_add(body, body->bytes[body->length - 1] == '[' ? "{" : ",{");
    json_add_member(body, "alt", media->alt);
    json_add_name(body, "image");
    text_add_char(body, '{');
    json_add_member(body, "$type", "blob");
    json_add_name(body, "ref");
    text_add_char(body, '{');
    json_add_member(body, "$link", blob->cid);
    text_add_char(body, '}');
    json_add_member(body, "mimeType", blob->type);
    json_add_name(body, "size");
    text_add(body, blob->size);
    text_add_char(body, '}');
    if (media->width && media->height) {
        json_add_name(body, "aspectRatio");
        text_addf(body, "{\"width\":%u,\"height\":%u}", media->width, media->height);
    }
    text_add_char(body, '}');
}

void bluesky_media_add(const struct channel_job *job, const struct channel_progress *progress,
                       struct text *body)
{
    struct blob blob;

    if (!upload_any(progress))
        return;
    json_add_name(body, "embed");
    text_add_char(body, '{');
    json_add_member(body, "$type", "app.bsky.embed.images");
    json_add_name(body, "images");
    text_add_char(body, '[');
    for (size_t i = 0; i < job->draft->media_count; i++)
        if (read_word(progress, i, &blob))
            add_image(&job->draft->media[i], &blob, body);
    text_add(body, "]}");
}

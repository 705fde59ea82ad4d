/* Blobs, and the records that embed them as images:
 * https://docs.bsky.app/docs/api/com-atproto-repo-upload-blob */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/bluesky.h"
#include "sandbox/media.h"

enum { IMAGE_MAX_BYTES = 1000000 };

/* Whose blob it is, and which: the same bytes are the same blob of each account. */
static void blob_id(const struct account *account, const char *cid, char out[128])
{
    snprintf(out, 128, "%zu:%.*s", account->number, BLUESKY_CID_SIZE, cid);
}

void sandbox_bluesky_upload(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    const char *type = sandbox_media_type(request->body.bytes, request->body.length);
    char cid[BLUESKY_CID_SIZE], id[128];
    struct upload *upload;

    if (!sandbox_bluesky_authorize(world, exchange, outcome))
        return;
    if (type == NULL || !sandbox_request_is_type(request, type)) {
        sandbox_bluesky_say(exchange, 400, "InvalidRequest",
                            "The sandbox takes images with their own content type");
        return;
    }
    sandbox_bluesky_cid(CODEC_BLOB, request->body.bytes, request->body.length, cid);
    blob_id(outcome->account, cid, id);
    upload = sandbox_upload_by_id(world, CHANNEL_BLUESKY, id);
    if (upload == NULL)
        upload = sandbox_upload_new(world, outcome->account, id, request->body.bytes,
                                    request->body.length, NULL);
    if (upload == NULL) {
        sandbox_bluesky_say(exchange, 507, "InternalServerError", "The sandbox keeps no more");
        return;
    }
    outcome->acted = true;
    sandbox_bluesky_ok(exchange);
    text_addf(&exchange->answer.body,
              "{\"blob\":{\"$type\":\"blob\",\"ref\":{\"$link\":\"%s\"},\"mimeType\":\"%s\","
              "\"size\":%zu}}",
              cid, type, request->body.length);
}

static bool invalid(struct exchange *exchange, const char *message)
{
    return sandbox_bluesky_say(exchange, 400, "InvalidRequest", message);
}

static bool check_ratio(const json_t *ratio)
{
    return ratio == NULL || (json_integer_value(json_object_get(ratio, "width")) > 0 &&
                             json_integer_value(json_object_get(ratio, "height")) > 0);
}

static bool read_image(const struct world *world, struct exchange *exchange, const json_t *image,
                       const struct account *account, struct bluesky_image *out)
{
    const char *alt = json_string_value(json_object_get(image, "alt"));
    const json_t *blob = json_object_get(image, "image");
    const char *kind = json_string_value(json_object_get(blob, "$type"));
    const char *type = json_string_value(json_object_get(blob, "mimeType"));
    const char *cid = json_string_value(json_object_get(json_object_get(blob, "ref"), "$link"));
    json_int_t size = json_integer_value(json_object_get(blob, "size"));
    char id[128];

    if (alt == NULL)
        return invalid(exchange, "Record/embed/images must have the property \"alt\"");
    if (kind == NULL || strcmp(kind, "blob") != 0 || type == NULL || cid == NULL ||
        !check_ratio(json_object_get(image, "aspectRatio")))
        return invalid(exchange, "Record/embed/images/image should be a blob ref");
    if (size > IMAGE_MAX_BYTES)
        return invalid(exchange, "This file is too large. It is over the maximum of 1000000");
    blob_id(account, cid, id);
    out->alt = alt;
    out->blob = sandbox_upload_by_id(world, CHANNEL_BLUESKY, id);
    if (out->blob == NULL || strcmp(out->blob->file->type, type) != 0 ||
        (size_t)size != out->blob->file->size)
        return invalid(exchange, "Could not find blob");
    return true;
}

bool sandbox_bluesky_read_embed(const struct world *world, struct exchange *exchange,
                                const json_t *embed, const struct account *account,
                                struct bluesky_image out[BLUESKY_IMAGES_MAX], size_t *count)
{
    const char *type = json_string_value(json_object_get(embed, "$type"));
    const json_t *images = json_object_get(embed, "images");
    size_t index;
    json_t *image;

    if (embed == NULL)
        return true;
    if (type == NULL || strcmp(type, "app.bsky.embed.images") != 0 || json_array_size(images) < 1 ||
        json_array_size(images) > BLUESKY_IMAGES_MAX)
        return invalid(exchange, "Record/embed must be 1 to 4 images");
    json_array_foreach(images, index, image)
    {
        if (!read_image(world, exchange, image, account, &out[*count]))
            return false;
        (*count)++;
    }
    return true;
}

void sandbox_bluesky_attach(struct world *world, struct post *post,
                            const struct bluesky_image *images, size_t count)
{
    char id[128];

    for (size_t i = 0; i < count; i++) {
        const struct media_file *file = images[i].blob->file;
        snprintf(id, sizeof(id), "%" PRIu64 "/%zu", post->number, i);
        struct upload *shown =
            sandbox_upload_new(world, post->account, id, file->bytes, file->size, images[i].alt);
        if (shown != NULL)
            sandbox_post_attach(post, shown);
    }
}

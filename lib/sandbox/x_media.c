/* Pictures on X: https://docs.x.com/x-api/media. One that no post has is nobody's to see. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/media.h"
#include "sandbox/multipart.h"
#include "sandbox/x.h"

enum { IMAGE_MAX_BYTES = 5 * 1024 * 1024, ALT_MAX = 1000 };

static bool check_form(struct exchange *exchange, const struct form *form)
{
    static const char *const known[] = {"media", "media_category", "media_type", NULL};
    const struct form_part *file = sandbox_form_file(form, "media");
    const char *category = sandbox_form_get(form, "media_category");
    const char *unknown = sandbox_form_unknown(form, known);
    const char *type = file != NULL ? sandbox_media_type(file->bytes, file->size) : NULL;

    if (unknown != NULL)
        return sandbox_x_invalid(exchange, unknown, "", "This field is not known here");
    if (category == NULL || strcmp(category, "tweet_image") != 0)
        return sandbox_x_invalid(exchange, "media_category", category != NULL ? category : "",
                                 "media_category must be tweet_image");
    if (type == NULL || file->type == NULL || strcmp(type, file->type) != 0 ||
        strncmp(type, "image/", 6) != 0)
        return sandbox_x_invalid(exchange, "media", "", "media is not an image of its type");
    if (file->size > IMAGE_MAX_BYTES)
        return sandbox_x_invalid(exchange, "media", "", "media is larger than 5 MB");
    return true;
}

void sandbox_x_upload(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    struct upload *upload = NULL;
    const struct form_part *file;
    struct form form = {0};
    char id[24];

    if (!sandbox_x_authorize(world, exchange, outcome) ||
        !sandbox_x_count(world, exchange, outcome->account, X_MEDIA))
        return;
    if (!sandbox_form_parse(&form, &exchange->request)) {
        sandbox_x_invalid(exchange, NULL, NULL, "The body must be multipart/form-data");
    } else if (check_form(exchange, &form)) {
        file = sandbox_form_file(&form, "media");
        snprintf(id, sizeof(id), "%" PRIu64, sandbox_x_next_id(world));
        upload = sandbox_upload_new(world, outcome->account, id, file->bytes, file->size, NULL);
        outcome->acted = upload != NULL;
        if (upload == NULL)
            sandbox_x_trouble(world, exchange, TROUBLE_FULL, outcome->account, 0);
    }
    if (upload != NULL) {
        exchange->answer.status = 200;
        sandbox_x_headers(exchange);
        text_addf(&exchange->answer.body,
                  "{\"data\":{\"id\":\"%s\",\"media_key\":\"3_%s\",\"expires_after_secs\":86400,"
                  "\"size\":%zu}}",
                  upload->id, upload->id, upload->file->size);
    }
    sandbox_form_release(&form);
}

static struct upload *find(const struct world *world, const struct account *account, const char *id)
{
    struct upload *upload = id != NULL ? sandbox_upload_by_id(world, CHANNEL_X, id) : NULL;

    return upload != NULL && upload->account == account ? upload : NULL;
}

/* {"id":"…","metadata":{"alt_text":{"text":"…"}}} and nothing else. */
static bool read_alt(struct exchange *exchange, const json_t *root, const char **id,
                     const char **alt)
{
    const json_t *metadata = json_object_get(root, "metadata");
    const json_t *text = json_object_get(metadata, "alt_text");

    *id = json_string_value(json_object_get(root, "id"));
    *alt = json_string_value(json_object_get(text, "text"));
    if (*id == NULL || *alt == NULL || json_object_size(root) != 2 ||
        json_object_size(metadata) != 1 || json_object_size(text) != 1)
        return sandbox_x_invalid(exchange, "metadata", "",
                                 "The body must have id and metadata.alt_text.text");
    if (**alt == '\0' || sandbox_graphemes(*alt, strlen(*alt)) > ALT_MAX)
        return sandbox_x_invalid(exchange, "metadata.alt_text.text", "",
                                 "The text must have 1 to 1000 characters");
    return true;
}

void sandbox_x_describe(struct world *world, struct exchange *exchange, struct outcome *outcome)
{
    const struct request *request = &exchange->request;
    struct upload *upload;
    const char *id, *alt;
    json_t *root;

    if (!sandbox_x_authorize(world, exchange, outcome) ||
        !sandbox_x_count(world, exchange, outcome->account, X_MEDIA))
        return;
    if (!sandbox_request_is_type(request, "application/json")) {
        sandbox_x_invalid(exchange, NULL, NULL, "The content type must be application/json");
        return;
    }
    root = json_loadb(request->body.bytes, request->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (read_alt(exchange, root, &id, &alt)) {
        upload = find(world, outcome->account, id);
        if (upload == NULL) {
            sandbox_x_not_found(exchange, "media", id);
        } else {
            sandbox_upload_describe(upload, alt);
            outcome->acted = true;
            exchange->answer.status = 200;
            sandbox_x_headers(exchange);
            text_addf(&exchange->answer.body, "{\"data\":{\"id\":\"%s\"}}", upload->id);
        }
    }
    json_decref(root);
}

bool sandbox_x_read_media(const struct world *world, struct exchange *exchange, const json_t *media,
                          const struct account *account, struct upload *out[X_MEDIA_MAX],
                          size_t *count)
{
    const json_t *ids = json_object_get(media, "media_ids");
    size_t index;
    json_t *id;

    if (json_object_size(media) != 1 || json_array_size(ids) < 1 ||
        json_array_size(ids) > X_MEDIA_MAX)
        return sandbox_x_invalid(exchange, "media", "", "media must have 1 to 4 media_ids");
    json_array_foreach(ids, index, id)
    {
        struct upload *upload = find(world, account, json_string_value(id));
        if (upload == NULL)
            return sandbox_x_invalid(exchange, "media.media_ids", "",
                                     "Your media IDs are invalid.");
        out[(*count)++] = upload;
    }
    return true;
}

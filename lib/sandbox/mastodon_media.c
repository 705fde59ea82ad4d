/* Pictures on Mastodon: https://docs.joinmastodon.org/methods/media. A server makes large ones
 * ready after it has answered. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/mastodon.h"
#include "sandbox/media.h"
#include "sandbox/multipart.h"

enum {
    IMAGE_MAX_BYTES = 16 * 1024 * 1024,
    ALT_MAX = 1500,
    LARGE_BYTES = 64 * 1024,
    READY_AFTER_POLLS = 2,
};

static void answer_upload(struct exchange *exchange, unsigned status, const struct upload *upload)
{
    struct text *body = &exchange->answer.body;

    exchange->answer.status = status;
    sandbox_answer_header(&exchange->answer, "content-type", "application/json; charset=utf-8");
    text_addf(body, "{\"id\":\"%s\",\"type\":\"image\",\"url\":", upload->id);
    if (upload->is_pending)
        text_add(body, "null");
    else
        text_addf(body, "\"https://mastodon.example/media/%s\"", upload->id);
    text_add(body, ",\"description\":");
    if (upload->alt != NULL)
        sandbox_json_add(body, upload->alt, JSON_UTF8);
    else
        text_add(body, "null");
    text_add_char(body, '}');
}

static bool check_form(struct exchange *exchange, const struct form *form)
{
    static const char *const known[] = {"file", "description", "focus", NULL};
    const struct form_part *file = sandbox_form_file(form, "file");
    const char *alt = sandbox_form_get(form, "description");
    const char *type = file != NULL ? sandbox_media_type(file->bytes, file->size) : NULL;

    if (sandbox_form_unknown(form, known) != NULL)
        return sandbox_mastodon_say(exchange, 400,
                                    "Invalid parameter: one that the sandbox does not know");
    if (file == NULL || file->size == 0)
        return sandbox_mastodon_say(exchange, 422, "Validation failed: File can't be blank");
    if (type == NULL || file->type == NULL || strcmp(type, file->type) != 0 ||
        strncmp(type, "image/", 6) != 0)
        return sandbox_mastodon_say(exchange, 422,
                                    "Validation failed: File content type is invalid");
    if (file->size > IMAGE_MAX_BYTES)
        return sandbox_mastodon_say(exchange, 422,
                                    "Validation failed: File file size must be less than 16 MB");
    if (alt != NULL && sandbox_graphemes(alt, strlen(alt)) > ALT_MAX)
        return sandbox_mastodon_say(exchange, 422,
                                    "Validation failed: Description character limit of 1500 "
                                    "exceeded");
    return true;
}

static struct upload *keep(struct world *world, struct account *account, const struct form *form)
{
    const struct form_part *file = sandbox_form_file(form, "file");
    struct upload *upload;
    char id[24];

    snprintf(id, sizeof(id), "%" PRIu64, sandbox_mastodon_next_id(world));
    upload = sandbox_upload_new(world, account, id, file->bytes, file->size,
                                sandbox_form_get(form, "description"));
    if (upload != NULL)
        upload->is_pending = file->size > LARGE_BYTES;
    return upload;
}

void sandbox_mastodon_upload(struct world *world, struct exchange *exchange,
                             struct outcome *outcome)
{
    struct upload *upload;
    struct form form;

    if (!sandbox_mastodon_authorize(world, exchange, outcome, COUNTED_MEDIA))
        return;
    if (!sandbox_form_parse(&form, &exchange->request)) {
        sandbox_mastodon_say(exchange, 400, "The sandbox takes multipart/form-data");
    } else if (check_form(exchange, &form)) {
        upload = keep(world, outcome->account, &form);
        outcome->acted = upload != NULL;
        if (upload != NULL)
            answer_upload(exchange, upload->is_pending ? 202 : 200, upload);
        else
            sandbox_mastodon_trouble(world, exchange, TROUBLE_FULL, outcome->account, 0);
    }
    sandbox_form_release(&form);
}

static struct upload *find(const struct world *world, const struct account *account, const char *id)
{
    struct upload *upload = sandbox_upload_by_id(world, CHANNEL_MASTODON, id);

    return upload != NULL && upload->account == account && !upload->is_attached ? upload : NULL;
}

/* 206 until it is ready. */
void sandbox_mastodon_upload_state(struct world *world, struct exchange *exchange, const char *id,
                                   struct outcome *outcome)
{
    struct upload *upload;

    if (!sandbox_mastodon_authorize(world, exchange, outcome, COUNTED_REQUESTS))
        return;
    upload = find(world, outcome->account, id);
    if (upload == NULL) {
        sandbox_mastodon_refuse(world, exchange, 404);
        return;
    }
    if (upload->is_pending && ++upload->polls >= READY_AFTER_POLLS)
        upload->is_pending = false;
    answer_upload(exchange, upload->is_pending ? 206 : 200, upload);
}

bool sandbox_mastodon_read_media(const struct world *world, struct exchange *exchange,
                                 const json_t *ids, const struct account *account,
                                 struct upload *out[MASTODON_MEDIA_MAX], size_t *count)
{
    size_t index;
    json_t *id;

    if (!json_is_array(ids) || json_array_size(ids) > MASTODON_MEDIA_MAX)
        return sandbox_mastodon_say(exchange, 422, "Cannot attach more than 4 files");
    json_array_foreach(ids, index, id)
    {
        struct upload *upload =
            json_is_string(id) ? find(world, account, json_string_value(id)) : NULL;
        if (upload == NULL)
            return sandbox_mastodon_say(exchange, 422, "Media attachment not found");
        if (upload->is_pending)
            return sandbox_mastodon_say(exchange, 422,
                                        "Cannot attach files that have not finished processing. "
                                        "Try again in a moment!");
        out[(*count)++] = upload;
    }
    return true;
}

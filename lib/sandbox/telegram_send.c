/* Messages and photos in Telegram channels: https://core.telegram.org/bots/api#sendmessage */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "sandbox/media.h"
#include "sandbox/telegram.h"

enum {
    TEXT_MAX_UNITS = 4096,
    CAPTION_MAX_UNITS = 1024,
    PHOTO_MAX_BYTES = 10 * 1024 * 1024,
    MESSAGES_MAX = 20,
};
#define WINDOW_MS INT64_C(60000)

static bool check_text(struct exchange *exchange, const char *text)
{
    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
        return sandbox_telegram_say(exchange, 400, "Bad Request: message text is empty");
    if (sandbox_utf16_length(text) > TEXT_MAX_UNITS)
        return sandbox_telegram_say(exchange, 400, "Bad Request: message is too long");
    return true;
}

static bool find_reply(const struct world *world, struct exchange *exchange, json_t *root,
                       const struct account *account, struct post **out)
{
    static const char *const known[] = {"message_id", "allow_sending_without_reply", NULL};
    json_t *reply = json_object_get(root, "reply_parameters");

    *out = NULL;
    if (reply == NULL)
        return true;
    if (!json_is_object(reply) || !json_is_integer(json_object_get(reply, "message_id")))
        return sandbox_telegram_say(exchange, 400, "Bad Request: can't parse reply parameters");
    if (!sandbox_telegram_check_names(exchange, reply, known))
        return false;
    *out = sandbox_telegram_find_message(world, account, json_object_get(reply, "message_id"));
    if (*out == NULL && !json_is_true(json_object_get(reply, "allow_sending_without_reply")))
        return sandbox_telegram_say(exchange, 400, "Bad Request: message to be replied not found");
    return true;
}

static struct post *make_message(struct world *world, struct exchange *exchange,
                                 struct account *account, const char *text, struct post *reply_to)
{
    struct post *post;
    char id[24];

    if (!world->rate_limits_off && !sandbox_window_count(&account->windows[0], world->now_ms,
                                                         WINDOW_MS, false, MESSAGES_MAX, 1)) {
        sandbox_telegram_slow_down(
            exchange, (account->windows[0].start_ms + WINDOW_MS - world->now_ms + 999) / 1000);
        return NULL;
    }
    snprintf(id, sizeof(id), "%zu", account->post_count + 1);
    post = sandbox_post_new(world, account, id, text, 0);
    if (post == NULL)
        sandbox_telegram_refuse(world, exchange, 507);
    else
        post->reply_to = reply_to;
    return post;
}

static void answer_message(struct exchange *exchange, struct post *post, const char *name,
                           struct outcome *outcome)
{
    struct text *body = &exchange->answer.body;

    outcome->post = post;
    outcome->acted = true;
    sandbox_telegram_answer_ok(exchange);
    text_addf(body, "{\"message_id\":%s,\"chat\":", post->id);
    sandbox_telegram_add_chat(body, post->account);
    text_addf(body, ",\"date\":%" PRId64 ",\"%s\":", post->created_ms / 1000, name);
    sandbox_json_add(body, post->text, JSON_UTF8);
    text_add(body, "}}");
}

/* An address whose picture is shown with the text: kept as what was posted. */
static bool check_preview(struct exchange *exchange, json_t *root, char **raw)
{
    static const char *const known[] = {"url", "is_disabled", "prefer_large_media",
                                        "show_above_text", NULL};
    json_t *preview = json_object_get(root, "link_preview_options");
    const char *url = json_string_value(json_object_get(preview, "url"));

    *raw = NULL;
    if (preview == NULL)
        return true;
    if (!json_is_object(preview))
        return sandbox_telegram_say(exchange, 400, "Bad Request: can't parse link preview options");
    if (!sandbox_telegram_check_names(exchange, preview, known))
        return false;
    if (url != NULL && strncmp(url, "https://", 8) != 0)
        return sandbox_telegram_say(exchange, 400,
                                    "Bad Request: URL of the link preview is invalid");
    *raw = json_dumps(preview, JSON_COMPACT);
    return true;
}

void sandbox_telegram_send(struct world *world, struct exchange *exchange, json_t *root,
                           struct outcome *outcome)
{
    static const char *const known[] = {
        "chat_id", "text", "reply_parameters", "disable_notification", "link_preview_options",
        NULL};
    const char *text = json_string_value(json_object_get(root, "text"));
    struct post *reply_to, *post;
    char *preview;

    if (!sandbox_telegram_check_names(exchange, root, known) || !check_text(exchange, text) ||
        !find_reply(world, exchange, root, outcome->account, &reply_to) ||
        !check_preview(exchange, root, &preview))
        return;
    post = make_message(world, exchange, outcome->account, text, reply_to);
    if (post == NULL) {
        memory_free(preview);
        return;
    }
    post->raw = preview;
    answer_message(exchange, post, "text", outcome);
}

static bool check_photo(struct exchange *exchange, const struct form_part *photo,
                        const char *caption)
{
    const char *type = photo != NULL ? sandbox_media_type(photo->bytes, photo->size) : NULL;

    if (photo == NULL)
        return sandbox_telegram_say(exchange, 400, "Bad Request: there is no photo in the request");
    if (type == NULL || photo->type == NULL || strcmp(type, photo->type) != 0 ||
        strncmp(type, "image/", 6) != 0)
        return sandbox_telegram_say(exchange, 400, "Bad Request: IMAGE_PROCESS_FAILED");
    if (photo->size > PHOTO_MAX_BYTES)
        return sandbox_telegram_say(exchange, 400, "Bad Request: file is too big");
    if (caption != NULL && sandbox_utf16_length(caption) > CAPTION_MAX_UNITS)
        return sandbox_telegram_say(exchange, 400, "Bad Request: message caption is too long");
    return true;
}

void sandbox_telegram_send_photo(struct world *world, struct exchange *exchange, json_t *root,
                                 const struct form *form, struct outcome *outcome)
{
    static const char *const known[] = {"chat_id", "caption", "reply_parameters",
                                        "disable_notification", NULL};
    const char *caption = json_string_value(json_object_get(root, "caption"));
    const struct form_part *photo = sandbox_form_file(form, "photo");
    struct post *reply_to, *post;
    struct upload *upload;
    char id[64];

    if (!sandbox_telegram_check_names(exchange, root, known) ||
        !check_photo(exchange, photo, caption) ||
        !find_reply(world, exchange, root, outcome->account, &reply_to))
        return;
    snprintf(id, sizeof(id), "%zu:%zu", outcome->account->number, outcome->account->post_count + 1);
    upload = sandbox_upload_new(world, outcome->account, id, photo->bytes, photo->size, NULL);
    post = upload == NULL ? NULL
                          : make_message(world, exchange, outcome->account,
                                         caption != NULL ? caption : "", reply_to);
    if (upload == NULL)
        sandbox_telegram_refuse(world, exchange, 507);
    if (post == NULL)
        return;
    sandbox_post_attach(post, upload);
    answer_message(exchange, post, "caption", outcome);
}

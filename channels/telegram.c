/*
 * Telegram channels, by the Bot API (core.telegram.org/bots/api): one bot, made an administrator of
 * each municipality's channel. Parts reply to the one before.
 *
 * A picture takes the text as its caption. A caption is shorter than a text may be: with a longer
 * text Telegram is given the picture's public address, so that it is still one message, and without
 * one the text goes alone. A picture that Telegram refuses is left out.
 *
 * There is no idempotency key, and a bot cannot read what it posted: a message in doubt stays in
 * doubt until a person has looked. The token is part of the URL's path, as Telegram wants it; URLs
 * are never logged or told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/language.h"
#include "count/count.h"
#include "wire/json.h"
#include "wire/multipart.h"

#include "channels/channel.h"
#include "channels/drivers.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/telegram_detour.h"
#include "channels/telegram_reply.h"
#include "channels/upload.h"

enum stage {
    STAGE_START,
    STAGE_POSTING,
    STAGE_DELETING,
    STAGE_CHECKING_BOT,
    STAGE_CHECKING_CHAT,
    STAGE_CHECKING_RIGHTS,
};

static const char *const stages[] = {"start",         "posting",         "deleting", "checking-bot",
                                     "checking-chat", "checking-rights", NULL};

enum { ID_SIZE = 24, CAPTION_MAX_UNITS = 1024 };

static const char default_address[] = "https://api.telegram.org";

/* --- requests -------------------------------------------------------------------------------- */

static enum channel_next end_with(const struct channel_job *job, const struct http_reply *reply,
                                  const struct json *root, struct verdict *verdict,
                                  struct channel_action *action)
{
    struct http_reply coded = *reply;
    char next[128];

    coded.status = telegram_status(reply, root);
    if (coded.status == 400)
        telegram_advise_move(job, root, verdict, next, sizeof(next));
    return shared_end(job, &coded, verdict, action);
}

static enum channel_next end_refused(const struct channel_job *job, const struct http_reply *reply,
                                     const struct json *root, enum request_effect effect,
                                     struct channel_action *action)
{
    struct verdict verdict = telegram_verdict(reply, root, effect);
    return end_with(job, reply, root, &verdict, action);
}

static void start(const struct channel_job *job, struct channel_action *action,
                  enum request_effect effect, const char *method)
{
    struct http_request *request = &action->request;
    const char *address = job->network ? job->network->endpoint : NULL;

    http_request_reset(request, HTTP_POST, effect);
    text_add(&request->url, address ? address : default_address);
    text_add(&request->url, "/bot");
    text_add(&request->url, credential_find(job->credential, "bot-token"));
    text_add_char(&request->url, '/');
    text_add(&request->url, method);
    http_request_header(request, "Accept", "application/json");
}

static void start_request(const struct channel_job *job, struct channel_action *action,
                          enum request_effect effect, const char *method)
{
    start(job, action, effect, method);
    http_request_header(&action->request, "Content-Type", "application/json");
    text_add_char(&action->request.body, '{');
}

static enum channel_next send(const struct channel_job *job, struct channel_action *action)
{
    text_add_char(&action->request.body, '}');
    return shared_send(job, action);
}

static bool is_chat(const char *chat)
{
    if (!chat || strlen(chat) >= TELEGRAM_CHAT_SIZE)
        return false;
    return telegram_is_number(chat) ||
           (chat[0] == '@' && shared_consists_of(chat + 1, "0123456789_"
                                                           "abcdefghijklmnopqrst"
                                                           "uvwxyzABCDEFGHIJKLMN"
                                                           "OPQRSTUVWXYZ"));
}

/* A channel is named by @name, or by a number, which JSON has without quotes. */
static void add_chat(const struct channel_job *job, const struct channel_progress *progress,
                     struct text *body)
{
    char chat[TELEGRAM_CHAT_SIZE];

    telegram_chat(job, progress, chat);
    if (telegram_is_number(chat)) {
        json_add_name(body, "chat_id");
        text_add(body, chat);
    } else {
        json_add_member(body, "chat_id", chat);
    }
}

static void add_number(struct text *body, const char *name, const char *digits)
{
    json_add_name(body, name);
    text_add(body, digits);
}

/* --- posting --------------------------------------------------------------------------------- */

/* The message that the part at which progress stands replies to, or NULL. */
static const char *reply_target(const struct channel_job *job,
                                const struct channel_progress *progress)
{
    const char *id = shared_earlier_id(job, progress);
    return id && telegram_is_number(id) && !telegram_is_by_itself(progress) ? id : NULL;
}

/* What it replies to may be gone: it is worth having by itself. */
static void add_target(struct text *out, const char *id)
{
    text_add_char(out, '{');
    add_number(out, "message_id", id);
    add_number(out, "allow_sending_without_reply", "true");
    text_add_char(out, '}');
}

/* A photo with the text as its caption. Telegram has no place for what the picture shows. */
static enum channel_next send_photo(const struct channel_job *job,
                                    const struct channel_progress *progress,
                                    const struct media *media, const char *target,
                                    struct channel_action *action)
{
    struct http_request *request = &action->request;
    char boundary[MULTIPART_BOUNDARY_SIZE], chat[TELEGRAM_CHAT_SIZE];
    struct text reply;

    telegram_chat(job, progress, chat);
    start(job, action, EFFECT_ONCE, "sendPhoto");
    multipart_boundary(job->nonce, boundary);
    multipart_begin(request, boundary);
    multipart_field(request, boundary, "chat_id", chat);
    multipart_field(request, boundary, "caption", job->draft->parts[0]);
    if (target) {
        text_init(&reply, 128);
        add_target(&reply, target);
        multipart_field(request, boundary, "reply_parameters", reply.bytes);
        text_release(&reply);
    }
    multipart_file(request, boundary, "photo", media->file_name, media->type, media->bytes,
                   media->size_bytes);
    return shared_send(job, action);
}

/* Telegram fetches it and shows it over the text. */
static void add_preview(const struct media *media, struct text *body)
{
    json_add_name(body, "link_preview_options");
    text_add_char(body, '{');
    json_add_member(body, "url", media->url);
    add_number(body, "prefer_large_media", "true");
    add_number(body, "show_above_text", "true");
    text_add_char(body, '}');
}

static enum channel_next send_text(const struct channel_job *job,
                                   const struct channel_progress *progress,
                                   const struct media *media, const char *target,
                                   struct channel_action *action)
{
    struct text *body = &action->request.body;

    start_request(job, action, EFFECT_ONCE, "sendMessage");
    add_chat(job, progress, body);
    json_add_member(body, "text", job->draft->parts[progress->part]);
    if (media && media->url)
        add_preview(media, body);
    if (target) {
        json_add_name(body, "reply_parameters");
        add_target(body, target);
    }
    return send(job, action);
}

static bool is_caption(const char *text)
{
    return count_text(TEXT_UNIT_UTF16, text, strlen(text)) <= CAPTION_MAX_UNITS;
}

static enum channel_next send_part(const struct channel_job *job, struct channel_progress *progress,
                                   struct channel_action *action)
{
    const struct media *media = upload_next(&channel_telegram.media, job, progress);
    const char *target = reply_target(job, progress);

    if (media && is_caption(job->draft->parts[0]))
        return send_photo(job, progress, media, target, action);
    return send_text(job, progress, media, target, action);
}

/* https://t.me/NAME/ID, and https://t.me/c/NUMBER/ID for a private channel, whose number has -100
 * in front. */
static void write_url(const struct json *root, const char *id, struct post *post)
{
    static const char private_prefix[] = "-100";
    size_t prefix = sizeof(private_prefix) - 1;
    const char *name = json_text(root, "result", "chat", "username", NULL);
    char chat[TELEGRAM_CHAT_SIZE], at[TELEGRAM_CHAT_SIZE];

    post->url[0] = '\0';
    if (name)
        snprintf(at, sizeof(at), "@%.90s", name);
    if (name && is_chat(at))
        snprintf(post->url, sizeof(post->url), "https://t.me/%s/%s", at + 1, id);
    else if (json_id(root, chat, sizeof(chat), "result", "chat", "id", NULL) &&
             telegram_is_number(chat) && strncmp(chat, private_prefix, prefix) == 0)
        snprintf(post->url, sizeof(post->url), "https://t.me/c/%s/%s", chat + prefix, id);
}

static enum channel_next take_part(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    struct post *post = &progress->posts[progress->part];
    char id[ID_SIZE];

    if (!telegram_is_ok(reply, root) ||
        !json_id(root, id, sizeof(id), "result", "message_id", NULL) || !telegram_is_number(id)) {
        if (telegram_detour(progress, reply_target(job, progress) != NULL, reply, root))
            return send_part(job, progress, action);
        struct verdict verdict = telegram_verdict(reply, root, EFFECT_ONCE);
        if (!upload_is_reason(&verdict) || !upload_next(&channel_telegram.media, job, progress))
            return end_with(job, reply, root, &verdict, action);
        upload_leave_out(progress);
        return send_part(job, progress, action);
    }
    memcpy(post->id, id, strlen(id) + 1);
    write_url(root, id, post);
    progress->part++;
    progress->post_count = progress->part;
    if (progress->part == job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    return send_part(job, progress, action);
}

static enum channel_next step_post(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    progress->stage = STAGE_POSTING;
    if (progress->part >= job->draft->part_count)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    if (!reply)
        return send_part(job, progress, action);
    return tasks_take(take_part, job, progress, reply, action);
}

/* --- retracting ------------------------------------------------------------------------------ */

static enum channel_next send_delete(const void *network, const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     struct channel_action *action)
{
    (void)network;
    start_request(job, action, EFFECT_REPEATABLE, "deleteMessage");
    add_chat(job, progress, &action->request.body);
    add_number(&action->request.body, "message_id", progress->posts[progress->part].id);
    return send(job, action);
}

static bool is_deleted(const struct http_reply *reply, const struct json *root)
{
    const char *words = json_text(root, "description", NULL);
    return telegram_is_ok(reply, root) || (telegram_status(reply, root) == 400 && words &&
                                           strcasestr(words, "message to delete not found"));
}

static enum channel_next refuse_deletion(const void *network, const struct channel_job *job,
                                         const struct http_reply *reply, const struct json *root,
                                         struct channel_action *action)
{
    (void)network;
    return end_refused(job, reply, root, EFFECT_REPEATABLE, action);
}

/* Messages are numbered in each chat: "@name" is at https://t.me/name, "-100123" at /c/123. */
static bool is_here(const struct channel_job *job, const struct post *post)
{
    const char *chat = account_setting(job->account, "chat");
    char address[TELEGRAM_CHAT_SIZE + 32];

    if (chat && chat[0] == '@')
        snprintf(address, sizeof(address), "https://t.me/%s", chat + 1);
    else if (chat && strncmp(chat, "-100", 4) == 0)
        snprintf(address, sizeof(address), "https://t.me/c/%s", chat + 4);
    else
        return false;
    return tasks_is_below(address, post);
}

static const struct driver_deletion deletion = {STAGE_DELETING, send_delete, is_deleted,
                                                refuse_deletion, is_here};

/* --- checking -------------------------------------------------------------------------------- */

/* The bot's id, from getMe, is what getChatMember asks about: kept in progress.handle. */
static enum channel_next take_bot(const struct channel_job *job, struct channel_progress *progress,
                                  const struct json *root, struct channel_action *action)
{
    char id[ID_SIZE];

    if (!json_id(root, id, sizeof(id), "result", "id", NULL) || !telegram_is_number(id))
        return shared_end_unfit(job, NULL, FAILURE_PROTOCOL,
                                N_("Telegram does not say who the bot is"), action);
    snprintf(progress->handle, sizeof(progress->handle), "%s", id);
    progress->stage = STAGE_CHECKING_CHAT;
    start_request(job, action, EFFECT_NONE, "getChat");
    add_chat(job, progress, &action->request.body);
    return send(job, action);
}

static enum channel_next take_chat(const struct channel_job *job, struct channel_progress *progress,
                                   const struct json *root, struct channel_action *action)
{
    const char *title = json_text(root, "result", "title", NULL);
    char words[128];
    size_t used = strlen(progress->handle);

    shared_copy_words(job, title ? title : "", words, sizeof(words));
    snprintf(progress->handle + used, sizeof(progress->handle) - used, " %s", words);
    progress->stage = STAGE_CHECKING_RIGHTS;
    start_request(job, action, EFFECT_NONE, "getChatMember");
    add_chat(job, progress, &action->request.body);
    json_add_name(&action->request.body, "user_id");
    text_add_bytes(&action->request.body, progress->handle, used);
    return send(job, action);
}

static enum channel_next take_rights(const struct channel_job *job,
                                     const struct channel_progress *progress,
                                     const struct http_reply *reply, const struct json *root,
                                     struct channel_action *action)
{
    const char *status = json_text(root, "result", "status", NULL);
    const char *title = strchr(progress->handle, ' ');
    bool is_owner = status && strcmp(status, "creator") == 0;
    struct verdict verdict = {
        OUTCOME_FAILED, FAILURE_PERMISSION,  NULL, N_("the bot may not post in the channel"),
        NULL,           telegram_make_admin, -1};

    if (!is_owner && !(status && strcmp(status, "administrator") == 0 &&
                       json_is_true(root, "result", "can_post_messages", NULL)))
        return shared_end(job, reply, &verdict, action);
    shared_end_well(reply, OUTCOME_CHECKED, action);
    snprintf(action->outcome.identity, sizeof(action->outcome.identity), "%.200s",
             title && title[1] ? title + 1 : account_setting(job->account, "chat"));
    return NEXT_DONE;
}

static enum channel_next step_check(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    if (!reply || progress->stage < STAGE_CHECKING_BOT) {
        progress->stage = STAGE_CHECKING_BOT;
        start_request(job, action, EFFECT_NONE, "getMe");
        return send(job, action);
    }
    struct json *root = json_parse(reply->body, reply->body_size);
    enum channel_next next;
    if (!telegram_is_ok(reply, root))
        next = end_refused(job, reply, root, EFFECT_NONE, action);
    else if (progress->stage == STAGE_CHECKING_BOT)
        next = take_bot(job, progress, root, action);
    else if (progress->stage == STAGE_CHECKING_CHAT)
        next = take_chat(job, progress, root, action);
    else
        next = take_rights(job, progress, reply, root, action);
    json_free(root);
    return next;
}

/* --- the driver ------------------------------------------------------------------------------ */

static const char *missing_part(const struct channel_job *job)
{
    const char *token = job->credential ? credential_find(job->credential, "bot-token") : NULL;

    if (!token || !token[0])
        return N_("the credential has no bot-token");
    if (!shared_consists_of(token, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ":_-"))
        return N_("the bot-token holds a character that no bot's token has");
    if (!is_chat(account_setting(job->account, "chat")))
        return N_("the account's setting 'chat' is neither @name nor a number");
    return NULL;
}

/* A bot cannot read what it has written. */
static enum channel_next step_find(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, struct channel_action *action)
{
    (void)job, (void)progress, (void)reply;
    return shared_end_well(NULL, OUTCOME_UNKNOWN, action);
}

static const struct driver_tasks tasks = {
    .parts_max = THREAD_PARTS_MAX,
    .missing = missing_part,
    .post = step_post,
    .find = step_find,
    .deletion = &deletion,
    .check = step_check,
};

static enum channel_next step(const struct channel_job *job, struct channel_progress *progress,
                              const struct http_reply *reply, struct channel_action *action)
{
    return tasks_step(&tasks, job, progress, reply, action);
}

static const struct account_field fields[] = {
    {"chat", false, true, false, N_("the channel: @name, or its number for a private one")},
    {"bot-token", true, true, false, N_("the token of the bot that posts there")},
    {NULL, false, false, false, NULL},
};

static const struct channel_quota quotas[] = {
    {1, 1000, false},
    {30, 1000, true},
    {0, 0, false},
};

const struct channel_driver channel_telegram = {
    .name = "telegram",
    .title = N_("Telegram channel"),
    .features = FEATURE_THREADS | FEATURE_RETRACT | FEATURE_CHECK,
    .following = FOLLOWS_REPLY,
    .endpoint = default_address,
    .limits = {.unit = TEXT_UNIT_UTF16, .limit = 4096, .threads = true},
    .media = {.images_max = 1,
              .image_max_bytes = 10 * 1000 * 1000,
              .image_types = "image/jpeg image/png"},
    .fields = fields,
    .stages = stages,
    .step = step,
    .pace = telegram_pace,
    .quotas = quotas,
    .answers = {{150, 600}, 1},
};

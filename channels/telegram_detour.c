#include "channels/telegram_detour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/failure_forms.h"

#include "channels/telegram_reply.h"

/* progress.handle: "chat=NUMBER alone=PART", of which either may be left out. */
static const char chat_name[] = "chat=", alone_name[] = "alone=";

enum { NUMBER_SIZE = 24 };

bool telegram_is_number(const char *string)
{
    return shared_consists_of(string + (string[0] == '-'), "0123456789") && strlen(string) <= 20;
}

/* The new number, if it is known; else out is empty. */
static bool read_moved(const struct channel_progress *progress, char out[NUMBER_SIZE])
{
    const char *at = progress->handle + strlen(chat_name);

    out[0] = '\0';
    if (strncmp(progress->handle, chat_name, strlen(chat_name)) != 0)
        return false;
    snprintf(out, NUMBER_SIZE, "%.*s", (int)strcspn(at, " "), at);
    if (!telegram_is_number(out))
        out[0] = '\0';
    return out[0] != '\0';
}

void telegram_chat(const struct channel_job *job, const struct channel_progress *progress,
                   char out[TELEGRAM_CHAT_SIZE])
{
    char moved[NUMBER_SIZE];
    const char *chat = read_moved(progress, moved) ? moved : account_setting(job->account, "chat");
    snprintf(out, TELEGRAM_CHAT_SIZE, "%s", chat);
}

bool telegram_is_by_itself(const struct channel_progress *progress)
{
    const char *at = strstr(progress->handle, alone_name);
    return at && strtoul(at + strlen(alone_name), NULL, 10) == progress->part + 1UL;
}

static bool read_move(const struct json *root, char out[NUMBER_SIZE])
{
    return json_is_false(root, "ok", NULL) &&
           json_id(root, out, NUMBER_SIZE, "parameters", "migrate_to_chat_id", NULL) &&
           telegram_is_number(out);
}

bool telegram_detour(struct channel_progress *progress, bool is_reply,
                     const struct http_reply *reply, const struct json *root)
{
    char *handle = progress->handle;
    char chat[NUMBER_SIZE];
    size_t size = sizeof(progress->handle);

    if (telegram_status(reply, root) != 400)
        return false;
    if (!read_moved(progress, chat) && read_move(root, chat)) {
        snprintf(handle, size, "%s%s", chat_name, chat);
        return true;
    }
    if (!is_reply || telegram_is_by_itself(progress) || !telegram_is_reply_refused(root))
        return false;
    snprintf(handle, size, "%s%s%s%s%u", read_moved(progress, chat) ? chat_name : "", chat,
             chat[0] ? " " : "", alone_name, progress->part + 1);
    return true;
}

void telegram_advise_move(const struct channel_job *job, const struct json *root,
                          struct verdict *verdict, char *out, size_t size)
{
    char chat[NUMBER_SIZE];

    if (!read_move(root, chat))
        return;
    snprintf(out, size, FORM_SET_CHAT, chat, job->account->municipality, job->account->channel);
    verdict->next = out;
}

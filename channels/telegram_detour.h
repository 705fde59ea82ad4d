/* What Telegram's answers say of the way to go on with a message: its channel may have got another
 * number, and what it should reply to may be gone. Both are kept in progress.handle of the POST, so
 * that the same request is made again after a restart. */
#ifndef CRISIS_CHANNELS_TELEGRAM_DETOUR_H
#define CRISIS_CHANNELS_TELEGRAM_DETOUR_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

enum { TELEGRAM_CHAT_SIZE = 96 };

bool telegram_is_number(const char *string);

/* Where messages go: the number that Telegram told, else the setting. */
void telegram_chat(const struct channel_job *job, const struct channel_progress *progress,
                   char out[TELEGRAM_CHAT_SIZE]);

/* Is the part at which progress stands to go out by itself? */
bool telegram_is_by_itself(const struct channel_progress *progress);

/* A refused part that is worth sending again, since progress says how. Once for each reason. */
bool telegram_detour(struct channel_progress *progress, bool is_reply,
                     const struct http_reply *reply, const struct json *root);

/* The next step for a person whose channel has a new number, in `out`, when the answer tells it. */
void telegram_advise_move(const struct channel_job *job, const struct json *root,
                          struct verdict *verdict, char *out, size_t size);

#endif

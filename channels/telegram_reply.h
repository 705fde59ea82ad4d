/* What Telegram's answers mean: by the code in the body and its words. */
#ifndef CRISIS_CHANNELS_TELEGRAM_REPLY_H
#define CRISIS_CHANNELS_TELEGRAM_REPLY_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

/* The status, or the code in the body where Telegram says no. */
int telegram_status(const struct http_reply *reply, const struct json *root);

bool telegram_is_ok(const struct http_reply *reply, const struct json *root);

/* The meaning of a reply that is no success; root is its body, or NULL when that is not JSON.
 * Strings of both must live as long as the verdict. */
struct verdict telegram_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect);

/* Refused because the message that it should reply to is not there. */
bool telegram_is_reply_refused(const struct json *root);

/* The next step for a person whose bot may not post. */
extern const char telegram_make_admin[];

void telegram_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

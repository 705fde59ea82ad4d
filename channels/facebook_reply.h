/* What Facebook's replies mean: its error codes, and its headers about how much more it will take.
 * Graph API: guides "Handle Errors" and "Rate Limits". */
#ifndef CRISIS_CHANNELS_FACEBOOK_REPLY_H
#define CRISIS_CHANNELS_FACEBOOK_REPLY_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

enum { FACEBOOK_CODE_SIZE = 48 };

/* The object does not exist, or not for this token: after a DELETE it is gone. */
bool facebook_is_gone(const struct json *root);

/* The meaning of a reply that is no success; root is its body, or NULL when that is not JSON.
 * effect: of the request. code and the strings of root must live as long as the verdict. */
struct verdict facebook_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect, char code[FACEBOOK_CODE_SIZE]);

void facebook_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

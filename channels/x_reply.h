/* What X's replies mean: its four forms of errors, and its headers about how much more it will
 * take. X API v2: "Response codes and errors", "Rate limits". */
#ifndef CRISIS_CHANNELS_X_REPLY_H
#define CRISIS_CHANNELS_X_REPLY_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

enum { X_CODE_SIZE = 48 };

/* The post that a request named is not there (any more). */
bool x_is_gone(const struct http_reply *reply, const struct json *root);

/* Refused only because it was to be a reply. */
bool x_is_reply_refused(const struct http_reply *reply, const struct json *root);

/* The meaning of a reply that is no success, without what is known of the job
 * (x_judge); root is its body, or NULL when that is not JSON. effect: of the request. code and the
 * strings of root must live as long as the verdict. */
struct verdict x_verdict(const struct http_reply *reply, const struct json *root,
                         enum request_effect effect, char code[X_CODE_SIZE]);

/* The next step where the app lacks a right. */
extern const char x_change_app[];

void x_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

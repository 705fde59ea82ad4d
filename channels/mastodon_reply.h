/* What answers of Mastodon's API mean. Words differ by version and language: the status decides. */
#ifndef CRISIS_CHANNELS_MASTODON_REPLY_H
#define CRISIS_CHANNELS_MASTODON_REPLY_H

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

/* A server may allow longer posts than Mastodon does; more than this is taken for a mistake. */
enum { MASTODON_LIMIT_BELIEVED = 100000 };

/* root may be NULL: the body is no JSON. effect: of the request that was answered. The strings
 * belong to root and reply. */
struct verdict mastodon_verdict(const struct http_reply *reply, const struct json *root,
                                enum request_effect effect);

void mastodon_pace(const struct http_reply *reply, struct pace_hint *out);

#endif

/*
 * The post of a message that follows another, on networks where a post cannot reply to one of
 * ours: the address of the earlier post stands behind the text, on a line of its own (the closing
 * mark of an exercise stays the last line). The address alone: no words go out that nobody
 * approved. A driver that uses this says FOLLOWS_LINK, and its limits keep room for the address
 * (text_limits.link_back).
 */
#ifndef CRISIS_CHANNELS_LINK_BACK_H
#define CRISIS_CHANNELS_LINK_BACK_H

#include <stdbool.h>

#include "base/text.h"

#include "channels/channel.h"

/* What stands between the text and the address. */
#define LINK_BACK_GAP "\n\n"

/* The longest that can stand behind a text, for addresses of at most so many bytes. */
#define LINK_BACK_ROOM(address_bytes) (sizeof(LINK_BACK_GAP) - 1 + (address_bytes))

/* The address of the earlier post; NULL: there is none. */
const char *link_back_address(const struct channel_job *job);

/* The draft's first part, and the address behind it where there is one. */
void link_back_add_text(const struct channel_job *job, struct text *out);

/* Is it the draft's text, with or without the address? What a look-up knows of the earlier post may
 * be more than was known when ours was sent. options: enum match_option. */
bool link_back_match(const struct channel_job *job, const char *theirs, unsigned options);

#endif

/* Inside the stand-in for Mastodon. */
#ifndef CRISIS_SANDBOX_MASTODON_H
#define CRISIS_SANDBOX_MASTODON_H

#include <jansson.h>

#include "sandbox/network.h"

enum { MASTODON_TEXT_MAX = 500, MASTODON_LINK_LENGTH = 23, MASTODON_MEDIA_MAX = 4 };

/* mastodon.c: what is counted, each in a window of its own. */
enum mastodon_counted { COUNTED_REQUESTS, COUNTED_STATUSES, COUNTED_DELETIONS, COUNTED_MEDIA };
bool sandbox_mastodon_authorize(struct world *world, struct exchange *exchange,
                                struct outcome *outcome, enum mastodon_counted counted);
/* Ids grow with time: milliseconds and 16 more bits. */
uint64_t sandbox_mastodon_next_id(struct world *world);

/* mastodon_media.c */
void sandbox_mastodon_upload(struct world *world, struct exchange *exchange,
                             struct outcome *outcome);
void sandbox_mastodon_upload_state(struct world *world, struct exchange *exchange, const char *id,
                                   struct outcome *outcome);
/* The member media_ids of a status: uploads of this account that are ready and that no status has.
 */
bool sandbox_mastodon_read_media(const struct world *world, struct exchange *exchange,
                                 const json_t *ids, const struct account *account,
                                 struct upload *out[MASTODON_MEDIA_MAX], size_t *count);

/* mastodon_answer.c */

/* {"error":"…"} with this status; false, for those who return at once. */
bool sandbox_mastodon_say(struct exchange *exchange, unsigned status, const char *message);
bool sandbox_mastodon_refuse(struct world *world, struct exchange *exchange, int code);
void sandbox_mastodon_trouble(struct world *world, struct exchange *exchange,
                              enum network_trouble trouble, const struct account *account,
                              int64_t seconds);
/* The headers of a window of so long, so many requests in it left. */
void sandbox_mastodon_rate_headers(struct exchange *exchange, unsigned limit, unsigned used,
                                   int64_t reset_ms);

/* What the server counts: graphemes, each address with its protocol as 23. */
size_t sandbox_mastodon_length(const char *text);
void sandbox_mastodon_add_status(struct text *body, const struct post *post);

#endif

/* What stands on the text card of a draft, for channels that show nothing without a picture. */
#ifndef CRISIS_PLAN_CARD_H
#define CRISIS_PLAN_CARD_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/card.h"

#include "plan/renderer_parts.h"

/* Of the municipality that is being rendered. link: of the text, or NULL. Notes a text that is too
 * long to be drawn. */
const struct card *card_make(struct renderer *renderer, const struct channel_state *channel,
                             const struct choice *choice, size_t language, const char *link);

/* May be NULL, both. */
bool card_is_same(const struct card *a, const struct card *b);

#endif

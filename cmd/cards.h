/* Text cards of a rendering: drawn before it is sent, so that they go the way of all media. */
#ifndef CRISIS_CMD_CARDS_H
#define CRISIS_CMD_CARDS_H

#include "base/error.h"
#include "plan/render.h"

#include "cmd/context.h"

/* Draws the card of each draft that needs one, and puts it among its media, with what stands on it
 * as alt text. What a card could not show is told as warnings. */
int cards_draw(const struct context *context, struct rendering *rendering, struct error *error);

/* Writes the cards, after cards_draw(), to MUNICIPALITY-CHANNEL-LANGUAGE.jpg in a folder, which is
 * made. */
int cards_write(const struct context *context, const struct rendering *rendering,
                const char *folder, struct error *error);

#endif

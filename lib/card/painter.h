/*
 * Draws text cards: 1080 × 1350 pixels (4:5, the tallest that Instagram shows whole), as JPEG. The
 * fonts are DejaVu's, and those of Noto for characters that DejaVu lacks, as Debian installs them;
 * nothing of the user's own settings is read.
 *
 *     painter = card_painter_new(error);                       loads the fonts
 *     card_paint(painter, &card, &jpeg, &finding, error);      as often as needed
 *     card_painter_free(painter);
 *
 * The same card has the same bytes with the same versions of the libraries and fonts. Text is
 * never smaller than 32 pixels, which is 12 points on a telephone, and its contrast is above 7:1
 * (WCAG 2.2, 1.4.6). Text that does not fit gives way to the headline and the link, and the card
 * says where the rest is. Fonts are read when they are first needed: paint before this process is
 * confined (base/confine.h).
 *
 * What draws is a module of its own (card/module.h), which card_painter_new() loads.
 */
#ifndef CRISIS_CARD_PAINTER_H
#define CRISIS_CARD_PAINTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "model/card.h"

enum { CARD_WIDTH = 1080, CARD_HEIGHT = 1350, CARD_MAX_BYTES = 2 * 1024 * 1024 };

struct card_painter;

struct card_finding {
    bool is_short;        /* headline and link stand for the text */
    size_t unknown_count; /* characters that no font has */
};

/* ERROR_SYSTEM: the fonts or the module are not there. */
struct card_painter *card_painter_new(struct error *error);
void card_painter_free(struct card_painter *painter); /* NULL is fine */

/* Appends the picture. ERROR_INPUT: not even the headline and the link fit. */
int card_paint(struct card_painter *painter, const struct card *card, struct text *jpeg,
               struct card_finding *out, struct error *error);

#endif

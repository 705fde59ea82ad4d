/* Where everything stands on a card, and how large. For the files of this room. */
#ifndef CRISIS_CARD_LAYOUT_H
#define CRISIS_CARD_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <pango/pangocairo.h>

#include "model/card.h"

enum {
    CARD_MARGIN = 64,
    CARD_GAP = 28,
    CARD_BAND_HEIGHT = 84, /* of an exercise: one at the top, one at the bottom */
    CARD_CODE_SIZE = 236,
    CARD_TEXT_LEAST = 32,
    CARD_CODE_LONGEST_BYTES = 300, /* its modules are three pixels or more: version 13 at most */
};

/* A block of text, laid out; its place is that of its upper left corner. */
struct block {
    PangoLayout *layout; /* NULL: there is none */
    int x, y, height;
};

struct card_layout {
    struct block issuer, municipality, headline, text, link, time;
    int header_top, header_bottom, footer_top, bottom;
    bool is_short;
    size_t unknown_count;
};

/* False when not even the headline fits. Release the layout in every case. */
bool card_layout_make(PangoContext *context, const struct card *card, struct card_layout *out);
void card_layout_release(struct card_layout *layout);

#endif

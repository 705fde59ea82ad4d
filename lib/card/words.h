/* What a card says for those who do not see it, and the words that it adds. Pure. */
#ifndef CRISIS_CARD_WORDS_H
#define CRISIS_CARD_WORDS_H

#include <stdbool.h>

#include "base/text.h"
#include "model/card.h"

/* "Les hele meldingen her:", in the language of the card, else in English. */
const char *card_more_words(const char *language);

/* Headline of a card that is short: its own, else the title. */
const char *card_short_headline(const struct card *card);

/* Appends all that stands on the card, in the order in which it is read: its alt text. */
void card_add_alt(struct text *out, const struct card *card, bool is_short);

#endif

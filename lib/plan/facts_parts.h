/* What the files that look for facts share. For them only. */
#ifndef CRISIS_PLAN_FACTS_PARTS_H
#define CRISIS_PLAN_FACTS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#include "plan/facts.h"

static inline bool fact_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Every byte of a character beyond ASCII counts as a letter; what is none among them (quotation
 * marks, dashes, spaces) the callers look for first. */
static inline bool fact_is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           ((unsigned char)byte & 0x80) != 0;
}

/* Adds a reading unless it is there. */
void fact_add_reading(struct fact *fact, const char *reading);
/* Adds a fact; one that the text says already is not added again. */
void facts_add(struct facts *facts, const struct fact *fact);

/* Adds a piece of the text with a reading, and another one or NULL. */
void facts_add_piece(struct facts *facts, const char *at, size_t length, const char *reading,
                     const char *other);

/* Whether a digit begins at `at`: its value, and its bytes; -1: none. Arabic and Persian digits are
 * digits too. */
int fact_digit_at(const char *at, size_t *bytes);
/* The number, time, date or telephone number that begins at `at`, with a digit or a '+' before one.
 * Returns where to go on. */
const char *facts_take_number(struct arena *arena, struct facts *facts, const char *at);

/* Adds a web address. Pages of a site have other names in other languages: where one of two
 * addresses says that it is in one ("/en/water", "en.…"), the site alone is compared. */
void facts_add_address(struct arena *arena, struct facts *facts, const char *at, size_t length);
/* The address without a scheme that begins at `at`: "post@kommune.no", "varsom.no/flom". Returns
 * where to go on, or NULL when there is none. */
const char *facts_take_address(struct arena *arena, struct facts *facts, const char *at);
/* Whether one is an address in a language, and both are of one site. */
bool fact_is_same_site(const struct fact *a, const struct fact *b);

/* Words of languages (facts_words.c). */

/* The sign before decimals; 0: the language is not known. */
char fact_decimal_sign(const char *language);
/* A word that tells a time of day before a number: "kl", "at". */
bool fact_is_clock_word(const char *word, size_t length);
/* Whether a text says a reading in words: "7" as "sju", "24" as "et døgn", "12:00" as "noon". */
bool fact_is_in_words(const char *text, const char *language, const char *reading);

#endif

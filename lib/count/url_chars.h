/*
 * The classes of characters that links are made of, over UTF-16 code units, as twitter-text 3.1.0
 * has them. Its expressions ignore case, so that a class also holds every unit with the same upper
 * case as one of its members; the tables here say so in full.
 */
#ifndef CRISIS_COUNT_URL_CHARS_H
#define CRISIS_COUNT_URL_CHARS_H

#include <stdbool.h>
#include <stdint.h>

bool url_may_precede(uint16_t unit);     /* what stands before a link */
bool url_is_domain(uint16_t unit);       /* a label's first and last character */
bool url_is_latin(uint16_t unit);        /* a label of a domain without protocol */
bool url_is_path(uint16_t unit);
bool url_is_path_end(uint16_t unit);
bool url_is_query(uint16_t unit);
bool url_is_query_end(uint16_t unit);
bool url_is_ascii_letter_or_digit(uint16_t unit);

#endif

/*
 * The classes of characters that links are made of, over UTF-16 code units, as twitter-text 3.1.0
 * has them. Its expressions ignore case, so that a class also holds every unit with the same upper
 * case as one of its members; the tables here say so in full.
 */
#ifndef CRISIS_COUNT_URL_CHARS_H
#define CRISIS_COUNT_URL_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* The classes of ASCII characters, in a table because each character of a text is looked up. */
enum url_class {
    URL_DOMAIN = 1 << 0,
    URL_PATH = 1 << 1,
    URL_PATH_END = 1 << 2,
    URL_QUERY = 1 << 3,
    URL_QUERY_END = 1 << 4,
    URL_ALNUM = 1 << 5,
    URL_PRECEDE_NOT = 1 << 6,
};
extern const uint8_t url_ascii_classes[0x80];

bool url_is_domain_beyond_ascii(uint16_t unit);
bool url_may_precede_beyond_ascii(uint16_t unit);

/* A label's first and last character. */
static inline bool url_is_domain(uint16_t unit)
{
    if (unit < 0x80)
        return (url_ascii_classes[unit] & URL_DOMAIN) != 0;
    return url_is_domain_beyond_ascii(unit);
}

/* What stands before a link. */
static inline bool url_may_precede(uint16_t unit)
{
    if (unit < 0x80)
        return (url_ascii_classes[unit] & URL_PRECEDE_NOT) == 0;
    return url_may_precede_beyond_ascii(unit);
}

bool url_is_latin(uint16_t unit); /* a label of a domain without protocol */
bool url_is_path(uint16_t unit);
bool url_is_path_end(uint16_t unit);
bool url_is_query(uint16_t unit);
bool url_is_query_end(uint16_t unit);
bool url_is_ascii_letter_or_digit(uint16_t unit);

#endif

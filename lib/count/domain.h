/* Domain names inside links, over UTF-16 code units. All positions are indices; 0 means none. */
#ifndef CRISIS_COUNT_DOMAIN_H
#define CRISIS_COUNT_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the top-level domain that begins at `at` ends: one of tables/tlds.txt that no letter,
 * digit,
 * '@', '+' or '-' follows, or one in Punycode ("xn--…"). Looks no further than `end`. */
size_t domain_match_tld(const uint16_t *units, size_t at, size_t end);

/* The next stretch of [at, end) that is a domain in Latin letters alone; false when there is none.
 */
bool domain_next_latin(const uint16_t *units, size_t at, size_t end, size_t *match_start,
                       size_t *match_end);

/* Whether each label, in Punycode, has 1 to 63 characters, and the whole is no broken Punycode. */
bool domain_is_valid(const uint16_t *units, size_t start, size_t end);

#endif

/*
 * How long a text is, as networks count it, and where it may be divided.
 *
 * Texts are UTF-8 that the caller has checked. Bytes that are not valid count as one replacement
 * character each (U+FFFD, weight 2 on X): a count is never wrong on the short side because of them.
 *
 * Sources: X counts as twitter-text 3.1.0 with its configuration 3; grapheme clusters are those of
 * UAX #29; Mastodon reserves 23 characters for a link that is written with its protocol;
 * Threads counts an emoji as its bytes of UTF-8 (Threads API, "Posts": limitations).
 */
#ifndef CRISIS_COUNT_COUNT_H
#define CRISIS_COUNT_COUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/text_limits.h"

/* The length of a text in a unit. Empty text is 0. */
size_t count_text(enum text_unit unit, const char *text, size_t length);

/* Whether a text is within both of a network's limits. */
bool count_fits(const struct text_limits *limits, const char *text, size_t length);

/* A stretch of a text: byte offsets, end exclusive. */
struct count_span {
    size_t start, end;
};

/*
 * The smallest pieces that a text may be divided into, in order and without gaps: a link as a
 * whole, else one grapheme cluster (so an emoji sequence, a flag, a letter with its marks).
 *
 *     struct count_atoms atoms;
 *     count_atoms_init(&atoms, text, length);
 *     while (count_atoms_next(&atoms, &span)) …
 *     count_atoms_release(&atoms);
 */
struct count_atoms {
    const char *text;
    size_t length;
    size_t position;
    struct count_span *links;
    size_t link_count, link_next;
};

void count_atoms_init(struct count_atoms *atoms, const char *text, size_t length);
bool count_atoms_next(struct count_atoms *atoms, struct count_span *out);
void count_atoms_release(struct count_atoms *atoms);

#endif

/* Extended grapheme clusters (UAX #29), one code point at a time. */
#ifndef CRISIS_COUNT_GRAPHEMES_H
#define CRISIS_COUNT_GRAPHEMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begin with a zeroed one. */
struct grapheme_reader {
    int32_t previous; /* code point + 1; 0 at the start of the text */
    int32_t state;
};

/* Takes the next code point of the text: true when a cluster begins with it. */
bool grapheme_begins(struct grapheme_reader *reader, uint32_t code_point);

size_t grapheme_count(const char *text, size_t length);
/* The same with each link that has a protocol as 23 clusters. */
size_t grapheme_count_links(const char *text, size_t length);

/* Bytes of the first cluster of a text; 0 for an empty one. */
size_t grapheme_length(const char *text, size_t length);

#endif

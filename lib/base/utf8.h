/* UTF-8 as RFC 3629 has it, and the characters that text for people must not contain. */
#ifndef CRISIS_BASE_UTF8_H
#define CRISIS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point. Returns the bytes used (1-4), or 0 when they are not valid UTF-8
 * (overlong forms, surrogates, beyond U+10FFFF, cut off). length must be > 0. */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point);

/* Writes one code point, 1-4 bytes, no NUL. Returns the bytes written, 0 when it is no scalar
 * value. */
size_t utf8_encode(uint32_t code_point, char out[4]);

/* Offset of the first byte that is not valid, or length when all is. */
size_t utf8_valid_prefix(const char *bytes, size_t length);

/* Code points of a valid string. */
size_t utf8_count(const char *string);

/* The width that printf must be told ("%-*s") for a valid string to fill so many columns: it counts
 * bytes. */
int utf8_field(const char *string, int columns);

/* Control characters but LF and TAB, the bidirectional embeddings, overrides and isolates
 * (U+202A-202E, U+2066-2069), and U+FEFF, U+FFFE, U+FFFF. */
bool utf8_is_forbidden(uint32_t code_point);

/* The first forbidden character of a valid string, or 0. */
uint32_t utf8_find_forbidden(const char *string);

#endif

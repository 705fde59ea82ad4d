/* What the text formats of the log share: lines, decimal numbers and hashes, read strictly. */
#ifndef CRISIS_AUDIT_LINES_H
#define CRISIS_AUDIT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/text.h"

/* The bytes that are still to be read. */
struct lines {
    const char *at;
    size_t left;
};

struct line {
    const char *bytes; /* without its LF, and without a NUL */
    size_t length;
};

/* Takes the next line; false when there is none, or when it has no LF at its end. */
bool lines_take(struct lines *lines, struct line *out);
bool line_is(const struct line *line, const char *text);
/* What follows `start` in the line; false when it does not begin so. */
bool line_after(const struct line *line, const char *start, struct line *out);

/* A decimal number below 2^63, without sign or leading zero. */
bool line_decimal(const struct line *line, uint64_t *out);
/* The base64 of exactly `size` bytes, canonical; at most LINE_BASE64_MAX_BYTES. */
enum { LINE_BASE64_MAX_BYTES = 8192 };
bool line_base64(const struct line *line, void *out, size_t size);

void lines_add_hash(struct text *out, const unsigned char hash[SHA256_SIZE]); /* base64 and LF */

#endif

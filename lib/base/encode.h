/* Base64 (RFC 4648, with padding, or without), base64url (without), and hexadecimal. Decoders are
 * strict: no white space, canonical padding and tail bits. */
#ifndef CRISIS_BASE_ENCODE_H
#define CRISIS_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

void base64_add(struct text *out, const void *bytes, size_t size);
void base64_unpadded_add(struct text *out, const void *bytes, size_t size);
void base64url_add(struct text *out, const void *bytes, size_t size);
void hex_add(struct text *out, const void *bytes, size_t size); /* lower case */

/* Appends the decoded bytes; false, with nothing added, when the input is not canonical. */
bool base64_decode(struct text *out, const char *encoded, size_t length);
bool base64_unpadded_decode(struct text *out, const char *encoded, size_t length);
bool base64url_decode(struct text *out, const char *encoded, size_t length);
bool hex_decode(struct text *out, const char *encoded, size_t length); /* lower case only */

#endif

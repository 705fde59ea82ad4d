/*
 * Bech32 as in BIP 173 (checksum constant 1), the spelling of age's keys: a prefix, "1", digits of
 * five bits each, and a checksum of six digits. BIP 173's limit of 90 characters does not apply.
 * The case of the letters is that of the prefix: "age" means lower case, "AGE-SECRET-KEY-" upper.
 */
#ifndef CRISIS_TRUST_BECH32_H
#define CRISIS_TRUST_BECH32_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

void bech32_add(struct text *out, const char *prefix, const void *bytes, size_t size);

/* Appends the decoded bytes; false, with nothing added, when the string does not begin with the
 * prefix and "1", has a letter of the other case or a wrong checksum, or is not canonical. */
bool bech32_decode(struct text *out, const char *prefix, const char *encoded, size_t length);

#endif

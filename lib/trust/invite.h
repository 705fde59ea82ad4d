/*
 * The code of an invitation (spec: trust, "Credentials"): "crisis-invite-" and 128 random bits as
 * lower-case hexadecimal digits. Whoever has it may register accounts of one municipality, once.
 * Only its hash is ever kept: it is random enough that nobody finds the code by guessing.
 */
#ifndef CRISIS_TRUST_INVITE_H
#define CRISIS_TRUST_INVITE_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/text.h"

enum { INVITE_CODE_MAX_BYTES = 64 };

/* A new one, as secret text, which is initialised here. */
void invite_new(struct text *code);
/* Its hash; false when it does not have the form of one. */
bool invite_hash(const char *code, unsigned char out[SHA256_SIZE]);

#endif

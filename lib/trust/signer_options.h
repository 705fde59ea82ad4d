/* The options of a line of the approvers file, between the name and the key. */
#ifndef CRISIS_TRUST_SIGNER_OPTIONS_H
#define CRISIS_TRUST_SIGNER_OPTIONS_H

#include <stddef.h>

#include "base/arena.h"

#include "trust/signers.h"

/* Reads `options` into *signer. NULL when they are good, else what is wrong, for a message. */
const char *signer_options_read(struct arena *arena, const char *options, size_t length,
                                struct signer *signer);

void signer_options_add(struct text *out, const struct signer *signer);

#endif

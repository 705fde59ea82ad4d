/* The registry as a registration file, credentials included. */
#ifndef CRISIS_CMD_EXPORT_TEXT_H
#define CRISIS_CMD_EXPORT_TEXT_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "store/store.h"

struct vault;

/* Accounts in the order of the store; out is an initialised secret text. */
int export_text(struct vault *vault, const struct stored_account *accounts, size_t count,
                struct text *out, struct error *error);

#endif

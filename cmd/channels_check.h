/* `channels --check`: asks each network about each account, without posting, and remembers what was
 * proven. */
#ifndef CRISIS_CMD_CHANNELS_CHECK_H
#define CRISIS_CMD_CHANNELS_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "store/store.h"

#include "cmd/context.h"

/* Ends in ERROR_SOME_FAILED when an account may not post. */
int channels_check(struct context *context, const struct stored_account *accounts, size_t count,
                   struct error *error);

#endif

/* The last question before a live or exercise send: mode, audience, counts by channel, how long it
 * will take, who is not reached, what goes first, one sample text; the plan's id must be typed. */
#ifndef CRISIS_CMD_CONFIRM_H
#define CRISIS_CMD_CONFIRM_H

#include "base/error.h"

#include "cmd/sending.h"

/* 0 when confirmed, by the id typed or by --yes. ERROR_USAGE when it is not, or when there is no
 * terminal to ask on. With --yes only what is wrong is said. */
int confirm_send(struct sending *sending, struct error *error);

#endif

/* The last question before a live or exercise send: mode, audience, counts by channel, one sample
 * text; the plan's id must be typed. */
#ifndef CRISIS_CMD_CONFIRM_H
#define CRISIS_CMD_CONFIRM_H

#include "base/error.h"
#include "plan/render.h"

#include "cmd/accounts.h"
#include "cmd/context.h"

/* 0 when the send may go on: --yes was given, or the id was typed. */
int confirm_send(struct context *context, const struct render_request *request,
                 const struct rendering *rendering, const struct chosen_accounts *chosen,
                 struct error *error);

#endif

/* Where a message that follows another one goes: to the places which that one reached, and to no
 * others. */
#ifndef CRISIS_CMD_FOLLOWED_H
#define CRISIS_CMD_FOLLOWED_H

#include <stdbool.h>

#include "base/error.h"
#include "model/delivery.h"
#include "plan/plan.h"

#include "cmd/accounts.h"
#include "cmd/context.h"

/* Narrows the chosen accounts to those that the followed message has reached, and says so. Where it
 * has not gone out, nothing is narrowed. ERROR_INPUT when it reached none of them. */
int followed_narrow(struct context *context, const struct plan *plan, const struct message *message,
                    enum run_mode mode, struct chosen_accounts *chosen, struct error *error);

/* Whether followed_stop() would stop something now. */
int followed_will_stop(struct context *context, const struct plan *plan,
                       const struct message *message, enum run_mode mode, bool *out,
                       struct error *error);

/* Stops what is still being sent, or was left unfinished, of the messages that a reversal takes
 * back or ends: first of all, nothing more of them leaves. What cannot be stopped is said, and does
 * not keep the reversal from going out; so is a run that is not stopped because the reversal is for
 * some of its places only (--only, --except). */
int followed_stop(struct context *context, const struct plan *plan, const struct message *message,
                  enum run_mode mode, bool *out_stopped, struct error *error);

#endif

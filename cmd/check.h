/* What `check` says of a plan that was loaded, for others that ask the same. Each function adds
 * what is wrong to the problems. */
#ifndef CRISIS_CMD_CHECK_H
#define CRISIS_CMD_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"
#include "plan/plan.h"

#include "cmd/accounts.h"
#include "cmd/check_approvals.h"
#include "cmd/context.h"

/* Everything that can be known without a network; where a workspace is open, of its accounts and
 * approvals too. -1: the store failed. *approvals is in the arena. */
int check_plan(struct context *context, const struct plan *plan, struct problems *problems,
               struct checked_approval **approvals, size_t *approval_count, struct error *error);

/* Of the plan itself: every text of every delivery, times that are over, reversals. */
void check_texts_and_times(const struct context *context, const struct plan *plan,
                           struct problems *problems);

/* Of the accounts that a run of it would use: those that are missing or end soon, their addresses,
 * media, and the secrets of their apps. The store must be open. */
int check_accounts(struct context *context, const struct plan *plan,
                   const struct chosen_accounts *chosen, struct problems *problems,
                   struct error *error);

#endif

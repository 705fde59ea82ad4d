/* What `check` says of a plan that was loaded, for others that ask the same. */
#ifndef CRISIS_CMD_CHECK_H
#define CRISIS_CMD_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"
#include "plan/plan.h"

#include "cmd/check_approvals.h"
#include "cmd/context.h"

/* Adds everything that can be known without a network; where a workspace is open, of its accounts
 * and approvals too. -1: the store failed. *approvals is in the arena. */
int check_plan(struct context *context, const struct plan *plan, struct problems *problems,
               struct checked_approval **approvals, size_t *approval_count, struct error *error);

#endif

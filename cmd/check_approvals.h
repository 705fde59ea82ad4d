/* What `check` says of a plan's approvals: for each message, in each mode and with each set of
 * values that somebody signed it for, who has approved it, until when, and what is missing. */
#ifndef CRISIS_CMD_CHECK_APPROVALS_H
#define CRISIS_CMD_CHECK_APPROVALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"
#include "plan/plan.h"
#include "trust/statement.h"

#include "cmd/accounts.h"
#include "cmd/context.h"

/* One message as it would be sent: what is there of its approval. */
struct checked_approval {
    const struct message *message;
    enum run_mode mode;
    const struct statement_variable *variables;
    size_t variable_count;
    unsigned threshold, found;
    const char *const *principals; /* whose approvals count */
    size_t principal_count;
    const char *emergency; /* who may act alone; NULL: nobody */
    int64_t until_unix_ms; /* of the approval, or of those that there are; 0: none */
    bool is_approved;
};

/* Adds a warning for each message that is not approved, and for each approval that counts nowhere.
 * Of a plan that needs no approvals nothing is said. *out is in the arena, by message. */
int check_approvals(struct context *context, const struct plan *plan,
                    const struct chosen_accounts *chosen, struct problems *problems,
                    struct checked_approval **out, size_t *out_count, struct error *error);

/* Prints one as a line of the result. */
void check_approvals_print(const struct checked_approval *approval);

#endif

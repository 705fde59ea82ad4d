/* Which of the registered accounts a run uses: those of the plan's audience, on the plan's
 * channels, narrowed by --only and --except. */
#ifndef CRISIS_CMD_ACCOUNTS_H
#define CRISIS_CMD_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/account.h"
#include "plan/plan.h"
#include "store/store.h"

#include "cmd/context.h"

struct chosen_accounts {
    struct account *accounts; /* the chosen ones, in the order of the store */
    size_t count;
    size_t municipality_count; /* of the chosen accounts */
    size_t unreachable_count;  /* municipalities of the (narrowed) audience without any account */
    const char **unreachable;  /* their ids */
    /* What was chosen before accounts_keep_reached(): the audience that is approved. */
    struct account *meant;
    size_t meant_count;
};

/* Selectors that are none, or that match nothing, are ERROR_USAGE: never "all". */
int accounts_choose(struct context *context, const struct plan *plan, struct chosen_accounts *out,
                    struct error *error);
/* The same in less memory: of their settings only which host they are at, how long a post may be,
 * and when a credential ends. */
int accounts_choose_to_send(struct context *context, const struct plan *plan,
                            struct chosen_accounts *out, struct error *error);

/* Keeps those that are in `reached` (indices as in `accounts`), in their order. */
void accounts_keep_reached(struct context *context, const struct plan *plan, const bool *reached,
                           struct chosen_accounts *chosen);

/* Marks those of the accounts that the selectors of an option name, as --only would keep them; none
 * is ERROR_USAGE. */
int accounts_mark(struct context *context, const struct plan *plan, const char *option,
                  const struct account *accounts, size_t count, bool *marked, struct error *error);

/* The same narrowing for a list of accounts that the store does not have (preview without one). */
int accounts_narrow(struct context *context, const struct plan *plan,
                    const struct account **accounts, size_t *count, struct error *error);

#endif

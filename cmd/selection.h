/*
 * --only and --except, whatever they choose from (accounts of a plan, accounts of the registry,
 * deliveries of a run): how selectors combine, and that one which matches nothing is an error and
 * never means "all".
 */
#ifndef CRISIS_CMD_SELECTION_H
#define CRISIS_CMD_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "plan/select.h"

#include "cmd/context.h"

struct selectors {
    struct selector *items;
    size_t *matched; /* how often each one did */
    size_t count;
};

/* Those of an option, in the arena. ERROR_USAGE for one that is none. */
int selectors_read(struct context *context, const char *option, struct selectors *out,
                   struct error *error);

/* Whether a selector names what `thing` points to. */
typedef bool selector_test(const struct selector *selector, const void *thing);

/* --only: channel selectors narrow the others, so that `--only county=34 --only channel=x` is X in
 * that county. Without any everything is meant. Counts what each one matched. */
bool selectors_mean(struct selectors *selectors, selector_test *test, const void *thing);
/* --except: what any of them names. */
bool selectors_name(struct selectors *selectors, selector_test *test, const void *thing);

/* What they choose from, for the error. */
enum selectors_subject { SELECTORS_OF_PLAN, SELECTORS_OF_RUN };

/* ERROR_USAGE when one of them matched nothing. */
int selectors_check(const struct selectors *selectors, const char *option,
                    enum selectors_subject subject, struct error *error);

/* Whether a selector names an account, as far as that is known without a plan: by its id, its
 * channel, or its county, with which the number of a Norwegian municipality begins. */
bool selector_names_place(const struct selector *selector, const char *municipality,
                          const char *channel);

#endif

/*
 * The values of a plan's variables for one run: what was set on the command line, else the plan's
 * defaults, each within its bounds. They are part of what approvers sign.
 */
#ifndef CRISIS_PLAN_VALUES_H
#define CRISIS_PLAN_VALUES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"
#include "model/account.h"

#include "plan/plan.h"

struct run_values {
    const char *const *by_variable; /* one per plan->variables, never NULL */
    const struct setting *sorted;   /* the same with their names, by name: for signing */
    size_t count;
};

enum values_purpose {
    VALUES_TO_SEND, /* a required variable without a value is an error */
    VALUES_TO_SHOW, /* it gets a sample as long as it may be */
};

/* `assignments` are "NAME=VALUE", as `--set` takes them; NAME=  sets the empty value. Returns -1
 * and NULL when errors were added: not of that form, a name that the plan has not (or one that is
 * built in), one set twice, a value out of bounds. All of them are named at once. */
int values_collect(struct arena *arena, const struct plan *plan, const char *const *assignments,
                   size_t assignment_count, enum values_purpose purpose, struct problems *problems,
                   const struct run_values **out);

/* The defaults, with samples where a required variable has none: for checking lengths. */
const struct run_values *values_sample(struct arena *arena, const struct plan *plan);

#endif

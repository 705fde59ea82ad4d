/*
 * Everything about a plan's texts that can be known without accounts: every message is rendered for
 * every municipality and every channel that the plan uses, live and as an exercise, with the
 * variables' defaults. A required variable without a default is as long as it may be.
 */
#ifndef CRISIS_PLAN_CHECK_H
#define CRISIS_PLAN_CHECK_H

#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"

#include "plan/plan.h"
#include "plan/render.h"

/* `channels` are all there are; the plan's own choice among them is looked at. Adds what is wrong;
 * what is true of the same text for many municipalities is told once. */
void check_texts(struct arena *arena, const struct plan *plan, const struct channel_shape *channels,
                 size_t channel_count, const char *coordinator, struct problems *problems);

#endif

/*
 * Everything about a plan's texts that can be known without accounts: every message is rendered for
 * every municipality and every channel that the plan uses, live and as an exercise, with the
 * variables' defaults. A required variable without a default is as long as it may be. The language
 * versions of a message are compared (differences.h). What is known of accounts tells more of
 * media.
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
                 size_t channel_count, const char *coordinator, const char *site_url,
                 struct problems *problems);

/* What each message's media leave out on the channels of these accounts, and whom a message without
 * a film, or without a public site, does not reach. */
void check_media(struct arena *arena, const struct plan *plan, const struct channel_shape *channels,
                 size_t channel_count, const char *site_url, const struct account *accounts,
                 size_t account_count, struct problems *problems);

#endif

/*
 * Canaries: deliveries of a run that go first (--canary), so that the rest can be held back. The
 * rest follows when the coordinator agrees, or after a set time (--canary-wait) when all of them
 * are posted. The store knows which they are and whether the rest may follow, so that `resume` goes
 * on where a process died, and asks the same.
 */
#ifndef CRISIS_CMD_CANARY_H
#define CRISIS_CMD_CANARY_H

#include "base/error.h"
#include "dispatch/dispatch.h"

#include "cmd/sending.h"

/* The options of `send` and `resume`, before anything has happened. */
int canary_read_options(struct sending *sending, struct error *error);

/* Chooses the canaries of what was rendered: sending->canaries, and how many they are. What the
 * selectors name goes first; `all` is a sample, one delivery for each channel and language. None
 * are chosen where nothing would be left to wait for. ERROR_USAGE when a selector matches nothing,
 * or nobody whom the message goes to, or when nobody could agree to the rest. */
int canary_choose(struct sending *sending, struct error *error);

/* ERROR_USAGE when the rest of the run waits, and nobody could agree to it. */
int canary_demand_answer(const struct sending *sending, struct error *error);

/* Says which deliveries go first, if any do. */
void canary_note(const struct sending *sending);

/* In place of dispatch_run() for a run of CANARY_FIRST: sends its canaries, shows what became of
 * them, and sends the rest when it may. Sets sending->result. */
int canary_dispatch(struct sending *sending, struct dispatch_options *options, struct error *error);

#endif

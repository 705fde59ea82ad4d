/*
 * The one gate in front of everything that goes out. `send` and `resume` ask it; only it can make a
 * struct verified_run, and only a verified run can be handed to the dispatcher.
 */
#ifndef CRISIS_TRUST_APPROVAL_H
#define CRISIS_TRUST_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/delivery.h"

/* What is to go out, as the gate sees it. */
struct approval_request {
    const char *plan;
    const char *message;
    enum run_mode mode;
    unsigned plan_threshold;      /* how many approvers the plan asks for */
    unsigned workspace_threshold; /* the floor: a plan may ask for more, never for less */
    const char *const *endpoints; /* every origin that the run would talk to */
    size_t endpoint_count;
};

/* Proof that the gate let this run through. */
struct verified_run;

/* Lets the run through, or says why not (ERROR_NOT_APPROVED). A dry run opens no connection and is
 * always let through. With a threshold of 0, every endpoint must be a loopback address. Nothing
 * turns the gate off. *out belongs to the arena; NULL when refused. */
int approval_decide(struct arena *arena, const struct approval_request *request,
                    const struct verified_run **out, struct error *error);

/* The threshold that applied: the larger of the plan's and the workspace's. */
unsigned verified_run_threshold(const struct verified_run *run);
enum run_mode verified_run_mode(const struct verified_run *run);
/* Is this URL's origin one that was let through? Never for a dry run. */
bool verified_run_allows(const struct verified_run *run, const char *origin);

#endif

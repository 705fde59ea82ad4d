/*
 * Where a rehearsal takes place: a sandbox in another process, and a workspace for it in a folder
 * for temporary files, with a copy of the plan and accounts that exist there only. Nothing in it
 * can reach a network: the gate lets a plan that nobody has approved reach loopback addresses
 * alone, and no real address and no real credential is in it.
 */
#ifndef CRISIS_CMD_REHEARSAL_STAGE_H
#define CRISIS_CMD_REHEARSAL_STAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/process.h"
#include "base/temporary.h"

#include "cmd/accounts.h"
#include "cmd/context.h"

struct rehearsal_stage {
    struct temporary_folder folder;
    struct supervisor supervisor;
    struct process sandbox;
    const char *url, *ca;              /* of the sandbox */
    const char *workspace, *plan_file; /* in the folder */
};

/* What it is set up for. */
struct rehearsal_setting {
    struct context *context; /* the real workspace: its arena and its configuration */
    const struct plan *plan;
    const struct account *accounts;
    size_t account_count;
    uint64_t seed;
    const char *const *latencies, *const *faults; /* for the sandbox */
    size_t latency_count, fault_count;
};

/* rehearsal_stage_close() ends it in every case. ERROR_INTERRUPTED, without a message, when a
 * signal came meanwhile. */
int rehearsal_stage_open(const struct rehearsal_setting *setting, struct rehearsal_stage *out,
                         struct error *error);
void rehearsal_stage_close(struct rehearsal_stage *stage);

#endif

/*
 * What the gate (trust/approval.h) is asked about a send, gathered from where it lies: the plan and
 * its rendering, the approver list in force (approver_list.h), and the statements and signatures
 * beside the plan (PLAN-ID.approvals/NAME.statement and .sig).
 */
#ifndef CRISIS_CMD_GATE_H
#define CRISIS_CMD_GATE_H

#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "plan/render.h"
#include "trust/approval.h"

#include "cmd/context.h"

/* What must have been signed for the message as it would be rendered. `request` has its accounts.
 * Problems of the texts are printed, and are the error. */
int gate_wanted(struct context *context, const struct render_request *request,
                struct statement *out, struct error *error);

/* The same, quietly: -1 when an error was added to `problems`. */
int gate_make_wanted(struct arena *arena, const struct render_request *request,
                     struct problems *problems, struct statement *out);

/* Fills in everything but the endpoints. `wanted` may be NULL (a dry run). */
int gate_ask(struct context *context, const struct plan *plan, const struct message *message,
             enum run_mode mode, const struct statement *wanted, struct approval_request *out,
             struct error *error);

/* The same for a run that was begun before: what was wanted then, who may approve, and for how many
 * approvals, as gate_record_write() put it down; the approvers, the files and the time are those of
 * now. */
int gate_ask_again(struct context *context, const struct run_record *run,
                   struct approval_request *out, struct error *error);

/* The two halves of gate_ask(), to ask about several messages with one look: what there is now (the
 * approvers in force, the files beside the plan, the time), and what the plan says. Each leaves the
 * other's fields alone. */
int gate_load(struct context *context, const char *plan_file, const char *plan_id,
              struct approval_request *out, struct error *error);
void gate_describe(struct arena *arena, const struct plan *plan, const struct message *message,
                   enum run_mode mode, const struct statement *wanted,
                   struct approval_request *out);

/* The folder of a plan's approvals, in the arena. */
const char *gate_folder(struct arena *arena, const char *plan_file, const char *plan_id);

#endif

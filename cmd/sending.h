/* What `send` and `resume` share: everything gathered on the way, and the steps that both take. */
#ifndef CRISIS_CMD_SENDING_H
#define CRISIS_CMD_SENDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "dispatch/dispatch.h"
#include "plan/render.h"
#include "trust/approval.h"

#include "cmd/accounts.h"
#include "cmd/context.h"
#include "cmd/send_view.h"

/* Everything a send gathers on its way. */
struct sending {
    struct context context;
    struct problems problems;
    int64_t began_ms; /* monotonic */
    int64_t deadline_ms;
    enum run_mode mode;
    struct plan *plan;
    const struct message *message;
    const struct run_values *values;
    struct chosen_accounts chosen;
    struct render_request request;
    struct rendering *rendering;
    struct statement wanted; /* what must have been signed */
    struct approval_request gate;
    const struct verified_run *verified;
    struct run_record *run;
    struct dispatch_result result;
};

/* --deadline, before anything has happened. */
int sending_read_deadline(struct sending *sending, struct error *error);

/* The workspace, its store twice (to write, and to read meanwhile), and its vault. */
int sending_open_workspace(struct sending *sending, struct error *error);

/* Every origin that the accounts' requests would go to, each once: what the gate is asked about. */
const char **sending_endpoints(struct sending *sending, const struct account *accounts,
                               size_t count, size_t *out_count);

/* Asks the gate with sending->gate. A refusal goes on the audit log; run: NULL when there is none
 * yet. */
int sending_pass_gate(struct sending *sending, const char *run, struct error *error);

struct dispatch_options sending_options(struct sending *sending, struct send_view *view);

/* Sends what the run has left, marks the run, and prints the summary. */
int sending_over_network(struct sending *sending, struct error *error);

/* Prints where the run stands, and ends in the exit code that this means. */
int sending_summarise(struct sending *sending, struct error *error);

#endif

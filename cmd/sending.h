/* What `send`, `resume` and `retract` share: everything gathered on the way, and the steps that
 * both take. */
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
#include "cmd/app_secrets.h"
#include "cmd/context.h"
#include "cmd/outgoing.h"
#include "cmd/send_view.h"

/* Everything a send gathers on its way. */
struct sending {
    struct context context;
    struct problems problems;
    int64_t began_ms; /* monotonic */
    int64_t deadline_ms;
    int64_t canary_wait_ms; /* from the canaries being posted to the rest; < 0: it is asked for */
    enum run_mode mode;
    bool is_again; /* accounts and texts are chosen once more: what there is to say has been said */
    struct plan *plan;
    const struct message *message;
    const struct run_values *values;
    struct arena *making; /* what the run is made of: accounts and texts. Freed when it is made */
    struct chosen_accounts chosen;
    struct app_secrets app_secrets;
    struct render_request request;
    struct rendering *rendering;
    bool *canaries;           /* for each delivery of the rendering, whether it goes first */
    size_t canary_count;      /* 0: none does, and there may be no such list */
    const char *canary_words; /* what chose them */
    struct statement wanted;  /* what must have been signed */
    struct approval_request gate;
    const struct verified_run *verified;
    struct run_record *run;
    struct outgoing outgoing;
    enum channel_task task; /* RETRACT: which deliveries are meant, as dispatch_options has it */
    bool (*is_meant)(void *context, const struct delivery_record *delivery);
    void *meant_context;
    struct media *media; /* of the run, as stored */
    size_t media_count;
    struct dispatch_result result;
};

/* The context for what the run is made of: in the arena `making`, which begins here. */
struct context sending_making(struct sending *sending);
/* Frees that; nothing of it may be used after. */
void sending_made(struct sending *sending);

/* --deadline, before anything has happened. */
int sending_read_deadline(struct sending *sending, struct error *error);

/* The workspace, its store twice (to write, and to read meanwhile), and its vault. */
int sending_open_workspace(struct sending *sending, struct error *error);

/* The secrets of the coordinator's apps, and whether none is missing for these accounts. */
int sending_load_app_secrets(struct sending *sending, const struct account *accounts, size_t count,
                             struct error *error);

/* Asks the gate with sending->gate. A refusal goes on the audit log; run: NULL when there is none
 * yet. */
int sending_pass_gate(struct sending *sending, const char *run, struct error *error);

/* Keeps any other process from sending this message in this mode, until the run is over. */
int sending_lock_message(struct sending *sending, const char *plan, const char *message,
                         struct error *error);
/* Takes sending->run for this process. A stop that came since the run was read ends it here. */
int sending_lock_run(struct sending *sending, struct error *error);

/* Takes the run's media out of the store. */
int sending_load_media(struct sending *sending, struct error *error);

struct dispatch_options sending_options(struct sending *sending, struct send_view *view);

/* Lets the dispatcher do with the run what it is there for: sending->result. */
int sending_dispatch(struct sending *sending, struct error *error);

/* Sends what the run has left, marks the run and lets go of it, and prints the summary. */
int sending_over_network(struct sending *sending, struct error *error);

/* Prints where the run stands, and ends in the exit code that this means. */
int sending_summarise(struct sending *sending, struct error *error);

#endif

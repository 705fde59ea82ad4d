/*
 * The one gate in front of everything that goes out. `send` and `resume` ask it, `check` and
 * `approvals` show what it would say; only it can make a struct verified_run, and only a verified
 * run can be handed to the dispatcher. Nothing turns it off.
 *
 * It lets a run through when enough *different* approvers of the plan's list have signed a
 * statement that matches this very run. Principals and keys are both counted: one key under two
 * names, or two keys of one person, count once. With a threshold of 0, every endpoint must be a
 * loopback address.
 */
#ifndef CRISIS_TRUST_APPROVAL_H
#define CRISIS_TRUST_APPROVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/delivery.h"

#include "trust/signers.h"
#include "trust/statement.h"

/* A statement and its signature, as they lie beside the plan. */
struct approval_file {
    const char *name; /* without .statement and .sig, for messages */
    const char *statement;
    size_t statement_size;
    const char *signature; /* NULL: there is none */
    size_t signature_size;
};

/* What is to go out, as the gate sees it. Lists may be empty. */
struct approval_request {
    const char *plan;
    const char *message;
    enum run_mode mode;
    unsigned plan_threshold;      /* how many approvers the plan asks for */
    unsigned workspace_threshold; /* the floor: a plan may ask for more, never for less */
    const char *const *endpoints; /* every origin that the run would talk to */
    size_t endpoint_count;

    /* What must have been signed: everything but window and nonce. NULL: nothing can match. */
    const struct statement *wanted;
    /* For a correction, cancel or all-clear: the messages that it follows, whose approval covers
     * it, so that one person can call a wrong alert off at once. */
    const char *const *follows;
    size_t follows_count;

    const char *const *approvers; /* the plan's list */
    size_t approver_count;
    bool specific_only; /* `scope: specific`: a standing approval is not enough */
    const char *const *emergency_approvers;
    size_t emergency_approver_count;
    bool is_emergency_severity; /* the message's severity is one that the plan names for it */

    const struct signers *signers; /* the list in force; NULL: none are known */
    const char *list_fault;        /* why the file `approvers` is not it; NULL: it is */
    const struct approval_file *files;
    size_t file_count;
    const char *const *origins; /* where passkeys may be used */
    size_t origin_count;
    int64_t now_unix_ms;
};

/* What the gate makes of one file. */
struct approval_finding {
    const struct approval_file *file;
    const struct statement *statement; /* NULL: not readable */
    const char *principal;             /* NULL: nobody of the plan's list */
    char fingerprint[SSH_FINGERPRINT_SIZE];
    struct ssh_key key;
    bool counts;         /* towards the threshold */
    bool counts_alone;   /* in an emergency; such an approver may be one of the plan's list too */
    const char *refusal; /* why it does not count; NULL when it does */
};

/* Looks at every file. Returns one finding for each, in the arena. */
struct approval_finding *approval_examine(struct arena *arena,
                                          const struct approval_request *request);

/* How many approvals the findings are: the most that can be paired off as one principal with one
 * key. */
unsigned approval_count(const struct approval_finding *findings, size_t count);

/* Until when these findings are at least `threshold` approvals: the last moment of the window in
 * which so many hold. 0 when they are not. */
int64_t approval_until_unix_ms(struct arena *arena, const struct approval_finding *findings,
                               size_t count, unsigned threshold);

/* The threshold that applies: the larger of the plan's and the workspace's. */
unsigned approval_threshold(const struct approval_request *request);

/* Proof that the gate let this run through. */
struct verified_run;

/* Lets the run through, or says why not (ERROR_NOT_APPROVED). A dry run opens no connection and is
 * always let through. *out belongs to the arena; NULL when refused. */
int approval_decide(struct arena *arena, const struct approval_request *request,
                    const struct verified_run **out, struct error *error);
/* The same for taking back what a run has posted, which says nothing new and needs no approval of
 * its own: a wrong message can be taken back at once, by one person. What it lets through may
 * delete, and never post. Of the request only mode, thresholds and endpoints are looked at. */
int approval_decide_retraction(struct arena *arena, const struct approval_request *request,
                               const struct verified_run **out, struct error *error);
/* Whether it was let through to post, and not only to be taken back. */
bool verified_run_may_post(const struct verified_run *run);

/* The threshold that applied: the larger of the plan's and the workspace's. */
unsigned verified_run_threshold(const struct verified_run *run);
enum run_mode verified_run_mode(const struct verified_run *run);
/* The approvals that let it through; none for a threshold of 0 or a dry run. */
const struct approval_finding *verified_run_approvals(const struct verified_run *run,
                                                      size_t *count);
/* One named person acted alone ("break glass"): to be reviewed. */
bool verified_run_is_emergency(const struct verified_run *run);
/* Is this URL's origin one that was let through? Never for a dry run. */
bool verified_run_allows(const struct verified_run *run, const char *origin);

#endif

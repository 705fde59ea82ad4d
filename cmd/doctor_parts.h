/* What the files of `doctor` share. Each looks at one thing, and adds what it finds; nothing is
 * changed by any of them. */
#ifndef CRISIS_CMD_DOCTOR_PARTS_H
#define CRISIS_CMD_DOCTOR_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "report/readiness.h"
#include "store/store.h"
#include "trust/signers.h"

#include "cmd/context.h"
#include "cmd/diagnosis.h"

struct doctor {
    struct context context;
    struct diagnosis diagnosis;
    int64_t now_unix_ms;
    const struct stored_account *accounts; /* none while the store is not open */
    struct readiness_facts *facts;         /* one for each */
    size_t account_count;
    struct readiness readiness;
    const struct signers *signers; /* the list in force; NULL: nobody */
    bool lacks_authorities;        /* the file of them cannot be used */
};

/* --- doctor_workspace.c: what every command needs of this machine ----------------------------- */
/* Opens the store to read, for all that follows. */
void doctor_look_at_store(struct doctor *doctor);
void doctor_look_at_disk(struct doctor *doctor);
/* The keys of the log, whether the store fits what they have signed, and the last entry's time. */
void doctor_look_at_log(struct doctor *doctor);
/* What signs the CAP files of the public site, where something does. */
void doctor_look_at_cap_signature(struct doctor *doctor);
/* The identity, and whether the vault opens each credential and secret. */
void doctor_look_at_vault(struct doctor *doctor);

/* --- doctor_approvers.c ----------------------------------------------------------------------- */
void doctor_look_at_approvers(struct doctor *doctor);
/* Whether enough of a plan's approvers could sign now. */
void doctor_look_at_approvers_of(struct doctor *doctor, const struct plan *plan);

/* --- doctor_accounts.c ------------------------------------------------------------------------ */
/* When each credential was proven, whether it was refused since, and when it ends. */
void doctor_look_at_credentials(struct doctor *doctor);
/* What is left of the limits that networks publish. */
void doctor_look_at_limits(struct doctor *doctor);

/* --- doctor_refusals.c ------------------------------------------------------------------------ */
/* Fills in refused_unix_ms of the facts, from the audit log. */
int doctor_read_refusals(struct doctor *doctor, struct error *error);

/* --- doctor_plans.c --------------------------------------------------------------------------- */
/* The plans that are named, else those that lie in the workspace. */
void doctor_look_at_plans(struct doctor *doctor);
/* When something was last exercised. */
void doctor_look_at_rehearsals(struct doctor *doctor);

/* --- doctor_networks.c ------------------------------------------------------------------------ */
/* The file of authorities that crisis.yaml names. */
void doctor_look_at_authorities(struct doctor *doctor);
/* Connects to each address that accounts are at, without a credential: names, certificates, and
 * the servers' clocks. The process is confined then, so it comes last. */
void doctor_look_at_networks(struct doctor *doctor);

#endif

/* The signatures on a version of the approver list (trust/succession.h), as files of the workspace:
 * approvers.next*.sig while it is prepared, approvers.vN.*.sig or approvers.sig beside one that is
 * in place. */
#ifndef CRISIS_CMD_CONSENT_H
#define CRISIS_CMD_CONSENT_H

#include "base/error.h"
#include "trust/succession.h"

#include "cmd/context.h"

#define CONSENT_CURRENT "approvers"
#define CONSENT_NEXT "approvers.next"

/* How far the consent to succession->next goes; signatures, passkey origins and time are filled in
 * here. Signatures that do not count are told as warnings. ERROR_NOT_APPROVED: it is no successor
 * at all. */
int consent_examine(struct context *context, struct succession *succession,
                    struct succession_state *state, struct error *error);

/* Could this list ever take force after the present one? ERROR_NOT_APPROVED says why not. */
int consent_possible(struct context *context, const struct signers *current,
                     const struct signers *next, struct error *error);

/* Signatures stay beside the version that they brought into force, as approvers.vN*.sig. */
int consent_keep(struct context *context, unsigned version, struct error *error);

/* The name of the file for a signature. The key is part of it: who changes keys signs with the old
 * one and with the new one. */
const char *consent_file(struct context *context, const char *principal, const struct ssh_key *key);

#endif

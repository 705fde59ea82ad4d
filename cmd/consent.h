/* The next version of the approver list in a workspace, and the signatures that bring it into force
 * (trust/succession.h): the files approvers.next and approvers.next*.sig. */
#ifndef CRISIS_CMD_CONSENT_H
#define CRISIS_CMD_CONSENT_H

#include "base/error.h"
#include "base/text.h"
#include "trust/succession.h"

#include "cmd/context.h"

#define CONSENT_CURRENT "approvers"
#define CONSENT_NEXT "approvers.next"

struct changing {
    struct context context;
    const struct signers *current, *next; /* NULL: none */
    struct text next_bytes;
};

/* A file of the workspace, in the arena. */
const char *consent_path(struct changing *changing, const char *name);

/* How far the consent to `next` goes. Signatures that do not count are told as warnings. */
int consent_examine(struct changing *changing, struct succession_state *state, struct error *error);

/* Could this list ever take force after the present one? ERROR_NOT_APPROVED says why not. */
int consent_possible(struct changing *changing, const struct signers *next, struct error *error);

/* Signatures stay beside the version that they brought into force, as approvers.vN*.sig. */
int consent_keep(struct changing *changing, struct error *error);

/* The name of the file for a signature. The key is part of it: who changes keys signs with the old
 * one and with the new one. */
const char *consent_file(struct changing *changing, const char *principal,
                         const struct ssh_key *key);

#endif

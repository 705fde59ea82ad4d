/*
 * The approver list in force. The store has it, with the audit entry that tells of its hash; the
 * file `approvers` is what people and ssh-keygen read. The first list with anybody on it comes into
 * force as it is, when a command that may change the store first looks at it, and may be changed
 * freely until it has as many approvers as it asks for. From then on another file is taken in only
 * when it is a successor that is signed as trust/succession.h asks; whatever else stands in the
 * file is not in force, and the gate says so.
 */
#ifndef CRISIS_CMD_APPROVER_LIST_H
#define CRISIS_CMD_APPROVER_LIST_H

#include "base/error.h"
#include "store/store.h"
#include "trust/signers.h"

#include "cmd/context.h"

/* By what right a list came into force. */
enum list_consent {
    LIST_FIRST,  /* there was none before it */
    LIST_SET_UP, /* the one before it had fewer approvers than it asked for */
    LIST_SIGNED, /* as many as needed have signed it */
};

struct approver_list {
    struct stored_approvers stored;
    const struct signers *in_force; /* NULL: nobody is an approver yet */
    const char *fault;              /* why the file is not the list in force; NULL: it is */
    const struct signers *foreign;  /* what stands in such a file; NULL: nothing */
};

/* Reads both, takes in what may be taken in, and says so. With a store that is only read it says
 * what would be in force. ERROR_INPUT: a line of the file is bad; the problems are printed. */
int approver_list_load(struct context *context, struct approver_list *out, struct error *error);

/* Puts a list in force, with its audit entry; one that was signed leaves the former list as
 * approvers.vN. The file is the caller's to write, and before: a list that is signed is then taken
 * in by the next command, should this one be cut off here. */
int approver_list_put(struct context *context, struct approver_list *list,
                      const struct signers *signers, const char *bytes, size_t size,
                      enum list_consent consent, struct error *error);

#endif

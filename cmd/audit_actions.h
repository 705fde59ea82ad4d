/* What `audit` can do besides reading the log out; each is one action with its own exit code. */
#ifndef CRISIS_CMD_AUDIT_ACTIONS_H
#define CRISIS_CMD_AUDIT_ACTIONS_H

#include "base/error.h"

#include "cmd/context.h"

/* verify [--from URL|DIR] [--key VKEY] */
int audit_check(struct context *context, struct error *error);
/* publish */
int audit_publish(struct context *context, struct error *error);
/* prove DELIVERY [--output DIR] */
int audit_prove(struct context *context, struct error *error);
/* check-proof FILE [--entry FILE] --key VKEY… */
int audit_check_proof(struct context *context, struct error *error);
/* check-note FILE --key VKEY… */
int audit_check_note(struct context *context, struct error *error);

/* The keys of --key in the arena, in their order; none is an error unless `may_be_none`. */
int audit_keys(struct context *context, bool may_be_none, struct note_vkey **out, size_t *out_count,
               struct error *error);

#endif

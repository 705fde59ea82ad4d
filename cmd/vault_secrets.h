/* What `vault` can do with the secrets of the coordinator's apps. */
#ifndef CRISIS_CMD_VAULT_SECRETS_H
#define CRISIS_CMD_VAULT_SECRETS_H

#include "base/error.h"

#include "cmd/context.h"

/* put NAME [--file FILE] */
int vault_put(struct context *context, struct error *error);
/* list */
int vault_list(struct context *context, struct error *error);
/* remove NAME */
int vault_remove(struct context *context, struct error *error);

#endif

/* What the commands that take accounts in share: reading files, sealing credentials, storing. */
#ifndef CRISIS_CMD_REGISTERING_H
#define CRISIS_CMD_REGISTERING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "store/registration.h"

#include "cmd/context.h"

/* A file, or standard input (path NULL), into secret memory that is initialised here: release it,
 * after a failure too. */
int registering_read(const char *path, struct text *out, struct error *error);

/* Opens a file that is sealed, with the workspace's identities: `bytes` becomes what is in it. One
 * that is not stays as it is. */
int registering_open(struct context *context, const char *path, struct text *bytes,
                     bool *was_sealed, struct error *error);

/* Seals the credentials and stores the accounts, all or none, and uses up the invitations that were
 * found to be valid, with one audit entry for each account. */
int registering_store(struct context *context, const struct registration *registration,
                      struct error *error);
void registering_tell(const struct registration *registration);

#endif

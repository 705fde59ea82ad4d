/* Whether the vault has the secrets of the coordinator's apps that crisis.yaml names. */
#ifndef CRISIS_CMD_APP_SECRETS_H
#define CRISIS_CMD_APP_SECRETS_H

#include <stddef.h>

#include "base/error.h"
#include "base/problems.h"
#include "dispatch/app.h"
#include "model/account.h"

#include "cmd/context.h"

/* All that the vault has, sealed, in the arena. */
int app_secrets_load(struct context *context, struct app_secrets *out, struct error *error);

/* Adds an error for each that is missing on the networks of these accounts. */
void app_secrets_check(struct context *context, const struct app_secrets *secrets,
                       const struct account *accounts, size_t count, struct problems *problems);

/* The same as an error (ERROR_INPUT), which names all of them and how to store them. */
int app_secrets_demand(struct context *context, const struct app_secrets *secrets,
                       const struct account *accounts, size_t count, struct error *error);

#endif

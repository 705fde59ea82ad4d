/*
 * The secrets of the coordinator's app on a network, as crisis.yaml names them ("app-secret:
 * {vault: facebook-app-secret}"): sealed in the store, opened for the moment in which a driver
 * needs them.
 */
#ifndef CRISIS_DISPATCH_APP_H
#define CRISIS_DISPATCH_APP_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "model/account.h"
#include "model/credential.h"
#include "store/store.h"

struct vault;

/* What the vault holds for all apps, as the store had it when the command began. */
struct app_secrets {
    const struct stored_secret *all; /* by name */
    size_t count;
};

/* The secret of that name, or NULL. */
const struct stored_secret *app_secrets_find(const struct app_secrets *secrets, const char *name);

/* Opens those of the app on this network as pairs (model/credential.h): *pairs, which is
 * initialised here and released by the caller in every case, is what *out points to. A network that
 * names none needs no vault. ERROR_INPUT: one is not in the vault; next says how to put it there.
 */
int app_open(struct vault *vault, const struct app_secrets *secrets, const struct network *network,
             struct text *pairs, struct credential *out, struct error *error);

/* Sets the error of a secret that crisis.yaml names and the vault does not have. Returns -1. */
int app_secret_missing(const struct network *network, const struct setting *secret,
                       struct error *error);

#endif

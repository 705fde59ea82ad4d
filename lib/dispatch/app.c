#include "dispatch/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "model/failure_forms.h"
#include "trust/vault.h"

static int compare_name(const void *key, const void *element)
{
    const struct stored_secret *secret = element;
    return strcmp(key, secret->name);
}

const struct stored_secret *app_secrets_find(const struct app_secrets *secrets, const char *name)
{
    if (secrets->count == 0)
        return NULL;
    return bsearch(name, secrets->all, secrets->count, sizeof(*secrets->all), compare_name);
}

int app_secret_missing(const struct network *network, const struct setting *secret,
                       struct error *error)
{
    error_set(error, ERROR_INPUT, FORM_NO_SECRET, secret->value, secret->name, network->channel);
    return error_next(error, "crisis vault put %s", secret->value);
}

static int add_pair(struct vault *vault, const struct app_secrets *secrets,
                    const struct network *network, const struct setting *secret, struct text *pairs,
                    struct error *error)
{
    const struct stored_secret *stored = app_secrets_find(secrets, secret->value);
    struct text value;

    if (!stored)
        return app_secret_missing(network, secret, error);
    text_init_secret(&value, APP_SECRET_MAX_BYTES);
    int result = vault_unseal_secret(vault, stored->name, stored->sealed, stored->sealed_size_bytes,
                                     &value, error);
    if (result == 0) {
        credential_add(pairs, secret->name, value.bytes);
        if (pairs->overflowed)
            result = error_set(error, ERROR_INPUT,
                               "the secrets of the app on %s are larger than %d bytes",
                               network->channel, CREDENTIAL_MAX_BYTES);
    }
    text_release(&value);
    return result;
}

int app_open(struct vault *vault, const struct app_secrets *secrets, const struct network *network,
             struct text *pairs, struct credential *out, struct error *error)
{
    *out = (struct credential){0};
    text_init_secret(pairs, CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; network && i < network->secret_count; i++)
        if (add_pair(vault, secrets, network, &network->secrets[i], pairs, error) < 0)
            return -1;
    *out = (struct credential){pairs->bytes, pairs->length};
    return 0;
}

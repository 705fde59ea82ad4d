#include "cmd/app_secrets.h"

#include <string.h>

#include "base/language.h"
#include "base/text.h"

enum { NEXT_MAX_BYTES = 400 };

int app_secrets_load(struct context *context, struct app_secrets *out, struct error *error)
{
    struct stored_secret *all;

    if (store_secrets(context->store, context->arena, &all, &out->count, error) < 0)
        return -1;
    out->all = all;
    return 0;
}

/* One that crisis.yaml names and the vault does not have. */
struct missing {
    const struct network *network;
    const struct setting *secret;
};

static bool is_used(const char *channel, const struct account *accounts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(accounts[i].channel, channel) == 0)
            return true;
    return false;
}

/* In the arena, in the order of crisis.yaml. */
static struct missing *list_missing(struct context *context, const struct app_secrets *secrets,
                                    const struct account *accounts, size_t count, size_t *out_count)
{
    struct missing *missing = NULL;
    size_t capacity = 0;

    *out_count = 0;
    for (size_t i = 0; i < context->channel_count; i++) {
        const struct network *network = &context->networks[i];
        if (network->secret_count == 0 || !is_used(network->channel, accounts, count))
            continue;
        for (size_t j = 0; j < network->secret_count; j++) {
            if (app_secrets_find(secrets, network->secrets[j].value))
                continue;
            missing = arena_grow(context->arena, missing, *out_count, &capacity, sizeof(*missing));
            missing[(*out_count)++] = (struct missing){network, &network->secrets[j]};
        }
    }
    return missing;
}

void app_secrets_check(struct context *context, const struct app_secrets *secrets,
                       const struct account *accounts, size_t count, struct problems *problems)
{
    const struct place nowhere = {0};
    size_t missing_count;
    const struct missing *missing = list_missing(context, secrets, accounts, count, &missing_count);

    for (size_t i = 0; i < missing_count; i++) {
        struct error error = {0};
        app_secret_missing(missing[i].network, missing[i].secret, &error);
        problems_add(problems, SEVERITY_ERROR, nowhere, "%s: %s", error.message, error.next);
    }
}

int app_secrets_demand(struct context *context, const struct app_secrets *secrets,
                       const struct account *accounts, size_t count, struct error *error)
{
    size_t missing_count;
    const struct missing *missing = list_missing(context, secrets, accounts, count, &missing_count);
    struct text next;

    if (missing_count == 0)
        return 0;
    if (missing_count == 1)
        return app_secret_missing(missing[0].network, missing[0].secret, error);
    text_init(&next, NEXT_MAX_BYTES); /* what does not fit is told of when the others are there */
    for (size_t i = 0; i < missing_count; i++)
        text_addf(&next, "%scrisis vault put %s", i ? ", then: " : "", missing[i].secret->value);
    error_set(error, ERROR_INPUT,
              _("%zu secrets that crisis.yaml names are not in the vault, '%s' among them"),
              missing_count, missing[0].secret->value);
    error_next(error, "%s", next.bytes);
    text_release(&next);
    return -1;
}

/* One municipality's own page, profile or site on a channel. The credential is not in here. */
#ifndef CRISIS_MODEL_ACCOUNT_H
#define CRISIS_MODEL_ACCOUNT_H

#include <stddef.h>
#include <string.h>

struct setting {
    const char *name;
    const char *value;
};

struct account {
    const char *municipality; /* official number, "0301" */
    const char *channel;      /* "facebook" */
    const char *label;        /* "default", or what tells several accounts apart */
    const struct setting *settings;
    size_t setting_count;
};

/* A channel kind as crisis.yaml sets it up (`networks:`), or the driver's own defaults. */
struct network {
    const char *channel;
    const char *endpoint; /* "https://graph.facebook.com/v25.0", no slash at the end; may be NULL
                             where each account has its own address (webhook) */
    const struct setting *settings; /* app-id, client-id … */
    size_t setting_count;
    const struct setting *secrets; /* app-secret …: the value is the secret's name in the vault */
    size_t secret_count;
};

/* The value of a setting, or NULL. */
static inline const char *setting_find(const struct setting *settings, size_t count,
                                       const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].name, name) == 0)
            return settings[i].value;
    return NULL;
}

static inline const char *account_setting(const struct account *account, const char *name)
{
    return setting_find(account->settings, account->setting_count, name);
}

static inline const char *network_setting(const struct network *network, const char *name)
{
    return setting_find(network->settings, network->setting_count, name);
}

#endif

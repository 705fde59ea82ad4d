#include <string.h>

#include "base/language.h"

#include "channels/channel.h"
#include "channels/drivers.h"

static const struct channel_driver *const drivers[] = {
    &channel_wordpress,
    &channel_micropub,
    &channel_webhook,
    &channel_feed,
    &channel_facebook,
    &channel_x,
    &channel_instagram,
    &channel_threads,
    &channel_youtube,
    &channel_mastodon,
    &channel_bluesky,
    &channel_telegram,
    NULL,
};

static const char google_plus[] =
    N_("Google+ closed on 2 April 2019, and its successor Google Currents on 5 July 2023; "
       "municipalities use facebook, x or web (their own site) instead");

static const struct {
    const char *name, *refusal;
} refusals[] = {
    {"google-plus", google_plus},
    {"google+", google_plus},
    {"googleplus", google_plus},
    {"gplus", google_plus},
};

const struct channel_driver *channel_find(const char *name)
{
    for (size_t i = 0; drivers[i]; i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

const struct channel_driver *const *channel_all(void)
{
    return drivers;
}

const char *channel_address(const struct channel_driver *driver, const struct account *account,
                            const struct network *network)
{
    const char *own = driver->address ? account_setting(account, driver->address) : NULL;

    if (own && own[0] && driver->features & FEATURE_OWN_URL)
        return own;
    if (network && network->endpoint)
        return network->endpoint;
    return own && own[0] ? own : driver->endpoint;
}

bool channel_is_known(const char *name)
{
    return strcmp(name, "web") == 0 || channel_find(name);
}

bool channel_is_named(const struct channel_driver *driver, const char *name)
{
    return strcmp(driver->name, name) == 0 ||
           (strcmp(name, "web") == 0 && (driver->features & FEATURE_WEB));
}

const char *channel_refusal(const char *name)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (strcmp(refusals[i].name, name) == 0)
            return refusals[i].refusal;
    return NULL;
}

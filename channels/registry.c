#include <string.h>

#include "channels/channel.h"
#include "channels/drivers.h"

static const struct channel_driver *const drivers[] = {
    &channel_webhook,
    &channel_facebook,
    &channel_x,
    NULL,
};

static const char google_plus[] =
    "Google+ closed on 2 April 2019, and its successor Google Currents on 5 July 2023; "
    "municipalities use facebook, x or web (their own site) instead";
static const char not_yet[] = "not in this version";

static const struct {
    const char *name, *refusal;
} refusals[] = {
    {"google-plus", google_plus},
    {"google+", google_plus},
    {"googleplus", google_plus},
    {"gplus", google_plus},
    {"instagram", not_yet},
    {"threads", not_yet},
    {"youtube", not_yet},
    {"mastodon", not_yet},
    {"bluesky", not_yet},
    {"telegram", not_yet},
    {"wordpress", not_yet},
    {"micropub", not_yet},
    {"feed", not_yet},
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

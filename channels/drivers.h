/* The drivers, for the table in registry.c and for their own endpoints. */
#ifndef CRISIS_CHANNELS_DRIVERS_H
#define CRISIS_CHANNELS_DRIVERS_H

#include "channels/channel.h"

extern const struct channel_driver channel_webhook;
extern const struct channel_driver channel_facebook;
extern const struct channel_driver channel_x;

#endif

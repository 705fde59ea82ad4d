/* The drivers, for the table in registry.c and for their own endpoints. */
#ifndef CRISIS_CHANNELS_DRIVERS_H
#define CRISIS_CHANNELS_DRIVERS_H

#include "channels/channel.h"

extern const struct channel_driver channel_wordpress;
extern const struct channel_driver channel_micropub;
extern const struct channel_driver channel_webhook;
extern const struct channel_driver channel_feed;
extern const struct channel_driver channel_facebook;
extern const struct channel_driver channel_x;
extern const struct channel_driver channel_mastodon;
extern const struct channel_driver channel_bluesky;
extern const struct channel_driver channel_telegram;
extern const struct channel_driver channel_youtube;
extern const struct channel_driver channel_instagram;
extern const struct channel_driver channel_threads;

#endif

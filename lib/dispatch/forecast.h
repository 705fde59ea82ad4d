/*
 * When a run would be out, reckoned from what is known before anything is asked: how many posts go
 * to how many accounts and hosts, how fast each network usually answers (channel_driver.answers),
 * how many requests a host takes at once, and the limits that the networks publish. The same
 * figures give the same forecast; faults, and networks that are slower than usual, are not in it.
 */
#ifndef CRISIS_DISPATCH_FORECAST_H
#define CRISIS_DISPATCH_FORECAST_H

#include <stddef.h>
#include <stdint.h>

#include "channels/channel.h"

/* What decides when a channel's last post is out. */
enum forecast_limit {
    FORECAST_ANSWERS,       /* how fast the network answers */
    FORECAST_HOSTS,         /* how many requests its hosts take at once */
    FORECAST_ACCOUNT_QUOTA, /* posts of one account in a time: the network's published limit */
    FORECAST_APP_QUOTA,     /* the same of the coordinator's app */
};

struct channel_forecast {
    const struct channel_driver *driver;
    size_t deliveries, posts, accounts, hosts;
    size_t failed; /* requests that could not be built: they are none of the following */
    int64_t first_in_ms, most_in_ms, last_in_ms; /* the first post, 90 % of them, the last; -1: none
                                                    would be posted */
    enum forecast_limit limit;
};

struct run_forecast {
    size_t deliveries; /* that would be posted */
    int64_t first_in_ms, most_in_ms, last_in_ms;
    const struct channel_forecast *slowest; /* whose last post is the last of all; NULL: none */
};

/* Fills in the times and the limit of a channel whose counts are there. */
void forecast_channel(struct channel_forecast *forecast);

/* Of all channels together, which have their own times. */
void forecast_run(const struct channel_forecast *channels, size_t count, struct run_forecast *out);

/* "the network's answers", "its limit of posts for an account": after "decided by". */
const char *forecast_limit_words(enum forecast_limit limit);
/* "answers", "hosts", "account-quota", "app-quota": for JSON. */
const char *forecast_limit_name(enum forecast_limit limit);

#endif

#include "dispatch/forecast.h"

#include <stdbool.h>

#include "base/language.h"
#include "base/spread.h"

enum {
    REQUESTS_AT_ONCE = 1000, /* what a host is taken to bear: HTTP/2, by lib/net's own ceiling */
    MOST_PERCENT = 90,
};

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static size_t posted(const struct channel_forecast *forecast)
{
    return forecast->deliveries - forecast->failed;
}

/* What one delivery after the other has to wait for, each a time since the start. */
struct waits {
    int64_t hosts_ms;           /* until its host has room */
    int64_t account_ms, app_ms; /* until the limits let it be sent */
    int64_t answers_ms;         /* then, until it is answered */
};

/* Posts that a limit lets out in each window: the last of `posts` goes with which one? */
static int64_t quota_ms(const struct channel_quota *quota, int64_t posts)
{
    return (divide_up(posts, quota->posts) - 1) * quota->window_ms;
}

/* Of the delivery that is the `rank`th (from 1) to be posted on its channel. */
static struct waits waits_of(const struct channel_forecast *forecast, int64_t rank)
{
    const struct channel_driver *driver = forecast->driver;
    const int64_t accounts = larger((int64_t)forecast->accounts, 1);
    const int64_t hosts = larger((int64_t)forecast->hosts, 1);
    const int64_t deliveries = (int64_t)posted(forecast);
    const int64_t posts =
        larger(divide_up((int64_t)forecast->posts, (int64_t)forecast->deliveries), 1);
    const int64_t requests = posts * driver->answers.requests;
    const int64_t turn = divide_up(rank, accounts); /* accounts take one delivery at a time */
    const int64_t rounds = divide_up(rank * requests, hosts * REQUESTS_AT_ONCE);
    struct waits waits = {.hosts_ms = (rounds - 1) * driver->answers.time.half_ms};

    for (const struct channel_quota *quota = driver->quotas; quota && quota->posts; quota++) {
        int64_t *wait = quota->per_app ? &waits.app_ms : &waits.account_ms;
        *wait = larger(*wait, quota_ms(quota, (quota->per_app ? rank : turn) * posts));
    }
    /* One of its answers is as slow as its rank says, the others are usual ones. */
    waits.answers_ms = (turn * requests - 1) * driver->answers.time.half_ms +
                       spread_at(&driver->answers.time, ((double)rank - 0.5) / (double)deliveries);
    return waits;
}

static int64_t time_of(const struct channel_forecast *forecast, int64_t rank)
{
    const struct waits waits = waits_of(forecast, rank);
    return larger(waits.hosts_ms, larger(waits.account_ms, waits.app_ms)) + waits.answers_ms;
}

static enum forecast_limit limit_of(const struct waits *waits)
{
    int64_t quota = larger(waits->account_ms, waits->app_ms);

    if (quota > waits->answers_ms && quota >= waits->hosts_ms)
        return waits->app_ms > waits->account_ms ? FORECAST_APP_QUOTA : FORECAST_ACCOUNT_QUOTA;
    return waits->hosts_ms > waits->answers_ms ? FORECAST_HOSTS : FORECAST_ANSWERS;
}

static int64_t most_of(size_t count)
{
    return divide_up((int64_t)count * MOST_PERCENT, 100);
}

void forecast_channel(struct channel_forecast *forecast)
{
    const int64_t count = (int64_t)posted(forecast);

    forecast->first_in_ms = forecast->most_in_ms = forecast->last_in_ms = -1;
    forecast->limit = FORECAST_ANSWERS;
    if (count == 0)
        return;
    const struct waits last = waits_of(forecast, count);
    forecast->first_in_ms = time_of(forecast, 1);
    forecast->most_in_ms = time_of(forecast, most_of((size_t)count));
    forecast->last_in_ms = time_of(forecast, count);
    forecast->limit = limit_of(&last);
}

/* How many of a channel are posted by then: their times grow with their rank. */
static size_t posted_by(const struct channel_forecast *forecast, int64_t time_ms)
{
    size_t least = 0, most = posted(forecast);

    while (least < most) {
        size_t middle = least + (most - least + 1) / 2;
        if (time_of(forecast, (int64_t)middle) <= time_ms)
            least = middle;
        else
            most = middle - 1;
    }
    return least;
}

static size_t all_posted_by(const struct channel_forecast *channels, size_t count, int64_t time_ms)
{
    size_t all = 0;

    for (size_t i = 0; i < count; i++)
        all += posted_by(&channels[i], time_ms);
    return all;
}

void forecast_run(const struct channel_forecast *channels, size_t count, struct run_forecast *out)
{
    *out = (struct run_forecast){.first_in_ms = -1, .most_in_ms = -1, .last_in_ms = -1};
    for (size_t i = 0; i < count; i++) {
        const struct channel_forecast *channel = &channels[i];
        if (posted(channel) == 0)
            continue;
        out->deliveries += posted(channel);
        if (out->first_in_ms < 0 || channel->first_in_ms < out->first_in_ms)
            out->first_in_ms = channel->first_in_ms;
        if (channel->last_in_ms > out->last_in_ms) {
            out->last_in_ms = channel->last_in_ms;
            out->slowest = channel;
        }
    }
    if (out->deliveries == 0)
        return;
    int64_t low = out->first_in_ms, high = out->last_in_ms;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if ((int64_t)all_posted_by(channels, count, middle) >= most_of(out->deliveries))
            high = middle;
        else
            low = middle + 1;
    }
    out->most_in_ms = low;
}

const char *forecast_limit_words(enum forecast_limit limit)
{
    switch (limit) {
    case FORECAST_ANSWERS:
        return _("how fast the network answers");
    case FORECAST_HOSTS:
        return _("how many requests a host takes at once");
    case FORECAST_ACCOUNT_QUOTA:
        return _("the network's limit for an account");
    case FORECAST_APP_QUOTA:
        return _("the network's limit for the app");
    }
    return "";
}

const char *forecast_limit_name(enum forecast_limit limit)
{
    static const char *const names[] = {
        [FORECAST_ANSWERS] = "answers",
        [FORECAST_HOSTS] = "hosts",
        [FORECAST_ACCOUNT_QUOTA] = "account-quota",
        [FORECAST_APP_QUOTA] = "app-quota",
    };
    return names[limit];
}

#include "report/allowance.h"

#include <string.h>

enum { WINDOW_LEAST_MS = 60 * 1000 };

static size_t count_accounts(const struct allowances *allowances,
                             const struct channel_driver *driver)
{
    size_t count = 0;

    for (size_t i = 0; i < allowances->account_count; i++)
        count += strcmp(allowances->accounts[i].account.channel, driver->name) == 0;
    return count;
}

static void add_limits(struct allowances *allowances, const struct channel_driver *driver)
{
    size_t account_count = driver->quotas ? count_accounts(allowances, driver) : 0;

    for (const struct channel_quota *quota = driver->quotas; account_count > 0 && quota->posts > 0;
         quota++) {
        if (quota->window_ms < WINDOW_LEAST_MS)
            continue;
        allowances->items = arena_grow(allowances->arena, allowances->items, allowances->count,
                                       &allowances->capacity, sizeof(*allowances->items));
        allowances->items[allowances->count++] = (struct allowance){
            .driver = driver,
            .quota = quota,
            .account_count = account_count,
            .used_by = arena_alloc_array(allowances->arena, allowances->account_count,
                                         sizeof(*allowances->items->used_by)),
        };
        if (quota->window_ms > allowances->window_ms)
            allowances->window_ms = quota->window_ms;
    }
}

void allowances_begin(struct allowances *allowances, struct arena *arena,
                      const struct stored_account *accounts, size_t count, int64_t now_unix_ms)
{
    *allowances = (struct allowances){
        .arena = arena,
        .accounts = accounts,
        .account_count = count,
        .now_unix_ms = now_unix_ms,
    };
    for (const struct channel_driver *const *driver = channel_all(); *driver; driver++)
        add_limits(allowances, *driver);
}

void allowances_add(struct allowances *allowances, size_t account, unsigned posts, int64_t unix_ms)
{
    for (size_t i = 0; i < allowances->count; i++) {
        struct allowance *allowance = &allowances->items[i];
        if (allowances->now_unix_ms - unix_ms >= allowance->quota->window_ms ||
            strcmp(allowances->accounts[account].account.channel, allowance->driver->name) != 0)
            continue;
        allowance->used += posts;
        allowance->used_by[account] += posts;
    }
}

/* Of an app's limit each account needs one post; of its own, there must be one left. */
static size_t count_waiting(const struct allowances *allowances, const struct allowance *allowance)
{
    size_t limit = allowance->quota->posts, waiting = 0;

    if (allowance->quota->per_app) {
        size_t left = limit > allowance->used ? limit - allowance->used : 0;
        return allowance->account_count > left ? allowance->account_count - left : 0;
    }
    for (size_t i = 0; i < allowances->account_count; i++)
        waiting += allowance->used_by[i] >= limit;
    return waiting;
}

void allowances_end(struct allowances *allowances)
{
    for (size_t i = 0; i < allowances->count; i++)
        allowances->items[i].waiting_count = count_waiting(allowances, &allowances->items[i]);
}

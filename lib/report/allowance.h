/*
 * How much is left of the limits that networks publish (channel_driver.quotas), by what this
 * workspace has posted:
 *
 *     allowances_begin(&allowances, arena, accounts, count, now_unix_ms);
 *     allowances_add(&allowances, account, posts, unix_ms);      … for what was posted lately
 *     allowances_end(&allowances);
 *
 * Limits of less than a minute are left out: a send waits for them without anybody noticing.
 */
#ifndef CRISIS_REPORT_ALLOWANCE_H
#define CRISIS_REPORT_ALLOWANCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "channels/channel.h"
#include "store/store.h"

struct allowance {
    const struct channel_driver *driver;
    const struct channel_quota *quota;
    size_t account_count; /* on this channel */
    size_t used;          /* of an app's limit: posts within its window */
    size_t waiting_count; /* accounts that could not post one text now without passing it */
    unsigned *used_by;    /* the posts of each account, by its index */
};

struct allowances {
    struct arena *arena;
    const struct stored_account *accounts;
    size_t account_count;
    int64_t now_unix_ms;
    struct allowance *items; /* channels without accounts, or without limits, have none */
    size_t count, capacity;
    int64_t window_ms; /* the longest: what was posted before it need not be added */
};

void allowances_begin(struct allowances *allowances, struct arena *arena,
                      const struct stored_account *accounts, size_t count, int64_t now_unix_ms);
/* account: an index. */
void allowances_add(struct allowances *allowances, size_t account, unsigned posts, int64_t unix_ms);
void allowances_end(struct allowances *allowances);

#endif

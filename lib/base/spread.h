/*
 * Times that scatter as answers over a network do: half of them come within one time, 95 of 100
 * within another, and now and then one takes far longer (a log-normal distribution).
 */
#ifndef CRISIS_BASE_SPREAD_H
#define CRISIS_BASE_SPREAD_H

#include <stdint.h>

struct spread {
    int64_t half_ms; /* half come within it */
    int64_t most_ms; /* 95 of 100 do; not less than half_ms. The same: nothing scatters */
};

/* The time within which that share of them (0-1) come. Shares nearer to 0 or 1 than one in 10,000
 * count as that: nobody waits for ever. */
int64_t spread_at(const struct spread *spread, double share);

#endif

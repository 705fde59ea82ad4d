/* How long the networks take to answer: the same for all, or for each of its own, and scattered as
 * real answers are. */
#ifndef CRISIS_SANDBOX_LATENCY_H
#define CRISIS_SANDBOX_LATENCY_H

#include <stdint.h>

#include "base/spread.h"

#include "sandbox/faults.h"

struct error;

struct latencies {
    struct spread of[CHANNEL_COUNT];
    uint64_t random; /* the generator's state */
};

/* "[CHANNEL=]TIME[/TIME]": 150ms, x=150ms, or x=300ms/1200ms, where half of the answers come within
 * the first time and 95 of 100 within the second. Without a channel: of all. What is said later
 * counts. ERROR_USAGE. */
int sandbox_latency_read(struct latencies *latencies, const char *specification,
                         struct error *error);

/* Before the next answer of that network. */
int64_t sandbox_latency_next_ms(struct latencies *latencies, enum channel channel);

#endif

/*
 * How much may be under way at once, and when a host that fails is tried again.
 *
 * A host is ready, or it is down: after a few failures in a row it is tried by one request at a
 * time, at times that grow apart, until it answers (circuit breaker). Any whole answer, whatever it
 * says, makes it ready again.
 */
#ifndef CRISIS_DISPATCH_PACE_H
#define CRISIS_DISPATCH_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_pace {
    size_t in_flight;
    size_t capacity;      /* what the client says makes sense at once */
    unsigned failures;    /* in a row */
    int64_t failed_at_ms; /* the last of them */
    bool down;
    int64_t probe_at_ms; /* down: the next try */
    bool ever_answered;
};

/* May one more request start now? */
bool pace_may_start(const struct host_pace *pace, int64_t now_ms);

/* Records how a request ended. `failed`: the host was not reached or gave no whole answer. Returns
 * true when this took the host down. */
bool pace_ended(struct host_pace *pace, bool failed, int64_t now_ms, uint32_t random);

/* The same for a failed request that began before pace->failed_at_ms: a connection that breaks
 * takes all of its requests with it, which is one failure of the host and not many. */
void pace_ended_with_others(struct host_pace *pace);

/* Full jitter: anything up to min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2^attempts), never nothing. */
int64_t pace_backoff_ms(unsigned attempts, uint32_t random);

#endif

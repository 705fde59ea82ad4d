/*
 * Which delivery is next: a ready list for each host, visited in turn, so that no host's queue
 * holds up another; and a heap of those that wait for a time. Within a host, deliveries of one post
 * come before threads.
 */
#ifndef CRISIS_DISPATCH_SCHEDULE_H
#define CRISIS_DISPATCH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"

#include "dispatch/delivery.h"
#include "dispatch/pace.h"

struct ready_list {
    struct delivery *first, *last;
};

struct host {
    char *origin;
    struct host_pace pace;
    struct ready_list single, threads;
    bool in_ring;
    struct host *ring_next; /* in the ring of hosts with something ready */
    struct host *bucket_next;
    struct heap_node wake;           /* down: until its next probe */
    struct attempt *oldest, *newest; /* under way, by start */
    bool is_local;                   /* the public site: its requests go to the outlet */
    int64_t clock_ahead_ms;          /* our clock, of the host's; by its last answer */
};

struct schedule {
    struct heap waiting;    /* deliveries */
    struct heap down;       /* hosts */
    struct host *ring_last; /* circular; NULL: nothing ready */
    struct host **buckets;
    size_t bucket_count, host_count;
};

void schedule_init(struct schedule *schedule);
void schedule_release(struct schedule *schedule);

/* The host of that origin, made when it is new. */
struct host *schedule_host(struct schedule *schedule, const char *origin);
struct host *schedule_find_host(const struct schedule *schedule, const char *origin);
/* Calls each() for every host. */
void schedule_each_host(const struct schedule *schedule,
                        void (*each)(void *context, struct host *host), void *context);

void schedule_ready(struct schedule *schedule, struct delivery *delivery);
void schedule_wait(struct schedule *schedule, struct delivery *delivery, int64_t until_ms);
/* Lets a host that is down be visited again at its probe time. */
void schedule_host_down(struct schedule *schedule, struct host *host);

/* Takes the next delivery that may start now out of its list; NULL when there is none. Waiting ones
 * whose time has come are ready. */
struct delivery *schedule_next(struct schedule *schedule, int64_t now_ms);

/* When to look again at the latest: the first time of a waiting delivery or host, or -1. */
int64_t schedule_next_time_ms(const struct schedule *schedule);

/* Takes any delivery out, ready or waiting; NULL when there is none left. */
struct delivery *schedule_take_any(struct schedule *schedule);

#endif

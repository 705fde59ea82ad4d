/*
 * Which delivery is next: a ready list for each host, visited in turn, so that no host's queue
 * holds up another; and a heap of those that wait for a time. Within a host, deliveries of one post
 * come before threads.
 *
 * What nobody has worked on yet stands before what is ready again, as an index into the run's
 * deliveries (four bytes each): it is made a delivery when its turn comes.
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

/* Linked by schedule.queued_next. 0: none; else an index + 1. */
struct queued_list {
    uint32_t first, last;
};

struct host {
    char *origin;
    struct host_pace pace;
    struct queued_list queued_single, queued_threads;
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
    uint32_t *queued_next; /* for each delivery of the run: the one behind it, as in queued_list */
    struct delivery *(*take_up)(void *context, size_t index);
    void *take_up_context;
};

void schedule_init(struct schedule *schedule);
void schedule_release(struct schedule *schedule);
/* Makes room for a run of so many deliveries, for schedule_queue(). take_up() makes a delivery of a
 * queued one when its turn comes; NULL: it cannot, and nothing more is given out now. */
void schedule_reserve(struct schedule *schedule, size_t count,
                      struct delivery *(*take_up)(void *context, size_t index), void *context);

/* The host of that origin, made when it is new. */
struct host *schedule_host(struct schedule *schedule, const char *origin);
struct host *schedule_find_host(const struct schedule *schedule, const char *origin);
/* Calls each() for every host. */
void schedule_each_host(const struct schedule *schedule,
                        void (*each)(void *context, struct host *host), void *context);

/* The delivery of that index is due at the host, and nobody has worked on it yet. */
void schedule_queue(struct schedule *schedule, struct host *host, size_t index, bool is_thread);
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

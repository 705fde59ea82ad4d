#include "dispatch/schedule.h"

#include <string.h>

#include "base/memory.h"

enum { HOST_BUCKETS = 4096 };

void schedule_init(struct schedule *schedule)
{
    *schedule = (struct schedule){0};
    heap_init(&schedule->waiting);
    heap_init(&schedule->down);
    schedule->bucket_count = HOST_BUCKETS;
    schedule->buckets = memory_alloc_array(HOST_BUCKETS, sizeof(struct host *));
}

void schedule_release(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->bucket_count; i++) {
        for (struct host *host = schedule->buckets[i]; host;) {
            struct host *next = host->bucket_next;
            memory_free(host->origin);
            memory_free(host);
            host = next;
        }
    }
    memory_free(schedule->buckets);
    memory_free(schedule->queued_next);
    heap_release(&schedule->waiting);
    heap_release(&schedule->down);
}

void schedule_reserve(struct schedule *schedule, size_t count,
                      struct delivery *(*take_up)(void *context, size_t index), void *context)
{
    if (count >= UINT32_MAX)
        memory_exhausted();
    schedule->queued_next = memory_alloc_array(count, sizeof(*schedule->queued_next));
    schedule->take_up = take_up;
    schedule->take_up_context = context;
}

static size_t bucket_of(const struct schedule *schedule, const char *origin)
{
    size_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *origin; origin++)
        hash = (hash ^ (unsigned char)*origin) * 1099511628211u;
    return hash % schedule->bucket_count;
}

struct host *schedule_find_host(const struct schedule *schedule, const char *origin)
{
    struct host *host = schedule->buckets[bucket_of(schedule, origin)];
    while (host && strcmp(host->origin, origin) != 0)
        host = host->bucket_next;
    return host;
}

struct host *schedule_host(struct schedule *schedule, const char *origin)
{
    struct host *host = schedule_find_host(schedule, origin);
    if (host)
        return host;
    host = memory_alloc(sizeof(*host));
    host->origin = memory_strdup(origin);
    host->pace.capacity = 1;
    size_t bucket = bucket_of(schedule, origin);
    host->bucket_next = schedule->buckets[bucket];
    schedule->buckets[bucket] = host;
    schedule->host_count++;
    return host;
}

void schedule_each_host(const struct schedule *schedule,
                        void (*each)(void *context, struct host *host), void *context)
{
    for (size_t i = 0; i < schedule->bucket_count; i++)
        for (struct host *host = schedule->buckets[i]; host; host = host->bucket_next)
            each(context, host);
}

/* --- the ring of hosts with something ready -------------------------------------------------- */

static void ring_add(struct schedule *schedule, struct host *host)
{
    if (host->in_ring)
        return;
    host->in_ring = true;
    if (schedule->ring_last) {
        host->ring_next = schedule->ring_last->ring_next;
        schedule->ring_last->ring_next = host;
    } else {
        host->ring_next = host;
    }
    schedule->ring_last = host;
}

/* Removes the host after `previous`. */
static void ring_remove(struct schedule *schedule, struct host *previous, struct host *host)
{
    host->in_ring = false;
    if (previous == host) {
        schedule->ring_last = NULL;
        return;
    }
    previous->ring_next = host->ring_next;
    if (schedule->ring_last == host)
        schedule->ring_last = previous;
}

static bool has_ready(const struct host *host)
{
    return host->queued_single.first || host->queued_threads.first || host->single.first ||
           host->threads.first;
}

static void append(struct ready_list *list, struct delivery *delivery)
{
    delivery->next = NULL;
    if (list->last)
        list->last->next = delivery;
    else
        list->first = delivery;
    list->last = delivery;
}

static struct delivery *take_first(struct ready_list *list)
{
    struct delivery *delivery = list->first;
    if (delivery) {
        list->first = delivery->next;
        if (!list->first)
            list->last = NULL;
        delivery->next = NULL;
    }
    return delivery;
}

static struct delivery *take_queued(struct schedule *schedule, struct queued_list *list)
{
    size_t index = list->first - 1;

    list->first = schedule->queued_next[index];
    if (!list->first)
        list->last = 0;
    return schedule->take_up(schedule->take_up_context, index);
}

static struct delivery *take_from(struct schedule *schedule, struct host *host)
{
    if (host->queued_single.first)
        return take_queued(schedule, &host->queued_single);
    if (host->single.first)
        return take_first(&host->single);
    if (host->queued_threads.first)
        return take_queued(schedule, &host->queued_threads);
    return take_first(&host->threads);
}

void schedule_queue(struct schedule *schedule, struct host *host, size_t index, bool is_thread)
{
    struct queued_list *list = is_thread ? &host->queued_threads : &host->queued_single;
    uint32_t number = (uint32_t)index + 1;

    if (list->last)
        schedule->queued_next[list->last - 1] = number;
    else
        list->first = number;
    list->last = number;
    ring_add(schedule, host);
}

void schedule_ready(struct schedule *schedule, struct delivery *delivery)
{
    struct host *host = delivery->addressee->host;
    append(delivery->part_count > 1 ? &host->threads : &host->single, delivery);
    ring_add(schedule, host);
}

void schedule_wait(struct schedule *schedule, struct delivery *delivery, int64_t until_ms)
{
    heap_insert(&schedule->waiting, &delivery->wake, until_ms);
}

void schedule_host_down(struct schedule *schedule, struct host *host)
{
    heap_remove(&schedule->down, &host->wake);
    heap_insert(&schedule->down, &host->wake, host->pace.probe_at_ms);
}

static void wake_due(struct schedule *schedule, int64_t now_ms)
{
    struct heap_node *node;
    while ((node = heap_first(&schedule->waiting)) && node->key <= now_ms) {
        heap_remove(&schedule->waiting, node);
        schedule_ready(schedule,
                       (struct delivery *)(void *)((char *)node - offsetof(struct delivery, wake)));
    }
    while ((node = heap_first(&schedule->down)) && node->key <= now_ms)
        heap_remove(&schedule->down, node); /* the visit below finds it */
}

struct delivery *schedule_next(struct schedule *schedule, int64_t now_ms)
{
    wake_due(schedule, now_ms);
    struct host *previous = schedule->ring_last;
    struct host *stop = NULL; /* the first host that had to be passed over */

    while (schedule->ring_last) {
        struct host *host = previous->ring_next;
        if (!has_ready(host)) {
            ring_remove(schedule, previous, host);
            if (previous == host)
                return NULL;
            continue;
        }
        if (pace_may_start(&host->pace, now_ms)) {
            schedule->ring_last = host; /* the next visit begins behind it */
            return take_from(schedule, host);
        }
        if (host == stop)
            return NULL;
        if (!stop)
            stop = host;
        previous = host;
    }
    return NULL;
}

int64_t schedule_next_time_ms(const struct schedule *schedule)
{
    struct heap_node *delivery = heap_first(&schedule->waiting);
    struct heap_node *host = heap_first(&schedule->down);
    if (!delivery && !host)
        return -1;
    if (!host || (delivery && delivery->key < host->key))
        return delivery->key;
    return host->key;
}

struct delivery *schedule_take_any(struct schedule *schedule)
{
    struct heap_node *node = heap_first(&schedule->waiting);
    if (node) {
        heap_remove(&schedule->waiting, node);
        return (struct delivery *)(void *)((char *)node - offsetof(struct delivery, wake));
    }
    while (schedule->ring_last) {
        struct host *previous = schedule->ring_last;
        struct host *host = previous->ring_next;
        struct delivery *delivery = take_from(schedule, host);
        if (delivery)
            return delivery;
        ring_remove(schedule, previous, host);
    }
    return NULL;
}

/*
 * How many attempts are under way at once: no more than it takes to keep the processor busy.
 *
 * What is under way takes memory, and memory that the processor's caches no longer hold makes each
 * delivery dearer (a fifth, with 1,500 at once instead of 400). So when answers come before the
 * window has been filled, it has room enough: it becomes what is under way then. When it is full,
 * everybody waits for the networks and the processor has time to spare, it is as large as it was at
 * first again, until answers show anew what is enough: networks that answer late get as much at
 * once as they let.
 */
#ifndef CRISIS_DISPATCH_WINDOW_H
#define CRISIS_DISPATCH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WINDOW_MIN = 400,
    WINDOW_MAX = 2000,
    WINDOW_LOOK_EVERY_MS = 1, /* while it is full */
};

struct window {
    size_t size;
    bool was_filled;               /* since it became that large */
    int64_t watched_us, worked_us; /* since when, and what had been worked until then */
};

void window_init(struct window *window);
/* As many are under way as there may be. */
void window_filled(struct window *window);
/* An answer came while so many were under way. */
void window_answered(struct window *window, size_t under_way);
void window_grow(struct window *window);

/* It is full: what comes is compared with this moment. now_us: monotonic; worked_us: the
 * processor time that the process has taken. */
void window_watch(struct window *window, int64_t now_us, int64_t worked_us);
/* Whether the processor has had time to spare since. threads: how many may be busy at once. */
bool window_is_idle(const struct window *window, int64_t now_us, int64_t worked_us, size_t threads);

#endif

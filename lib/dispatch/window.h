/*
 * How many attempts are under way at once: no more than it takes to keep the processor busy.
 *
 * What is under way takes memory, and memory that the processor's caches no longer hold makes each
 * delivery dearer (a fifth, with 1,500 at once instead of 400). So it begins small. While it is
 * full and the processor has time to spare, everybody waits for the networks: then it doubles, at
 * once and as often as it takes, so that networks which answer late get as much at once as they
 * let.
 */
#ifndef CRISIS_DISPATCH_WINDOW_H
#define CRISIS_DISPATCH_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WINDOW_AT_FIRST = 400,
    WINDOW_MAX = 2000,
    WINDOW_LOOK_EVERY_MS = 2, /* while it is full */
};

struct window {
    size_t size;
    int64_t looked_us, worked_us; /* when it was looked at, and what had been worked until then */
};

void window_init(struct window *window);
/* It has become full, or is again: what comes is compared with this moment. now_us: monotonic;
 * worked_us: the processor time that the process has taken. */
void window_full(struct window *window, int64_t now_us, int64_t worked_us);
/* It has been full since it was looked at last. threads: how many may be busy at once. True: it has
 * grown. */
bool window_look(struct window *window, int64_t now_us, int64_t worked_us, size_t threads);

#endif

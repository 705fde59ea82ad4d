#include "dispatch/window.h"

enum { BUSY_PERCENT = 60 };

void window_init(struct window *window)
{
    *window = (struct window){.size = WINDOW_MAX};
}

void window_filled(struct window *window)
{
    window->was_filled = true;
}

void window_answered(struct window *window, size_t under_way)
{
    if (window->was_filled || under_way >= window->size)
        return;
    window->was_filled = true;
    window->size = under_way > WINDOW_MIN ? under_way : WINDOW_MIN;
}

void window_grow(struct window *window)
{
    if (window->size == WINDOW_MAX)
        return;
    window->size = WINDOW_MAX;
    window->was_filled = false;
}

void window_watch(struct window *window, int64_t now_us, int64_t worked_us)
{
    window->watched_us = now_us;
    window->worked_us = worked_us;
}

bool window_is_idle(const struct window *window, int64_t now_us, int64_t worked_us, size_t threads)
{
    const int64_t passed_us = now_us - window->watched_us;
    const int64_t busy_us = worked_us - window->worked_us;

    return busy_us * 100 < passed_us * BUSY_PERCENT * (int64_t)threads;
}

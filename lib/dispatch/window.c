#include "dispatch/window.h"

enum { BUSY_PERCENT = 60 };

void window_init(struct window *window)
{
    *window = (struct window){.size = WINDOW_MAX};
}

void window_answered(struct window *window, size_t under_way)
{
    if (window->was_full || under_way >= window->size)
        return;
    window->was_full = true;
    window->size = under_way > WINDOW_MIN ? under_way : WINDOW_MIN;
}

void window_full(struct window *window, int64_t now_us, int64_t worked_us)
{
    window->was_full = true;
    window->looked_us = now_us;
    window->worked_us = worked_us;
}

bool window_look(struct window *window, int64_t now_us, int64_t worked_us, size_t threads)
{
    const int64_t passed_us = now_us - window->looked_us;
    const int64_t busy_us = worked_us - window->worked_us;
    const bool is_busy = busy_us * 100 >= passed_us * BUSY_PERCENT * (int64_t)threads;

    window_full(window, now_us, worked_us);
    if (is_busy || window->size >= WINDOW_MAX)
        return false;
    window->size = WINDOW_MAX;
    window->was_full = false;
    return true;
}

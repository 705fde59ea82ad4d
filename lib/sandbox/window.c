#include "sandbox/network.h"

bool sandbox_window_count(struct window *window, int64_t now_ms, int64_t length_ms, bool aligned,
                          unsigned limit, unsigned weight)
{
    if (window->used == 0 || now_ms - window->start_ms >= length_ms) {
        window->start_ms = aligned ? now_ms - now_ms % length_ms : now_ms;
        window->used = 0;
    }
    if (window->used + weight > limit)
        return false;
    window->used += weight;
    return true;
}

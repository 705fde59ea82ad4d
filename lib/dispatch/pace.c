#include "dispatch/pace.h"

#include "base/limits.h"

enum {
    FAILURES_UNTIL_DOWN = 3,
    BACKOFF_DOUBLINGS_MAX = 16,
};

bool pace_may_start(const struct host_pace *pace, int64_t now_ms)
{
    if (pace->down)
        return pace->in_flight == 0 && now_ms >= pace->probe_at_ms;
    return pace->in_flight < pace->capacity;
}

bool pace_ended(struct host_pace *pace, bool failed, int64_t now_ms, uint32_t random)
{
    pace->in_flight--;
    if (!failed) {
        pace->failures = 0;
        pace->down = false;
        pace->ever_answered = true;
        return false;
    }
    pace->failures++;
    pace->failed_at_ms = now_ms;
    if (pace->failures < FAILURES_UNTIL_DOWN)
        return false;
    bool went_down = !pace->down;
    pace->down = true;
    pace->probe_at_ms = now_ms + pace_backoff_ms(pace->failures - FAILURES_UNTIL_DOWN, random);
    return went_down;
}

void pace_ended_with_others(struct host_pace *pace)
{
    pace->in_flight--;
}

int64_t pace_backoff_ms(unsigned attempts, uint32_t random)
{
    unsigned doublings = attempts < BACKOFF_DOUBLINGS_MAX ? attempts : BACKOFF_DOUBLINGS_MAX;
    int64_t most = (int64_t)BACKOFF_FIRST_MS << doublings;
    if (most > BACKOFF_MAX_MS)
        most = BACKOFF_MAX_MS;
    return BACKOFF_LEAST_MS + (int64_t)(random % (uint64_t)(most - BACKOFF_LEAST_MS + 1));
}

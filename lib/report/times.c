#include "report/times.h"

#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 256 };

void times_add(struct times *times, int64_t since_start_ms)
{
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? times->capacity * 2 : FIRST_CAPACITY;
        times->ms = memory_resize(times->ms, times->capacity * sizeof(*times->ms));
    }
    times->ms[times->count++] = since_start_ms > 0 ? since_start_ms : 0;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

void times_sort(struct times *times)
{
    if (times->count > 0)
        qsort(times->ms, times->count, sizeof(*times->ms), compare);
}

void times_release(struct times *times)
{
    memory_free(times->ms);
    *times = (struct times){0};
}

int64_t times_first(const struct times *times)
{
    return times->count > 0 ? times->ms[0] : -1;
}

int64_t times_last(const struct times *times)
{
    return times->count > 0 ? times->ms[times->count - 1] : -1;
}

int64_t times_at(const struct times *times, size_t total, unsigned percent)
{
    /* The least whole number that is this share of all, or more. */
    size_t wanted = total / 100 * percent + (total % 100 * percent + 99) / 100;

    if (wanted == 0 || wanted > times->count)
        return -1;
    return times->ms[wanted - 1];
}

size_t times_by(const struct times *times, int64_t since_start_ms)
{
    size_t low = 0, high = times->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (times->ms[middle] <= since_start_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

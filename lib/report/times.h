/* When what was reached: times since the start of a run, and by when how many there were. */
#ifndef CRISIS_REPORT_TIMES_H
#define CRISIS_REPORT_TIMES_H

#include <stddef.h>
#include <stdint.h>

struct times {
    int64_t *ms; /* in any order until times_sort() */
    size_t count, capacity;
};

/* A time before the start, which only a clock that was set back can give, counts as the start. */
void times_add(struct times *times, int64_t since_start_ms);
void times_sort(struct times *times);
void times_release(struct times *times);

/* Of sorted times: -1 when there is none. */
int64_t times_first(const struct times *times);
int64_t times_last(const struct times *times);
/* When `percent` (1-100) of `total` had come: a share of all, not of those that came. -1: so many
 * never did. */
int64_t times_at(const struct times *times, size_t total, unsigned percent);
/* How many had come by then. */
size_t times_by(const struct times *times, int64_t since_start_ms);

#endif

/* What `watch` shows on a terminal: the whole screen, drawn anew a few times a second. */
#ifndef CRISIS_CMD_WATCH_SCREEN_H
#define CRISIS_CMD_WATCH_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#include "cmd/tally.h"
#include "cmd/watch_map.h"

/* How many had been posted at which time, for the rate. */
struct watch_sample {
    int64_t monotonic_ms;
    size_t posted;
};

struct watch_screen {
    bool is_open;
    struct watch_sample samples[32]; /* the latest last */
    size_t sample_count;
};

struct watch_view {
    const struct run_record *run;
    const struct tally *tally;
    const char *sender; /* "process 123 on HOST"; NULL: nobody works on the run */
    struct watch_map *map;
};

/* The result goes to a terminal that can be drawn on. */
bool watch_screen_is_possible(void);
/* Draws; the terminal's own screen is kept aside by the first call. The size is asked for each
 * time. */
void watch_screen_draw(struct watch_screen *screen, const struct watch_view *view);
/* Gives the terminal back as it was. */
void watch_screen_close(struct watch_screen *screen);

#endif

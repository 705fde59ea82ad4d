/*
 * The map that `watch` shows on a wide terminal: a tile for each municipality of the run
 * (report/tile_map.h), with a sign and a colour for where it stands. Where the municipalities lie
 * is read from the run's plan, as it is now: without a plan, or without locations in it, there is
 * no map.
 */
#ifndef CRISIS_CMD_WATCH_MAP_H
#define CRISIS_CMD_WATCH_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "report/tile_map.h"
#include "store/store.h"

#include "cmd/context.h"

struct watch_map {
    size_t count;      /* municipalities of the run, in the order of its deliveries */
    const bool *is_on; /* which of them have a location */
    const char **ids;
    enum tile_state *states;
    struct tile_point *points; /* of those that have one */
    size_t point_count;
    struct tile *tiles; /* of the points, for a grid of that size */
    size_t columns, rows;
    size_t *cells;        /* of the grid: the municipality's position + 1; 0: nothing */
    struct arena *layout; /* holds tiles and cells */
};

/* Reads which municipalities there are and where they lie. */
int watch_map_init(struct watch_map *map, const struct context *context,
                   const struct run_record *run, struct error *error);
void watch_map_release(struct watch_map *map); /* zeroed memory is fine */

/* Reads where each municipality stands. */
int watch_map_read(struct watch_map *map, struct store *store, const struct run_record *run,
                   struct error *error);

/* Lays the map out in so many columns and rows of characters; false: there is no room for it. */
bool watch_map_fit(struct watch_map *map, size_t columns, size_t rows);
/* Appends one row of it, below the last one the legend. */
void watch_map_add_row(const struct watch_map *map, size_t row, struct text *out);
/* How many rows there are, with the legend. */
size_t watch_map_rows(const struct watch_map *map);

#endif

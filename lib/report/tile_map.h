/*
 * A map of municipalities for a terminal: one tile for each, all of the same size, near where it
 * lies, however closely they lie together. Where many are, the map is stretched; so it shows who is
 * where, and no distances.
 */
#ifndef CRISIS_REPORT_TILE_MAP_H
#define CRISIS_REPORT_TILE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/language.h"
#include "model/delivery.h"

struct tile_point {
    double latitude, longitude; /* degrees */
};

struct tile {
    size_t column, row; /* from the north-west */
};

/* Fewest tiles that a grid must have for so many points. */
size_t tile_map_least(size_t point_count);

/* Puts each point on a tile of its own in a grid of that size; out[i] is that of points[i]. The
 * same points always lie the same way. False when the grid has too few tiles, or there are no
 * points. The arena is for work that is thrown away. */
bool tile_map_place(struct arena *arena, const struct tile_point *points, size_t count,
                    size_t columns, size_t rows, struct tile *out);

/* Where a municipality stands in a run: the worst of its deliveries, as far as somebody must act.
 */
#define TILE_STATES(X)                                                                             \
    X(TILE_QUEUED, ".", N_("queued"))                                                              \
    X(TILE_UNDER_WAY, "o", N_("under way"))                                                        \
    X(TILE_POSTED, "#", N_("all posted"))                                                          \
    X(TILE_STOPPED, "-", N_("stopped"))                                                            \
    X(TILE_RETRACTED, "r", N_("retracted"))                                                        \
    X(TILE_IN_DOUBT, "?", N_("in doubt"))                                                          \
    X(TILE_SOME_FAILED, "!", N_("some failed"))                                                    \
    X(TILE_UNREACHED, "X", N_("not reached"))

#define TILE_VALUE(value, sign, words) value,
enum tile_state { TILE_STATES(TILE_VALUE) TILE_STATE_COUNT };
#undef TILE_VALUE

/* From the counts of its deliveries by state. */
enum tile_state tile_state_of(const size_t counts[DELIVERY_STATE_COUNT]);
const char *tile_state_sign(enum tile_state state); /* one character */
const char *tile_state_words(enum tile_state state);

#endif

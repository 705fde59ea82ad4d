#include "report/tile_map.h"

#include <math.h>
#include <stdlib.h>

enum { ROOM_FOR_EACH = 2 }; /* tiles, so that the shape of a country can be seen */

static const double pi = 3.14159265358979323846;

/* How much of a place's position is its rank among the others, and how much where it lies: ranks
 * alone would make a rectangle of any country, positions alone a heap of its densest part. */
static const double stretched = 0.5;

size_t tile_map_least(size_t point_count)
{
    return point_count * ROOM_FOR_EACH;
}

/* --- where each would like to be ------------------------------------------------------------- */

struct ranked {
    double value;
    size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;

    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* Makes values from 0 to 1 of any, partly by their ranks. */
static void stretch(double *values, size_t count, struct ranked *work)
{
    for (size_t i = 0; i < count; i++)
        work[i] = (struct ranked){values[i], i};
    qsort(work, count, sizeof(*work), compare_ranked);
    double least = work[0].value, range = work[count - 1].value - least;
    for (size_t i = 0; i < count; i++) {
        double lies = range > 0 ? (work[i].value - least) / range : 0.5;
        double rank = count > 1 ? (double)i / (double)(count - 1) : 0.5;
        values[work[i].index] = stretched * rank + (1 - stretched) * lies;
    }
}

/* --- giving each a tile ---------------------------------------------------------------------- */

struct grid {
    size_t columns, rows;
    const double *xs, *ys; /* in tiles */
    bool *is_taken;
};

static double distance(const struct grid *grid, size_t point, size_t column, size_t row)
{
    double x = grid->xs[point] - (double)column, y = grid->ys[point] - (double)row;
    return x * x + y * y;
}

/* The nearest tile that is free; of several, the first from the north-west. There is one. */
static struct tile take_nearest(struct grid *grid, size_t point)
{
    struct tile nearest = {0};
    double least = INFINITY;

    for (size_t row = 0; row < grid->rows; row++)
        for (size_t column = 0; column < grid->columns; column++) {
            double away = distance(grid, point, column, row);
            if (away >= least || grid->is_taken[row * grid->columns + column])
                continue;
            least = away;
            nearest = (struct tile){column, row};
        }
    grid->is_taken[nearest.row * grid->columns + nearest.column] = true;
    return nearest;
}

bool tile_map_place(struct arena *arena, const struct tile_point *points, size_t count,
                    size_t columns, size_t rows, struct tile *out)
{
    if (count == 0 || columns == 0 || rows == 0 || columns * rows < tile_map_least(count))
        return false;
    struct ranked *order = arena_alloc_array(arena, count, sizeof(*order));
    double *xs = arena_alloc_array(arena, count, sizeof(*xs));
    double *ys = arena_alloc_array(arena, count, sizeof(*ys));
    double south = points[0].latitude, north = south;
    struct grid grid = {columns, rows, xs, ys,
                        arena_alloc_array(arena, columns * rows, sizeof(bool))};

    for (size_t i = 0; i < count; i++) {
        south = fmin(south, points[i].latitude);
        north = fmax(north, points[i].latitude);
    }
    for (size_t i = 0; i < count; i++) {
        xs[i] = points[i].longitude * cos((south + north) / 2 * pi / 180);
        ys[i] = -points[i].latitude;
    }
    stretch(xs, count, order);
    stretch(ys, count, order);
    for (size_t i = 0; i < count; i++) {
        xs[i] *= (double)(columns - 1);
        ys[i] *= (double)(rows - 1);
        /* Who lies in the middle of a tile gets it, and the others what is left. */
        order[i] = (struct ranked){hypot(xs[i] - round(xs[i]), ys[i] - round(ys[i])), i};
    }
    qsort(order, count, sizeof(*order), compare_ranked);
    for (size_t i = 0; i < count; i++)
        out[order[i].index] = take_nearest(&grid, order[i].index);
    return true;
}

/* --- states ---------------------------------------------------------------------------------- */

enum tile_state tile_state_of(const size_t counts[DELIVERY_STATE_COUNT])
{
    size_t under_way = counts[DELIVERY_SENDING] + counts[DELIVERY_WAITING];
    size_t posted = counts[DELIVERY_POSTED] + counts[DELIVERY_WOULD_POST];

    if (counts[DELIVERY_IN_DOUBT] > 0)
        return TILE_IN_DOUBT;
    if (counts[DELIVERY_FAILED] > 0)
        return posted + under_way + counts[DELIVERY_QUEUED] > 0 ? TILE_SOME_FAILED : TILE_UNREACHED;
    if (under_way > 0 || (posted > 0 && counts[DELIVERY_QUEUED] > 0))
        return TILE_UNDER_WAY;
    if (counts[DELIVERY_QUEUED] > 0)
        return TILE_QUEUED;
    if (counts[DELIVERY_STOPPED] + counts[DELIVERY_SKIPPED] > 0)
        return TILE_STOPPED;
    return counts[DELIVERY_RETRACTED] > 0 ? TILE_RETRACTED : TILE_POSTED;
}

#define SIGN_CASE(value, sign, words)                                                              \
    case value:                                                                                    \
        return sign;
#define WORDS_CASE(value, sign, words)                                                             \
    case value:                                                                                    \
        return words;

const char *tile_state_sign(enum tile_state state)
{
    switch (state) {
        TILE_STATES(SIGN_CASE)
    case TILE_STATE_COUNT:
        break;
    }
    return " ";
}

const char *tile_state_words(enum tile_state state)
{
    switch (state) {
        TILE_STATES(WORDS_CASE)
    case TILE_STATE_COUNT:
        break;
    }
    return "";
}

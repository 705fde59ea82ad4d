#include "cmd/watch_map.h"

#include <string.h>

#include "base/language.h"

#include "cmd/output.h"

enum {
    LEGEND_ROWS = TILE_STATE_COUNT + 1, /* a line each, after an empty one */
    TILE_COLUMNS = 2,                   /* characters: about as wide as a line is high */
    TILES_LEAST = 8,
};

static const enum output_style styles[TILE_STATE_COUNT] = {
    [TILE_QUEUED] = STYLE_DIM,       [TILE_UNDER_WAY] = STYLE_BOLD, [TILE_POSTED] = STYLE_GOOD,
    [TILE_STOPPED] = STYLE_DIM,      [TILE_RETRACTED] = STYLE_DIM,  [TILE_IN_DOUBT] = STYLE_WARN,
    [TILE_SOME_FAILED] = STYLE_WARN, [TILE_UNREACHED] = STYLE_BAD,
};

/* --- who, and where -------------------------------------------------------------------------- */

struct gathering {
    struct watch_map *map;
    struct arena *arena;
    const struct plan *plan;
    bool *is_on;
    size_t most;
};

static bool gather(void *context, const struct delivery_record *delivery)
{
    struct gathering *gathering = context;
    struct watch_map *map = gathering->map;

    /* Deliveries of a municipality stand together. */
    if (map->count > 0 && strcmp(map->ids[map->count - 1], delivery->municipality) == 0)
        return true;
    if (map->count == gathering->most)
        return false; /* the run record and its rows disagree */
    const struct audience_member *member =
        plan_find_municipality(gathering->plan, delivery->municipality);
    if (member && member->municipality->has_location) {
        map->points[map->point_count++] =
            (struct tile_point){member->municipality->latitude, member->municipality->longitude};
        gathering->is_on[map->count] = true;
    }
    map->ids[map->count++] = arena_strdup(gathering->arena, delivery->municipality);
    return true;
}

int watch_map_init(struct watch_map *map, const struct context *context,
                   const struct run_record *run, struct error *error)
{
    const size_t most = run->municipality_count;
    struct gathering gathering = {
        .map = map,
        .arena = context->arena,
        .plan = context_find_plan(context, run->plan_file),
        .is_on = arena_alloc_array(context->arena, most + 1, sizeof(bool)),
        .most = most,
    };

    if (!gathering.plan)
        return 0;
    map->ids = arena_alloc_array(context->arena, most + 1, sizeof(*map->ids));
    map->states = arena_alloc_array(context->arena, most + 1, sizeof(*map->states));
    map->points = arena_alloc_array(context->arena, most + 1, sizeof(*map->points));
    map->is_on = gathering.is_on;
    return store_deliveries(context->store, run->row, gather, &gathering, error);
}

void watch_map_release(struct watch_map *map)
{
    arena_free(map->layout);
    map->layout = NULL;
}

/* --- where each stands ----------------------------------------------------------------------- */

struct standing {
    struct watch_map *map;
    size_t at; /* the municipality that is counted, from 1; 0: none yet */
    size_t counts[DELIVERY_STATE_COUNT];
};

static void end_municipality(struct standing *standing)
{
    if (standing->at > 0)
        standing->map->states[standing->at - 1] = tile_state_of(standing->counts);
    memset(standing->counts, 0, sizeof(standing->counts));
}

static bool count_delivery(void *context, const struct delivery_record *delivery)
{
    struct standing *standing = context;
    const struct watch_map *map = standing->map;

    if (standing->at == 0 || strcmp(map->ids[standing->at - 1], delivery->municipality) != 0) {
        end_municipality(standing);
        if (standing->at == map->count)
            return false;
        standing->at++;
    }
    standing->counts[delivery->state]++;
    return true;
}

int watch_map_read(struct watch_map *map, struct store *store, const struct run_record *run,
                   struct error *error)
{
    struct standing standing = {.map = map};

    if (map->point_count == 0)
        return 0;
    if (store_deliveries(store, run->row, count_delivery, &standing, error) < 0)
        return -1;
    end_municipality(&standing);
    return 0;
}

/* --- drawing --------------------------------------------------------------------------------- */

static void fill_cells(struct watch_map *map)
{
    size_t point = 0;

    map->cells = arena_alloc_array(map->layout, map->columns * map->rows, sizeof(*map->cells));
    for (size_t i = 0; i < map->count; i++) {
        if (!map->is_on[i])
            continue;
        const struct tile *tile = &map->tiles[point++];
        map->cells[tile->row * map->columns + tile->column] = i + 1;
    }
}

bool watch_map_fit(struct watch_map *map, size_t columns, size_t rows)
{
    if (map->point_count == 0 || rows < LEGEND_ROWS + TILES_LEAST ||
        columns < TILES_LEAST * TILE_COLUMNS)
        return false;
    columns /= TILE_COLUMNS;
    rows -= LEGEND_ROWS;
    if (columns > rows + rows / 2) /* not drawn out of all shape */
        columns = rows + rows / 2;
    if (map->layout && map->columns == columns && map->rows == rows)
        return map->tiles != NULL;
    arena_free(map->layout);
    map->layout = arena_new();
    map->columns = columns;
    map->rows = rows;
    map->tiles = arena_alloc_array(map->layout, map->point_count, sizeof(*map->tiles));
    if (tile_map_place(map->layout, map->points, map->point_count, columns, rows, map->tiles))
        fill_cells(map);
    else
        map->tiles = NULL;
    return map->tiles != NULL;
}

static void add_sign(enum tile_state state, struct text *out)
{
    text_add(out, output_style_begin(styles[state]));
    text_add(out, tile_state_sign(state));
    text_add(out, output_style_end(styles[state]));
}

static void add_legend(const struct watch_map *map, size_t line, struct text *out)
{
    for (size_t state = 0; state < TILE_STATE_COUNT; state++) {
        size_t here = 0;
        for (size_t i = 0; i < map->count; i++)
            here += map->is_on[i] && map->states[i] == (enum tile_state)state;
        if (here == 0 || line-- > 0)
            continue;
        add_sign((enum tile_state)state, out);
        text_addf(out, " %zu %s", here, translated(tile_state_words((enum tile_state)state)));
        return;
    }
    if (line == 0 && map->point_count < map->count)
        text_addf(out, _("  %zu not on the map"), map->count - map->point_count);
}

void watch_map_add_row(const struct watch_map *map, size_t row, struct text *out)
{
    if (row > map->rows)
        add_legend(map, row - map->rows - 1, out);
    if (row >= map->rows)
        return;
    size_t blank = 0;
    for (size_t column = 0; column < map->columns; column++) {
        size_t cell = map->cells[row * map->columns + column];
        if (cell == 0) {
            blank += TILE_COLUMNS;
            continue;
        }
        text_addf(out, "%*s", (int)blank, "");
        add_sign(map->states[cell - 1], out);
        blank = TILE_COLUMNS - 1;
    }
}

size_t watch_map_rows(const struct watch_map *map)
{
    return map->rows + LEGEND_ROWS;
}

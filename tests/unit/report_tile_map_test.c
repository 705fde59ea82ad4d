/* Municipalities on a map of tiles, and what a tile says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/tile_map.h"

#include "property.h"

enum { MANY = 357, COLUMNS = 40, ROWS = 36, ROUNDS = 50 };

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void assert_apart(const struct tile *tiles, size_t count, size_t columns, size_t rows)
{
    bool *is_taken = calloc(columns * rows, sizeof(*is_taken));

    for (size_t i = 0; i < count; i++) {
        assert_true(tiles[i].column < columns && tiles[i].row < rows);
        assert_false(is_taken[tiles[i].row * columns + tiles[i].column]);
        is_taken[tiles[i].row * columns + tiles[i].column] = true;
    }
    free(is_taken);
}

static void corners_lie_in_the_corners(void **state)
{
    const struct tile_point points[] = {{70, 31}, {58, 5}, {70, 5}, {58, 31}, {64, 18}};
    struct tile tiles[5];

    assert_true(tile_map_place(*state, points, 5, 11, 11, tiles));
    assert_apart(tiles, 5, 11, 11);
    assert_true(tiles[0].column > 8 && tiles[0].row < 2); /* north-east */
    assert_true(tiles[1].column < 2 && tiles[1].row > 8); /* south-west */
    assert_true(tiles[2].column < 2 && tiles[2].row < 2); /* north-west */
    assert_true(tiles[3].column > 8 && tiles[3].row > 8); /* south-east */
    assert_true(tiles[4].column == 5 && tiles[4].row == 5);
}

static void there_must_be_room(void **state)
{
    struct tile_point points[10] = {{0}};
    struct tile tiles[10];

    assert_int_equal(tile_map_least(10), 20);
    assert_true(tile_map_place(*state, points, 10, 5, 4, tiles));
    assert_false(tile_map_place(*state, points, 10, 19, 1, tiles));
    assert_false(tile_map_place(*state, points, 10, 0, 40, tiles));
    assert_false(tile_map_place(*state, points, 0, 40, 40, tiles));
}

static void those_in_one_place_lie_beside_each_other(void **state)
{
    struct tile_point points[9];
    struct tile tiles[9];

    for (size_t i = 0; i < 9; i++)
        points[i] = (struct tile_point){59.9, 10.7};
    assert_true(tile_map_place(*state, points, 9, COLUMNS, ROWS, tiles));
    assert_apart(tiles, 9, COLUMNS, ROWS);
    assert_true(tile_map_place(*state, points, 1, COLUMNS, ROWS, tiles));
    assert_true(tiles[0].column >= COLUMNS / 2 - 1 && tiles[0].column <= COLUMNS / 2);
}

static void any_points_have_tiles_of_their_own_the_same_each_time(void **state)
{
    struct tile_point points[MANY];
    struct tile tiles[MANY], again[MANY];
    uint64_t random = 20;

    for (size_t round = 0; round < ROUNDS; round++) {
        size_t count = 1 + (size_t)property_below(&random, MANY);
        for (size_t i = 0; i < count; i++)
            points[i] = (struct tile_point){58 + (double)property_below(&random, 130) / 10,
                                            5 + (double)property_below(&random, 260) / 10};
        assert_true(tile_map_place(*state, points, count, COLUMNS, ROWS, tiles));
        assert_true(tile_map_place(*state, points, count, COLUMNS, ROWS, again));
        assert_apart(tiles, count, COLUMNS, ROWS);
        assert_memory_equal(tiles, again, count * sizeof(*tiles));
    }
}

static enum tile_state state_of(size_t queued, size_t sending, size_t posted, size_t failed)
{
    const size_t counts[DELIVERY_STATE_COUNT] = {
        [DELIVERY_QUEUED] = queued,
        [DELIVERY_SENDING] = sending,
        [DELIVERY_POSTED] = posted,
        [DELIVERY_FAILED] = failed,
    };
    return tile_state_of(counts);
}

static enum tile_state state_with(enum delivery_state other)
{
    size_t counts[DELIVERY_STATE_COUNT] = {[DELIVERY_POSTED] = 2};
    counts[other]++;
    return tile_state_of(counts);
}

static void a_tile_says_what_somebody_must_act_on(void **state)
{
    (void)state;
    assert_int_equal(state_of(3, 0, 0, 0), TILE_QUEUED);
    assert_int_equal(state_of(2, 1, 0, 0), TILE_UNDER_WAY);
    assert_int_equal(state_of(2, 0, 1, 0), TILE_UNDER_WAY);
    assert_int_equal(state_of(0, 0, 3, 0), TILE_POSTED);
    assert_int_equal(state_of(0, 0, 2, 1), TILE_SOME_FAILED);
    assert_int_equal(state_of(0, 1, 0, 2), TILE_SOME_FAILED);
    assert_int_equal(state_of(0, 0, 0, 3), TILE_UNREACHED);
    assert_int_equal(state_with(DELIVERY_WAITING), TILE_UNDER_WAY);
    assert_int_equal(state_with(DELIVERY_IN_DOUBT), TILE_IN_DOUBT);
    assert_int_equal(state_with(DELIVERY_STOPPED), TILE_STOPPED);
    assert_int_equal(state_with(DELIVERY_RETRACTED), TILE_RETRACTED);
    assert_int_equal(state_with(DELIVERY_WOULD_POST), TILE_POSTED);
}

static void every_state_has_a_sign_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < TILE_STATE_COUNT; i++) {
        assert_int_equal(strlen(tile_state_sign((enum tile_state)i)), 1);
        assert_true(tile_state_words((enum tile_state)i)[0]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(tile_state_sign((enum tile_state)i),
                                    tile_state_sign((enum tile_state)j));
    }
}

#define MAP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MAP_TEST(corners_lie_in_the_corners),
        MAP_TEST(there_must_be_room),
        MAP_TEST(those_in_one_place_lie_beside_each_other),
        MAP_TEST(any_points_have_tiles_of_their_own_the_same_each_time),
        cmocka_unit_test(a_tile_says_what_somebody_must_act_on),
        cmocka_unit_test(every_state_has_a_sign_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

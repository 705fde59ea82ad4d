#include "audit/tile.h"
#include "audit/tile_rows.h"
#include "base/limits.h"
#include "log_vectors.h"
#include "property.h"

static const struct {
    struct tile tile;
    const char *path;
} known_paths[] = {
    {{0, 0, 1}, "tile/0/000.p/1"},
    {{0, 0, 256}, "tile/0/000"},
    {{7, 999, 255}, "tile/7/999.p/255"},
    {{1, 1000, 256}, "tile/1/x001/000"},
    {{2, 1234067, 256}, "tile/2/x001/x234/067"},
    {{TILE_ENTRIES, 1234067, 8}, "tile/entries/x001/x234/067.p/8"},
    {{TILE_ENTRIES, UINT64_C(36028797018963967), 255},
     "tile/entries/x036/x028/x797/x018/x963/967.p/255"},
};

static void paths_are_written_and_read(void **state)
{
    char path[TILE_PATH_SIZE];
    struct tile tile;
    (void)state;

    for (size_t i = 0; i < sizeof(known_paths) / sizeof(known_paths[0]); i++) {
        const struct tile *known = &known_paths[i].tile;
        tile_path(known, path);
        assert_string_equal(path, known_paths[i].path);
        assert_true(tile_path_parse(path, &tile));
        assert_true(tile.level == known->level && tile.index == known->index &&
                    tile.width == known->width);
    }
    uint64_t random = 1;
    for (size_t i = 0; i < 20000; i++) {
        const struct tile any = {(int)property_below(&random, 9) - 1,
                                 property_next(&random) >> property_below(&random, 64),
                                 (unsigned)property_below(&random, 256) + 1};
        tile_path(&any, path);
        assert_true(tile_path_parse(path, &tile));
        assert_true(tile.level == any.level && tile.index == any.index && tile.width == any.width);
    }
}

static void other_paths_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "/tile/0/000",
        "tile/8/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/entry/000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/001/000",
        "tile/0/x01/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/1000",
        "tile/0/000.p/1/",
        "tile/0/000 ",
        "tile/0/0a0",
    };
    struct tile tile;
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(tile_path_parse(bad[i], &tile));
}

struct listed {
    size_t count, hash_files;
    char paths[600][TILE_PATH_SIZE];
};

static int list(void *context, const struct tile *tile)
{
    struct listed *listed = context;

    if (tile->level == TILE_ENTRIES)
        return 0;
    assert_true(listed->count < 600);
    tile_path(tile, listed->paths[listed->count++]);
    return 0;
}

static bool has(const struct listed *listed, const char *path)
{
    for (size_t i = 0; i < listed->count; i++)
        if (strcmp(listed->paths[i], path) == 0)
            return true;
    return false;
}

static void known_logs_have_known_tiles(void **state)
{
    json_t *vectors = vectors_load(), *tree, *name;
    struct listed *listed = calloc(1, sizeof(*listed));
    size_t i, j;
    (void)state;

    json_array_foreach(json_object_get(vectors, "trees"), i, tree)
    {
        uint64_t size = vector_number(tree, "size");
        const json_t *names = json_object_get(tree, "tiles");
        listed->count = 0;
        assert_int_equal(tile_growth(0, size, list, listed), 0);
        json_array_foreach(names, j, name) assert_true(has(listed, json_string_value(name)));
        if (size <= 257)
            assert_int_equal(listed->count, json_array_size(names));
    }
    listed->count = 0;
    assert_int_equal(tile_growth(0, 70000, list, listed), 0);
    assert_int_equal(listed->count, 277);
    listed->count = 0;
    assert_int_equal(tile_growth(256, 257, list, listed), 0);
    assert_int_equal(listed->count, 1);
    assert_string_equal(listed->paths[0], "tile/0/001.p/1");
    free(listed);
    json_decref(vectors);
}

/* Whatever steps a log grows in, each tile of the last size has been written at its width. */
struct written {
    unsigned char widths[TILE_LEVELS + 1][2048];
};

static int write_one(void *context, const struct tile *tile)
{
    struct written *written = context;
    unsigned char *width = &written->widths[tile->level + 1][tile->index];

    assert_true(tile->width >= 1 && tile->width <= TILE_WIDTH);
    assert_true(tile->width - 1 > *width || *width == 0);
    *width = (unsigned char)(tile->width - 1);
    return 0;
}

static void growth_in_steps_writes_all_tiles(void **state)
{
    struct written *written = calloc(1, sizeof(*written));
    uint64_t random = 2;
    (void)state;

    for (int round = 0; round < 200; round++) {
        uint64_t size = 0;
        memset(written, 0, sizeof(*written));
        for (int step = 0; step < 6; step++) {
            uint64_t next =
                size + property_below(&random, UINT64_C(1) << property_below(&random, 17));
            assert_int_equal(tile_growth(size, next, write_one, written), 0);
            size = next;
        }
        for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++)
            for (uint64_t index = 0; index < 2048; index++) {
                unsigned width = tile_width_at(size, level, index);
                assert_int_equal(written->widths[level + 1][index], width == 0 ? 0 : width - 1);
            }
    }
    free(written);
}

static int stop_at_two(void *context, const struct tile *tile)
{
    (void)tile;
    return ++*(int *)context == 2 ? 42 : 0;
}

static void growth_stops_when_told(void **state)
{
    int calls = 0;
    (void)state;

    assert_int_equal(tile_growth(0, 70000, stop_at_two, &calls), 42);
    assert_int_equal(calls, 2);
    assert_int_equal(tile_growth(5, 5, stop_at_two, &calls), 0);
    assert_int_equal(tile_growth(7, 5, stop_at_two, &calls), 0);
    assert_int_equal(calls, 2);
    assert_int_equal(tile_width_at(INT64_MAX, 7, 0), 127);
}

static void bundles_hold_what_was_put_in(void **state)
{
    static const size_t sizes[] = {0, 1, 255, 256, AUDIT_ENTRY_MAX_BYTES};
    char *entry = calloc(1, AUDIT_ENTRY_MAX_BYTES + 1);
    struct bundle_reader reader;
    struct text bundle;
    const void *bytes;
    size_t size;
    (void)state;

    text_init(&bundle, BUNDLE_MAX_BYTES);
    for (size_t i = 0; i < 5; i++) {
        memset(entry, (int)i + 1, sizes[i]);
        assert_true(bundle_add(&bundle, entry, sizes[i]));
    }
    assert_false(bundle_add(&bundle, entry, AUDIT_ENTRY_MAX_BYTES + 1));
    reader = (struct bundle_reader){(const unsigned char *)bundle.bytes, bundle.length};
    for (size_t i = 0; i < 5; i++) {
        memset(entry, (int)i + 1, sizes[i]);
        assert_true(bundle_next(&reader, &bytes, &size));
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(bytes, entry, size);
    }
    assert_false(bundle_next(&reader, &bytes, &size));
    assert_int_equal(reader.left, 0);

    reader = (struct bundle_reader){(const unsigned char *)bundle.bytes, 2 + 3 + 2 + 100};
    assert_true(bundle_next(&reader, &bytes, &size) && bundle_next(&reader, &bytes, &size));
    assert_false(bundle_next(&reader, &bytes, &size));
    assert_int_equal(reader.left, 102);
    text_release(&bundle);
    free(entry);
}

/* --- rows ------------------------------------------------------------------------------------ */

struct full_tiles {
    struct leaves *leaves;
    size_t count;
};

/* A full tile's first and last hash are the roots of the leaves that they stand for. */
static int check_full(void *context, const struct tile *tile, const unsigned char *hashes)
{
    struct full_tiles *tiles = context;
    unsigned char root[SHA256_SIZE];
    const unsigned shift = 8 * (unsigned)tile->level;
    const uint64_t first = tile->index * TILE_WIDTH;

    assert_int_equal(tile->width, TILE_WIDTH);
    leaves_root(tiles->leaves, first << shift, (first + 1) << shift, root);
    assert_memory_equal(hashes, root, SHA256_SIZE);
    leaves_root(tiles->leaves, (first + 255) << shift, (first + 256) << shift, root);
    assert_memory_equal(hashes + (size_t)255 * SHA256_SIZE, root, SHA256_SIZE);
    tiles->count++;
    return 0;
}

static void rows_fill_tiles_and_go_on_where_they_were(void **state)
{
    enum { SIZE = 66000 };
    struct leaves leaves;
    struct tile_rows *rows = tile_rows_new(), *again;
    unsigned char a[SHA256_SIZE], b[SHA256_SIZE];
    struct merkle_tree tree;
    (void)state;

    merkle_init(&tree);
    leaves_make(&leaves, SIZE);
    struct full_tiles tiles = {&leaves, 0};
    for (uint64_t i = 0; i < SIZE; i++) {
        assert_int_equal(tile_rows_append(rows, leaves.hashes[i], check_full, &tiles), 0);
        merkle_append(&tree, leaves.hashes[i]);
        if (i % 1009 != 0 && i < SIZE - 3)
            continue;
        again = tile_rows_new();
        memcpy(again->rows, rows->rows, sizeof(rows->rows));
        assert_true(tile_rows_resume(again, i + 1));
        merkle_root(&tree, a);
        tile_rows_root(rows, b);
        assert_memory_equal(a, b, SHA256_SIZE);
        tile_rows_root(again, b);
        assert_memory_equal(a, b, SHA256_SIZE);
        assert_false(tile_rows_resume(again, i + 2));
        tile_rows_free(again);
    }
    assert_int_equal(tiles.count, SIZE / 256 + 1);
    tile_rows_free(rows);
    leaves_free(&leaves);
    merkle_release(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_written_and_read),
        cmocka_unit_test(other_paths_are_refused),
        cmocka_unit_test(known_logs_have_known_tiles),
        cmocka_unit_test(growth_in_steps_writes_all_tiles),
        cmocka_unit_test(growth_stops_when_told),
        cmocka_unit_test(bundles_hold_what_was_put_in),
        cmocka_unit_test(rows_fill_tiles_and_go_on_where_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#include "property.h"

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

static void free_of_null_is_fine(void **state)
{
    (void)state;
    arena_free(NULL);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 63, 4095, 4096, 4097, 1 << 20, 3};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *block = arena_alloc(*state, sizes[i]);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(block[j], 0);
        if (sizes[i])
            memset(block, 0xA5, sizes[i]);
    }
}

enum { BLOCKS = 2000 };

/* What one owner writes no other owner sees. */
static void blocks_do_not_overlap(void **state)
{
    static unsigned char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    uint64_t random = 20110722;

    for (size_t i = 0; i < BLOCKS; i++) {
        sizes[i] = property_below(&random, i % 50 == 0 ? 20000 : 100);
        blocks[i] = arena_alloc(*state, sizes[i]);
        if (sizes[i])
            memset(blocks[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(blocks[i][j], i % 251);
}

static void arrays_have_room_for_every_element(void **state)
{
    uint64_t *numbers = arena_alloc_array(*state, 1000, sizeof(*numbers));
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(numbers[i], 0);
        numbers[i] = i;
    }
    assert_non_null(arena_alloc_array(*state, 0, sizeof(*numbers)));
    assert_non_null(arena_alloc_array(*state, 5, 0));
}

static void a_grown_array_keeps_its_elements(void **state)
{
    uint32_t *items = NULL;
    size_t count = 0, capacity = 0;

    for (uint32_t i = 0; i < 5000; i++) {
        items = arena_grow(*state, items, count, &capacity, sizeof(*items));
        assert_true(count < capacity);
        items[count++] = i * 7;
    }
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(items[i], i * 7);
}

static void a_grown_array_moves_only_when_full(void **state)
{
    size_t capacity = 0;
    int *items = arena_grow(*state, NULL, 0, &capacity, sizeof(*items));
    size_t first_capacity = capacity;

    assert_ptr_equal(arena_grow(*state, items, capacity - 1, &capacity, sizeof(*items)), items);
    assert_int_equal(capacity, first_capacity);
    assert_ptr_not_equal(arena_grow(*state, items, capacity, &capacity, sizeof(*items)), items);
    assert_int_equal(capacity, 2 * first_capacity);
}

static void copies_are_equal_and_separate(void **state)
{
    char original[] = "Tromsø";
    char *copy = arena_strdup(*state, original);
    original[0] = 'X';
    assert_string_equal(copy, "Tromsø");

    assert_string_equal(arena_strdup(*state, ""), "");
    assert_string_equal(arena_strndup(*state, "Bergen kommune", 6), "Bergen");
    assert_string_equal(arena_strndup(*state, NULL, 0), "");

    const char with_nul[] = {'a', '\0', 'b'};
    const char *bytes = arena_strndup(*state, with_nul, sizeof(with_nul));
    assert_memory_equal(bytes, "a\0b", 4);
    assert_memory_equal(arena_memdup(*state, with_nul, sizeof(with_nul)), with_nul,
                        sizeof(with_nul));
    assert_non_null(arena_memdup(*state, NULL, 0));
}

static void printf_makes_the_whole_string(void **state)
{
    assert_string_equal(arena_printf(*state, "%s has %d %s", "Bodø", 3, "accounts"),
                        "Bodø has 3 accounts");
    assert_string_equal(arena_printf(*state, "%s", ""), "");

    const char *wide = arena_printf(*state, "%09000d", 7);
    assert_int_equal(strlen(wide), 9000);
    assert_int_equal(wide[8999], '7');
}

/* Whether a string just fits the block that is there, just does not, or is far too long for it, the
 * strings before it stand and the memory after it is zeroed. */
static void printf_leaves_what_is_around_it(void **state)
{
    enum { STRINGS = 600 };
    static const char *strings[STRINGS];
    static int lengths[STRINGS];
    uint64_t random = 20110722;

    for (int i = 0; i < STRINGS; i++) {
        lengths[i] = (int)property_below(&random, i % 20 == 0 ? 9000 : 40);
        strings[i] = arena_printf(*state, "%*s", lengths[i], "");
        size_t size = property_below(&random, 64);
        const unsigned char *block = arena_alloc(*state, size);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(block[j], 0);
    }
    for (int i = 0; i < STRINGS; i++) {
        assert_int_equal(strlen(strings[i]), lengths[i]);
        assert_int_equal(strspn(strings[i], " "), lengths[i]);
    }
}

/* What was there before is gone, strings that did not fit a block too, and no new memory is taken.
 */
static void a_cleared_arena_is_as_new(void **state)
{
    enum { ROUNDS = 20, BLOCK = 3000 };
    size_t held = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            const unsigned char *zeroed = arena_alloc(*state, i % BLOCK);
            for (size_t j = 0; j < i % BLOCK; j++)
                assert_int_equal(zeroed[j], 0);
            memset(arena_printf(*state, "%0*zu", (int)(i % 500), i), 'x', 1);
        }
        if (round > 0)
            assert_int_equal(arena_size_bytes(*state), held);
        held = arena_size_bytes(*state);
        arena_clear(*state);
    }
}

static void size_counts_what_is_held(void **state)
{
    size_t before = arena_size_bytes(*state);
    arena_alloc(*state, 300000);
    assert_true(arena_size_bytes(*state) >= before + 300000);

    size_t after = arena_size_bytes(*state);
    for (int i = 0; i < 10000; i++)
        arena_alloc(*state, 16);
    assert_true(arena_size_bytes(*state) >= after + 160000 - 300000);
    assert_true(arena_size_bytes(*state) < after + 4 * 160000);
}

#define ARENA_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_of_null_is_fine),
        ARENA_TEST(memory_is_zeroed_and_aligned),
        ARENA_TEST(blocks_do_not_overlap),
        ARENA_TEST(arrays_have_room_for_every_element),
        ARENA_TEST(a_grown_array_keeps_its_elements),
        ARENA_TEST(a_grown_array_moves_only_when_full),
        ARENA_TEST(copies_are_equal_and_separate),
        ARENA_TEST(printf_makes_the_whole_string),
        ARENA_TEST(printf_leaves_what_is_around_it),
        ARENA_TEST(a_cleared_arena_is_as_new),
        ARENA_TEST(size_counts_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

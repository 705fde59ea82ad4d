#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/kept_blocks.h"
#include "base/memory.h"

enum { BLOCKS = 200, LARGE_BYTES = 17000 };

static void fill_and_free(size_t size)
{
    unsigned char *blocks[BLOCKS];

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = memory_take(size);
        memset(blocks[i], 0xa5, size);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        memory_free_wiped(blocks[i]);
}

/* Of each size that is kept, and of more sizes and blocks than are. A build with AddressSanitizer
 * keeps none, and the same holds. */
static void what_is_taken_anew_is_whole_and_zeroed(void **state)
{
    (void)state;
    kept_blocks_begin();
    for (size_t size = KEPT_FROM_BYTES - 1000; size < 60000; size += 3777) {
        unsigned char *blocks[BLOCKS];
        fill_and_free(size);
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = memory_alloc(size);
            for (size_t at = 0; at < size; at++)
                assert_int_equal(blocks[i][at], 0);
            memset(blocks[i], (int)i, size);
        }
        for (size_t i = 0; i < BLOCKS; i++) {
            assert_int_equal(blocks[i][0], (unsigned char)i); /* nobody else has it */
            assert_int_equal(blocks[i][size - 1], (unsigned char)i);
            memory_free_wiped(blocks[i]);
        }
    }
    kept_blocks_end();
}

static void nothing_is_kept_unasked_or_after_the_end(void **state)
{
    (void)state;
    void *block = malloc(LARGE_BYTES);

    assert_false(kept_blocks_give_back(block, LARGE_BYTES));
    kept_blocks_begin();
    kept_blocks_end();
    assert_false(kept_blocks_give_back(block, LARGE_BYTES));
    assert_null(kept_blocks_take(LARGE_BYTES));
    free(block);
}

static void nothing_small_is_kept(void **state)
{
    (void)state;
    void *block = malloc(100);

    kept_blocks_begin();
    assert_false(kept_blocks_give_back(block, 104));
    assert_null(kept_blocks_take(100));
    kept_blocks_end();
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_anew_is_whole_and_zeroed),
        cmocka_unit_test(nothing_is_kept_unasked_or_after_the_end),
        cmocka_unit_test(nothing_small_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

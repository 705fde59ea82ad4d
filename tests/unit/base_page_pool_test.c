#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/page_pool.h"

enum { BLOCKS = 200, BLOCK_BYTES = 3 * 4096 - 100 };

static void assert_zero(const unsigned char *block)
{
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        assert_int_equal(block[i], 0);
}

/* However much of it was written to, and whatever was said to be used. */
static void a_block_is_zero_whenever_it_is_taken(void **state)
{
    (void)state;
    static const size_t used[] = {0, 1, 4096, 5000, BLOCK_BYTES};
    struct page_pool pool;
    unsigned char *blocks[BLOCKS];

    page_pool_init(&pool, BLOCK_BYTES);
    for (size_t round = 0; round < sizeof(used) / sizeof(used[0]); round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = page_pool_take(&pool);
            assert_zero(blocks[i]);
            memset(blocks[i], 0xa5, BLOCK_BYTES);
        }
        for (size_t i = 0; i < BLOCKS; i++)
            page_pool_give_back(&pool, blocks[i], used[round]);
    }
    page_pool_release(&pool);
}

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    struct page_pool pool;
    unsigned char *blocks[BLOCKS];

    page_pool_init(&pool, BLOCK_BYTES);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = page_pool_take(&pool);
        memset(blocks[i], (int)i, BLOCK_BYTES);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        assert_int_equal(blocks[i][0], (unsigned char)i);
        assert_int_equal(blocks[i][BLOCK_BYTES - 1], (unsigned char)i);
        page_pool_give_back(&pool, blocks[i], BLOCK_BYTES);
    }
    page_pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_zero_whenever_it_is_taken),
        cmocka_unit_test(blocks_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

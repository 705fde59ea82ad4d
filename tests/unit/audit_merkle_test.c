#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "audit/merkle.h"
#include "base/encode.h"

/* Roots of trees whose leaf i is the decimal number i, made with another implementation. */
static const struct {
    uint64_t size;
    const char *root;
} known_roots[] = {
    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {1, "db3426e878068d28d269b6c87172322ce5372b65756d0789001d34835f601c03"},
    {2, "cb00989d94a569c0a678ae042b63dcd4625db96440517f37a6eb7976ea24ed4b"},
    {3, "725d5230db68f557470dc35f1d8865813acd7ebb07ad152774141decbae71327"},
    {7, "a3e23b32ccb6bf96d092d165d8aa546e09829de8f03b0e8957581d1e16b92bdf"},
    {8, "3b85a9626c1ccb64c6b95ec7fa64888defe2cf12e39e77e10812ce5fcb9cb58e"},
    {255, "32f85bcaa87d7bcd05728f09e9aeba350ba6a2f733830087f0597682848be5cb"},
    {256, "828515d033c19d8c901f37eccb8aed919667703486f8d2fff1cf7040321c5db1"},
    {257, "1eda049a4351d86f76252bd7ec0b7746ad75b7fa0316ad5f541dbda458a312c4"},
    {65535, "74f13a0e1a75689372efb990cf68c664e44c763d9304844955b2eaff624e8df1"},
    {65536, "f025d06ed804859fd274a1bdacadd6e48ea87634aa91e1edb20143f9498cd02b"},
    {65537, "dc8795a25fd4bd52a0b84f639fd3139ba160824023d188e428eb5db0f3ce221a"},
    {70000, "1a4cdfcb66374a0c0dcbef49acbd4976d13ee864fb3cb241fc943cad04f02f7e"},
};

static void append_number(struct merkle_tree *tree, uint64_t number)
{
    unsigned char leaf[SHA256_SIZE];
    char text[24];

    int length = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    merkle_leaf_hash(tree, text, (size_t)length, leaf);
    merkle_append(tree, leaf);
}

static void assert_root(struct merkle_tree *tree, const char *expected)
{
    unsigned char root[SHA256_SIZE];
    struct text hex;

    text_init(&hex, 2 * SHA256_SIZE);
    merkle_root(tree, root);
    hex_add(&hex, root, sizeof(root));
    assert_string_equal(hex.bytes, expected);
    text_release(&hex);
}

static void roots_are_those_of_rfc_6962(void **state)
{
    struct merkle_tree tree;
    (void)state;

    merkle_init(&tree);
    for (size_t i = 0; i < sizeof(known_roots) / sizeof(known_roots[0]); i++) {
        while (tree.size < known_roots[i].size)
            append_number(&tree, tree.size);
        assert_root(&tree, known_roots[i].root);
    }
    merkle_release(&tree);
}

/* At every size a tree that is read back from its edge goes on to the same roots. */
static void the_edge_is_all_that_is_needed(void **state)
{
    struct merkle_tree whole, revived;
    unsigned char edge[MERKLE_LEVELS_MAX * SHA256_SIZE], a[SHA256_SIZE], b[SHA256_SIZE];
    (void)state;

    merkle_init(&whole);
    merkle_init(&revived);
    for (uint64_t size = 0; size < 600; size++) {
        size_t edge_size = merkle_edge_write(&whole, edge);
        assert_true(merkle_edge_read(&revived, size, edge, edge_size));
        merkle_root(&whole, a);
        merkle_root(&revived, b);
        assert_memory_equal(a, b, SHA256_SIZE);
        append_number(&whole, size);
        append_number(&revived, size);
        merkle_root(&whole, a);
        merkle_root(&revived, b);
        assert_memory_equal(a, b, SHA256_SIZE);
    }
    merkle_release(&whole);
    merkle_release(&revived);
}

static void an_edge_of_the_wrong_size_is_refused(void **state)
{
    struct merkle_tree tree;
    const unsigned char bytes[3 * SHA256_SIZE] = {1};
    (void)state;

    merkle_init(&tree);
    assert_true(merkle_edge_read(&tree, 3, bytes, 2 * SHA256_SIZE));
    assert_false(merkle_edge_read(&tree, 3, bytes, 2 * SHA256_SIZE - 1));
    assert_false(merkle_edge_read(&tree, 3, bytes, 3 * SHA256_SIZE));
    assert_false(merkle_edge_read(&tree, 4, bytes, 0));
    assert_false(merkle_edge_read(&tree, UINT64_C(1) << 63, bytes, SHA256_SIZE));
    assert_true(merkle_edge_read(&tree, 0, NULL, 0));
    assert_root(&tree, known_roots[0].root);
    merkle_release(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_rfc_6962),
        cmocka_unit_test(the_edge_is_all_that_is_needed),
        cmocka_unit_test(an_edge_of_the_wrong_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

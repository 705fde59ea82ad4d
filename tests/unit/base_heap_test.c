#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"

#include "property.h"

static void an_empty_heap_has_no_first(void **state)
{
    (void)state;
    struct heap heap;

    heap_init(&heap);
    assert_null(heap_first(&heap));
    heap_release(&heap);
    assert_null(heap_first(&heap));
    heap_release(&heap);
}

static struct heap_node *take_first(struct heap *heap)
{
    struct heap_node *first = heap_first(heap);
    heap_remove(heap, first);
    return first;
}

static void the_smallest_key_leaves_first(void **state)
{
    (void)state;
    static const int64_t keys[] = {5, INT64_MAX, -1, 0, INT64_MIN, 7, 6};
    static const int64_t sorted[] = {INT64_MIN, -1, 0, 5, 6, 7, INT64_MAX};
    enum { COUNT = sizeof(keys) / sizeof(keys[0]) };
    struct heap_node nodes[COUNT] = {0};
    struct heap heap;

    heap_init(&heap);
    for (size_t i = 0; i < COUNT; i++)
        heap_insert(&heap, &nodes[i], keys[i]);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(take_first(&heap)->key == sorted[i]);
    assert_null(heap_first(&heap));
    heap_release(&heap);
}

static void ties_leave_in_the_order_they_came(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct heap_node nodes[COUNT] = {0};
    struct heap heap;

    heap_init(&heap);
    for (size_t i = 0; i < COUNT; i++)
        heap_insert(&heap, &nodes[i], (int64_t)(i % 3));
    for (size_t key = 0; key < 3; key++)
        for (size_t i = key; i < COUNT; i += 3)
            assert_ptr_equal(take_first(&heap), &nodes[i]);
    heap_release(&heap);
}

static void a_node_knows_whether_it_is_in(void **state)
{
    (void)state;
    struct heap_node node = {0}, other = {0};
    struct heap heap;

    heap_init(&heap);
    assert_false(heap_contains(&node));
    heap_remove(&heap, &node);
    heap_insert(&heap, &node, 3);
    heap_insert(&heap, &other, 1);
    assert_true(heap_contains(&node));
    heap_remove(&heap, &node);
    assert_false(heap_contains(&node));
    heap_remove(&heap, &node);
    assert_ptr_equal(heap_first(&heap), &other);

    heap_insert(&heap, &node, 0); /* may come back */
    assert_ptr_equal(heap_first(&heap), &node);
    heap_release(&heap);
}

/* The model: nodes in a list sorted by key, new ones behind their equals. */
enum { NODES = 400, STEPS = 40000 };

struct model {
    struct heap_node *sorted[NODES];
    size_t count;
};

static void model_insert(struct model *model, struct heap_node *node)
{
    size_t i = model->count++;
    for (; i > 0 && model->sorted[i - 1]->key > node->key; i--)
        model->sorted[i] = model->sorted[i - 1];
    model->sorted[i] = node;
}

static void model_remove(struct model *model, const struct heap_node *node)
{
    size_t i = 0;
    while (model->sorted[i] != node)
        i++;
    model->count--;
    for (; i < model->count; i++)
        model->sorted[i] = model->sorted[i + 1];
}

static void behaves_like_a_sorted_list(void **state)
{
    (void)state;
    static struct heap_node nodes[NODES];
    struct model model = {.count = 0};
    struct heap heap;
    uint64_t random = 42;

    heap_init(&heap);
    for (int step = 0; step < STEPS; step++) {
        struct heap_node *node = &nodes[property_below(&random, NODES)];
        if (property_below(&random, 3) == 0)
            node = heap_first(&heap) ? heap_first(&heap) : node;
        if (heap_contains(node)) {
            model_remove(&model, node);
            heap_remove(&heap, node);
        } else {
            heap_insert(&heap, node, (int64_t)property_below(&random, 60) - 30);
            model_insert(&model, node);
        }
        assert_int_equal(heap.count, model.count);
        assert_ptr_equal(heap_first(&heap), model.count ? model.sorted[0] : NULL);
    }
    for (size_t i = 0; i < model.count; i++)
        assert_ptr_equal(take_first(&heap), model.sorted[i]);
    assert_null(heap_first(&heap));
    heap_release(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_heap_has_no_first),
        cmocka_unit_test(the_smallest_key_leaves_first),
        cmocka_unit_test(ties_leave_in_the_order_they_came),
        cmocka_unit_test(a_node_knows_whether_it_is_in),
        cmocka_unit_test(behaves_like_a_sorted_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

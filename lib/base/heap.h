/*
 * A min-heap of times with embedded nodes: put a struct heap_node in your struct, no allocation per
 * node beyond the array. Ties leave in the order they came.
 */
#ifndef CRISIS_BASE_HEAP_H
#define CRISIS_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;     /* what orders: usually a time in ms */
    uint64_t order;  /* set by heap_insert: first come, first out */
    size_t position; /* index + 1 in the heap; 0: not in one */
};

struct heap {
    struct heap_node **nodes;
    size_t count, capacity;
    uint64_t next_order;
};

void heap_init(struct heap *heap);
void heap_release(struct heap *heap);
void heap_insert(struct heap *heap, struct heap_node *node, int64_t key);
void heap_remove(struct heap *heap, struct heap_node *node); /* fine when it is not in the heap */
struct heap_node *heap_first(const struct heap *heap);       /* NULL when empty */

static inline bool heap_contains(const struct heap_node *node)
{
    return node->position != 0;
}

#endif

#include "base/heap.h"

#include "base/memory.h"

void heap_init(struct heap *heap)
{
    *heap = (struct heap){0};
}

void heap_release(struct heap *heap)
{
    memory_free(heap->nodes);
    heap_init(heap);
}

static bool comes_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void place(struct heap *heap, struct heap_node *node, size_t index)
{
    heap->nodes[index] = node;
    node->position = index + 1;
}

static void move_up(struct heap *heap, struct heap_node *node, size_t index)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (!comes_before(node, heap->nodes[parent]))
            break;
        place(heap, heap->nodes[parent], index);
        index = parent;
    }
    place(heap, node, index);
}

static void move_down(struct heap *heap, struct heap_node *node, size_t index)
{
    for (;;) {
        size_t child = index * 2 + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && comes_before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!comes_before(heap->nodes[child], node))
            break;
        place(heap, heap->nodes[child], index);
        index = child;
    }
    place(heap, node, index);
}

void heap_insert(struct heap *heap, struct heap_node *node, int64_t key)
{
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? heap->capacity * 2 : 64;
        heap->nodes = memory_resize(heap->nodes, heap->capacity * sizeof(*heap->nodes));
    }
    node->key = key;
    node->order = heap->next_order++;
    move_up(heap, node, heap->count++);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->position == 0)
        return;
    size_t index = node->position - 1;
    struct heap_node *last = heap->nodes[--heap->count];
    node->position = 0;
    if (last == node)
        return;
    if (index > 0 && comes_before(last, heap->nodes[(index - 1) / 2]))
        move_up(heap, last, index);
    else
        move_down(heap, last, index);
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count ? heap->nodes[0] : NULL;
}

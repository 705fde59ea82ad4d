#include "plan/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/language.h"

#include "plan/node_tree.h"

enum node_kind node_kind(const struct node *node)
{
    return (enum node_kind)node->kind;
}

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {
        [NODE_TEXT] = N_("a text"),
        [NODE_LIST] = N_("a list"),
        [NODE_MAP] = N_("a map"),
    };

    return names[kind];
}

struct place node_place(const struct node *node)
{
    return (struct place){node->file, node->line, node->column};
}

const char *node_text(const struct node *node)
{
    return node->kind == NODE_TEXT ? node->text : "";
}

bool node_is_missing(const struct node *node)
{
    return node->missing;
}

size_t node_count(const struct node *node)
{
    return node->count;
}

const struct node *node_value(const struct node *node, size_t index)
{
    return node->kind == NODE_MAP ? node->pairs[index].value : node->items[index];
}

const char *node_key(const struct node *map, size_t index)
{
    return map->pairs[index].key;
}

struct place node_key_place(const struct node *map, size_t index)
{
    const struct pair *pair = &map->pairs[index];

    return (struct place){map->file, pair->line, pair->column};
}

const struct node *node_find(const struct node *map, const char *key)
{
    size_t low = 0, high = map->kind == NODE_MAP ? map->count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(map->sorted[middle]->key, key);
        if (order == 0)
            return map->sorted[middle]->value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int compare_pairs(const void *a_pointer, const void *b_pointer)
{
    const struct pair *a = *(const struct pair *const *)a_pointer;
    const struct pair *b = *(const struct pair *const *)b_pointer;
    int order = strcmp(a->key, b->key);

    if (order != 0)
        return order;
    return a < b ? -1 : a > b; /* both are in the map's own array */
}

/* Sorting, and not hashing: an attacker who chooses the keys cannot make it slow. */
void node_sort_keys(struct arena *arena, struct node *map)
{
    if (map->count == 0)
        return;
    map->sorted = arena_alloc_array(arena, map->count, sizeof(const struct pair *));
    for (uint32_t i = 0; i < map->count; i++)
        map->sorted[i] = &map->pairs[i];
    qsort(map->sorted, map->count, sizeof(const struct pair *), compare_pairs);
}

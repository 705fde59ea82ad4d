/* What nodes are made of: for reader.c, which builds them, and node.c, which reads them. */
#ifndef CRISIS_PLAN_NODE_TREE_H
#define CRISIS_PLAN_NODE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#include "plan/node.h"

struct pair {
    const char *key;
    const struct node *value;
    unsigned line, column; /* of the key */
};

struct node {
    const char *file;
    unsigned line, column;
    uint8_t kind;
    bool missing;    /* a text that is not there at all */
    bool open;       /* still being read: an alias to it would contain itself */
    uint16_t height; /* levels of lists and maps, itself included; 0: a text */
    uint32_t weight; /* nodes in it, itself included, aliases counted as what they stand for */
    uint32_t count;
    union {
        const char *text;
        const struct node **items;
        struct pair *pairs;
    };
    const struct pair **sorted; /* of a map: its pairs by key, equal keys in order of the file */
};

/* Fills `sorted` of a map that is complete. */
void node_sort_keys(struct arena *arena, struct node *map);

#endif

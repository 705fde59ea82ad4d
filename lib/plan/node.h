/* The tree that reader.h makes of a file: read only, every node with its place. */
#ifndef CRISIS_PLAN_NODE_H
#define CRISIS_PLAN_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problems.h"

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node;

enum node_kind node_kind(const struct node *node);
const char *node_kind_name(enum node_kind kind); /* "a text", "a list", "a map" */
struct place node_place(const struct node *node);

/* Of a text; "" for a list or map. */
const char *node_text(const struct node *node);
/* `key:` with nothing after it: no value at all, other than `key: ""`. */
bool node_is_missing(const struct node *node);

/* Of a list or a map: its items or pairs, in the order of the file; 0 for a text. */
size_t node_count(const struct node *node);
const struct node *node_value(const struct node *node, size_t index); /* item, or pair's value */
const char *node_key(const struct node *map, size_t index);
struct place node_key_place(const struct node *map, size_t index);

/* The value of a key, or NULL when the map has none, or the node is no map. */
const struct node *node_find(const struct node *map, const char *key);

#endif

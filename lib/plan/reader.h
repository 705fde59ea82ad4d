/*
 * Strict YAML: bytes to a tree in which every scalar is the text that is written, and every node
 * knows its line and column. It knows no keys; fields.h reads values out of the tree. The same
 * reader serves plans, directories, the configuration and registration files.
 *
 * Refused, each with its place: bytes that are not UTF-8, control characters and bidirectional
 * overrides (written or escaped, in comments too), duplicate keys, keys that are not plain text,
 * merge keys, tags other than !!str, !!map and !!seq, an anchor inside its own value, and whatever
 * passes the limits. Problems that do not end the reading are collected; a syntax error ends it.
 */
#ifndef CRISIS_PLAN_READER_H
#define CRISIS_PLAN_READER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"

#include "plan/node.h"

struct reader_limits {
    size_t size_max_bytes;
    size_t depth_max;
    size_t nodes_max; /* keys, values, lists and maps, after aliases */
    size_t documents_max;
};

extern const struct reader_limits reader_plan_limits;         /* one document */
extern const struct reader_limits reader_registration_limits; /* any number of documents */

struct yaml_document {
    const struct node *root;
};

/* Reads all documents. Returns 0 with at least one document, or -1 when an error was added to
 * `problems`; then *out is NULL and *count 0. Nodes live in the arena; `file_name` must outlive
 * them. An alias is the very node that its anchor names: a tree is never copied. */
int reader_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                 const struct reader_limits *limits, struct problems *problems,
                 struct yaml_document **out, size_t *count);

const char *reader_yaml_version(void); /* of libyaml */

#endif

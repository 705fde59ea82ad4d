/*
 * Makes trees from what a parser reports, one call per event in the order of the file, and refuses
 * what the strict reader refuses (see reader.h). It knows nothing of libyaml. After `stopped` is
 * set, no further call may be made.
 */
#ifndef CRISIS_PLAN_BUILDER_H
#define CRISIS_PLAN_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"

#include "plan/node.h"
#include "plan/reader.h"

struct frame;
struct anchor;

struct builder {
    struct arena *arena;
    struct problems *problems;
    const struct reader_limits *limits;
    struct frame *frames; /* lists and maps that are being read, from the outermost */
    size_t depth;
    size_t nodes;
    struct anchor *anchors; /* sorted by name, of this document */
    size_t anchor_count;
    const struct node *root;
    struct yaml_document *documents;
    size_t document_count, document_capacity;
    bool text_was_refused; /* forbidden characters were reported already */
    bool failed;           /* an error was added */
    bool stopped;          /* and nothing after it can be read */
};

enum builder_style { STYLE_PLAIN, STYLE_DOUBLE_QUOTED, STYLE_OTHER };

void builder_init(struct builder *builder, struct arena *arena, struct problems *problems,
                  const struct reader_limits *limits);

/* Adds an error. */
void builder_refuse(struct builder *builder, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds an error after which nothing can be read. */
void builder_stop(struct builder *builder, struct place place, const char *message);

void builder_begin_document(struct builder *builder, struct place place);
void builder_end_document(struct builder *builder);

/* anchor and tag are NULL when there is none. */
void builder_text(struct builder *builder, struct place place, const char *value, size_t length,
                  enum builder_style style, const char *anchor, const char *tag);
void builder_alias(struct builder *builder, struct place place, const char *name);
void builder_open(struct builder *builder, struct place place, enum node_kind kind,
                  const char *anchor, const char *tag);
void builder_close(struct builder *builder);

#endif

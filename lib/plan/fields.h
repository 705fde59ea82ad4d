/*
 * Reads typed values out of a node tree. Everything that is wrong becomes a problem that names the
 * place, what is wrong and what would be right; reading goes on, so that all problems are found.
 *
 *     struct fields fields;
 *     if (!fields_begin(&fields, arena, problems, node, "the coordinator", keys))
 *         return;
 *     field_require(&fields, "name");
 *     field_text(&fields, "name", &coordinator->name);
 *
 * The field_… functions return true and set *out when the key is there and its value is right. Else
 * they leave *out alone and return false; a key that is missing is no problem (field_require says
 * which ones must be there). The value_… functions do the same for a node, which `what` describes.
 */
#ifndef CRISIS_PLAN_FIELDS_H
#define CRISIS_PLAN_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/problems.h"

#include "plan/formats.h"
#include "plan/node.h"

struct fields {
    struct arena *arena;
    struct problems *problems;
    const struct node *map;
    const char *what; /* "the message 'alert'" */
};

/* A text of a file and where it stands. text is NULL when there is none. */
struct placed_text {
    const char *text;
    struct place place;
};

/* Where `at`, in the text, stands in the file. The lines of a literal block follow the line of its
 * '|'; how far they are indented is not known, so they are named from their first column. */
struct place placed_text_at(const struct placed_text *source, const char *at);

/* Checks that node is a map whose keys are all among `known` (NULL-terminated; NULL: any keys).
 * Unknown keys are problems but no obstacle. False when it is no map. */
bool fields_begin(struct fields *fields, struct arena *arena, struct problems *problems,
                  const struct node *node, const char *what, const char *const *known);

const struct node *field_find(const struct fields *fields, const char *key); /* may be NULL */
/* Adds a problem at the map when the key is not there. */
bool field_require(const struct fields *fields, const char *key);

/* A text that is not empty. */
bool field_text(const struct fields *fields, const char *key, const char **out);
bool field_placed_text(const struct fields *fields, const char *key, struct placed_text *out);
/* true or false. */
bool field_bool(const struct fields *fields, const char *key, bool *out);
bool field_integer(const struct fields *fields, const char *key, int64_t least, int64_t most,
                   int64_t *out);
bool field_duration(const struct fields *fields, const char *key, int64_t *out_ms);
bool field_url(const struct fields *fields, const char *key, enum url_use use, const char **out);
bool field_phone(const struct fields *fields, const char *key, const char **out);
/* One of `words` (NULL-terminated); *out is its index. */
bool field_word(const struct fields *fields, const char *key, const char *const *words,
                size_t *out);
/* A list of texts, none of them empty, none twice, at least one. */
bool field_texts(const struct fields *fields, const char *key, struct placed_text **out,
                 size_t *count);
/* The same of BCP 47 language tags. */
bool field_languages(const struct fields *fields, const char *key, struct placed_text **out,
                     size_t *count);

bool value_is_list(struct problems *problems, const struct node *node, const char *what);
bool value_is_map(struct problems *problems, const struct node *node, const char *what);
bool value_text(struct problems *problems, const struct node *node, const char *what,
                const char **out);
/* The same, but "" in quotes is a value too. */
bool value_text_or_empty(struct problems *problems, const struct node *node, const char *what,
                         const char **out);
bool value_texts(struct arena *arena, struct problems *problems, const struct node *node,
                 const char *what, struct placed_text **out, size_t *count);

#endif

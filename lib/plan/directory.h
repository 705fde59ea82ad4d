/* Directory files: municipalities by the hundred (spec: the plan file, "Directory file"). */
#ifndef CRISIS_PLAN_DIRECTORY_H
#define CRISIS_PLAN_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/municipality.h"

#include "plan/node.h"

struct directory {
    const char *file;                   /* as it was named; in the places of its municipalities */
    unsigned char sha256[SHA256_SIZE];  /* of the file's bytes */
    const struct municipality *items;   /* in the order of the file */
    const struct municipality **sorted; /* the same by id, none twice */
    size_t count;                       /* at least 1 */
};

/* Reads and checks a file. Returns -1 and NULL when it cannot be read (`error` is set) or has
 * errors (they are in `problems`, and `error` says how many). */
int directory_load(struct arena *arena, const char *path, struct problems *problems,
                   struct directory **out, struct error *error);

/* The same for bytes: -1 and NULL when an error was added to `problems`. `file_name` must live as
 * long as the arena. */
int directory_parse(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                    struct problems *problems, struct directory **out);

/* One municipality, written as in a directory file. False when an error was added; then *out may be
 * half filled. */
bool municipality_parse(struct arena *arena, struct problems *problems, const struct node *node,
                        struct municipality *out);

/* Sorts by id, and reports each id that is given twice, naming both places. True when none is. */
bool municipalities_sort(struct problems *problems, const struct municipality **municipalities,
                         size_t count);

#endif

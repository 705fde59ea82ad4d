/*
 * A list of problems found in input, so that a reader hears all of them at once and not the first
 * one only. Checks append and go on. At most PROBLEMS_MAX are kept; the rest are counted.
 */
#ifndef CRISIS_BASE_PROBLEMS_H
#define CRISIS_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { PROBLEMS_MAX = 50 };

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* Where something was read. line and column count from 1; line 0: the file as a whole. */
struct place {
    const char *file; /* as the user named it; NULL: no file */
    unsigned line, column;
};

struct problem {
    enum severity severity;
    struct place place;
    const char *message; /* what is wrong and what would be right, one line */
};

struct problems {
    struct arena *arena;
    struct problem items[PROBLEMS_MAX];
    size_t count;         /* kept in items */
    size_t error_count;   /* all errors, kept or not */
    size_t warning_count; /* all warnings, kept or not */
};

/* The arena holds the messages; file names in places must outlive the list. */
void problems_init(struct problems *problems, struct arena *arena);

/* Appends. An identical problem (place and message) is counted once. When the list is full an error
 * takes the place of the last warning, so that warnings never crowd out errors. */
void problems_add(struct problems *problems, enum severity severity, struct place place,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sorts by file, line and column; problems without a file go last. */
void problems_sort(struct problems *problems);

static inline bool problems_any_error(const struct problems *problems)
{
    return problems->error_count > 0;
}

#endif

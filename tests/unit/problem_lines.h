/* Problems as the lines a person would read, for comparing with what a test expects. */
#ifndef CRISIS_TESTS_UNIT_PROBLEM_LINES_H
#define CRISIS_TESTS_UNIT_PROBLEM_LINES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"

/* "file:line:column: message" for an error, with "warning: " before the message for a warning; one
 * per line, sorted by place. */
static inline const char *problem_lines(struct arena *arena, struct problems *problems)
{
    const char *lines = "";

    problems_sort(problems);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *item = &problems->items[i];
        lines = arena_printf(arena, "%s%s:%u:%u: %s%s\n", lines, item->place.file, item->place.line,
                             item->place.column,
                             item->severity == SEVERITY_WARNING ? "warning: " : "", item->message);
    }
    return lines;
}

#endif

/* Whether a file is UTF-8 and free of characters that make it read differently from what it says.
 */
#ifndef CRISIS_PLAN_CHARACTERS_H
#define CRISIS_PLAN_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problems.h"

enum characters_result {
    CHARACTERS_FINE,
    CHARACTERS_REFUSED,    /* UTF-8, but characters in it were refused */
    CHARACTERS_UNREADABLE, /* not UTF-8, or lines cannot be told: what follows makes no sense */
};

/* Adds a problem for each character that is not allowed, up to PROBLEMS_MAX, and for the first
 * byte that is not UTF-8. Lines end with LF, CR LF or CR; columns count code points. */
enum characters_result characters_check(const char *file_name, const char *bytes, size_t size,
                                        struct problems *problems);

/* The byte at a line and column (from 1), 0 when there is none. */
char characters_at(const char *bytes, size_t size, unsigned line, unsigned column);

/* Finds the first such character in a text that has been read (where CR is refused too). */
bool characters_find_refused(const char *text, size_t length, uint32_t *code_point);

#endif

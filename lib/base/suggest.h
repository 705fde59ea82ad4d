/* "Did you mean …?": the known word nearest to one that is not known. */
#ifndef CRISIS_BASE_SUGGEST_H
#define CRISIS_BASE_SUGGEST_H

#include <stddef.h>

#include "base/arena.h"

/* The nearest of `known` (NULL-terminated) within two edits (a letter more, less, other, or two
 * swapped; case does not count), or NULL. Very short words are allowed fewer edits. */
const char *suggest_word(const char *word, const char *const *known);

/* What to say after "unknown … 'word'": ", did you mean 'x'?", or ": known are a, b, c". */
const char *suggest_hint(struct arena *arena, const char *word, const char *const *known);

#endif

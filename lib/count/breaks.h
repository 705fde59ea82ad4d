/* Where a text may be divided between words, and which of these places end a sentence. */
#ifndef CRISIS_COUNT_BREAKS_H
#define CRISIS_COUNT_BREAKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct text_break {
    size_t end;    /* what is before ends here (byte offset) … */
    size_t next;   /* … and what is after begins here: spaces between are left out */
    bool sentence; /* a sentence, line or paragraph ends here */
};

struct text_breaks {
    struct text_break *items; /* in order; the last one is the end of the text */
    size_t count;
    size_t start; /* where the text begins, after spaces */
};

/* A text of spaces alone has no breaks. The arena holds the result. */
void breaks_find(struct arena *arena, const char *text, size_t length, struct text_breaks *out);

#endif

/*
 * Splits a text that is too long for one post into numbered parts, "… (1/3)".
 *
 * A part ends at the end of a sentence where one lies in its last half, else between two words;
 * never inside a link, an emoji or a character with its marks. Spaces and line ends at a break are
 * left out, those inside a part are kept. Nothing is ever cut: every word of the text is in exactly
 * one part, in order.
 *
 * The marks (of exercises, say) are whole lines, put first and last in every part, also of a text
 * that needs no splitting; NULL: none. Such a text becomes one part without a number. A text of
 * spaces alone that is too long has no parts.
 */
#ifndef CRISIS_COUNT_SPLIT_H
#define CRISIS_COUNT_SPLIT_H

#include <stddef.h>

#include "base/arena.h"
#include "model/text_limits.h"

enum split_status {
    SPLIT_DONE = 0,
    SPLIT_NOT_ALLOWED,   /* too long, and the channel has no threads: the one part is the whole */
    SPLIT_WORD_TOO_LONG, /* `word` with its marks and number fits into no part */
    SPLIT_TOO_MANY,      /* more than THREAD_PARTS_MAX; SPLIT_PARTS_SHOWN_MAX are made at most */
};

enum { SPLIT_PARTS_SHOWN_MAX = 999 };

struct split_part {
    const char *text;
    size_t length;                     /* in the unit of the limits */
    size_t content_start, content_end; /* what it holds of the text: byte offsets */
};

struct split_result {
    struct split_part *parts;
    size_t count;
    const char *word; /* with SPLIT_WORD_TOO_LONG; else NULL. Then there are no parts. */
};

/* Returns an enum split_status. The arena holds the result; the text must be valid UTF-8. */
int split_thread(struct arena *arena, const struct text_limits *limits, const char *text,
                 const char *prefix_mark, const char *suffix_mark, struct split_result *out);

#endif

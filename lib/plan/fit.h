/*
 * Which of a text's variants a channel gets, and in how many posts (spec: the plan file, "Texts").
 * The longest variant that fits the channel as a whole wins. Where none fits, a channel with
 * threads gets the short one (else the long one) in numbered parts. Text is never cut: what fits no
 * way is said so.
 *
 * The marks of an exercise are a line of their own before and after each part; they count.
 */
#ifndef CRISIS_PLAN_FIT_H
#define CRISIS_PLAN_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/text_limits.h"

struct fit_request {
    const struct text_limits *limits;
    const char *long_text, *short_text; /* NULL: there is none; not both */
    const char *mark;                   /* a line, or NULL */
};

enum fit_end {
    FIT_WHOLE,         /* one post */
    FIT_PARTS,         /* several, numbered */
    FIT_TOO_LONG,      /* no variant fits, and the channel has no threads */
    FIT_WORD_TOO_LONG, /* a word or a link does not fit into any part */
    FIT_TOO_MANY,      /* more than THREAD_PARTS_MAX parts */
};

struct fit {
    enum fit_end end;
    bool is_short;            /* which variant this is about */
    const char *const *parts; /* FIT_WHOLE, FIT_PARTS: exactly as they are posted */
    const size_t *lengths;    /* of each part, as the channel counts */
    size_t part_count;        /* FIT_TOO_MANY: how many it would take */
    size_t over;              /* FIT_TOO_LONG: by how much the variant is over the limit … */
    size_t limit;             /* … and over which */
    bool in_bytes;            /* it is the channel's second limit, of bytes */
};

/* What is found lives in the arena, or is the text that was given. */
void fit_text(struct arena *arena, const struct fit_request *request, struct fit *out);

/* The text between its marks; the text itself when mark is NULL. */
const char *fit_add_marks(struct arena *arena, const char *text, const char *mark);

#endif

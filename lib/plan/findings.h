/*
 * What is wrong with filled texts, told once for all municipalities it is true of: "… (municipality
 * 0301 Oslo and 12 more)". Findings are gathered while texts are rendered and become problems at
 * the end.
 */
#ifndef CRISIS_PLAN_FINDINGS_H
#define CRISIS_PLAN_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"
#include "model/municipality.h"

enum finding_kind {
    /* errors */
    FINDING_NO_TEXT,            /* not even the plan's first language has one */
    FINDING_EMPTY,              /* nothing is left once it is filled */
    FINDING_TOO_LARGE,          /* over TEXT_MAX_BYTES */
    FINDING_TOO_LONG,           /* amount: by how much; limit */
    FINDING_WORD_TOO_LONG,      /* limit */
    FINDING_TOO_MANY_PARTS,     /* amount: parts it would take */
    FINDING_DENIES_EXERCISE,    /* words: how */
    FINDING_DOCUMENT_TOO_LARGE, /* over DOCUMENT_MAX_BYTES */
    FINDING_UNKNOWN_CHANNEL,    /* an account on a channel that was not given */
    FINDING_ALT_TOO_LONG,       /* amount: characters; limit */
    /* warnings */
    FINDING_OTHER_LANGUAGE, /* words: the language that serves instead */
    FINDING_THREAD,         /* amount: parts */
    FINDING_SAME_TEXT,      /* of several municipalities, on X */
    FINDING_LOOKS_LIKE_EXERCISE,
    FINDING_NO_MARK,        /* words: the mark used */
    FINDING_MEDIA_LEFT_OUT, /* file; words: why, after "they" */
    FINDING_UNREACHED,      /* words: what the channel needs */
    FINDING_CARD_SHORT,     /* amount: characters; limit */
    FINDING_TOLD,           /* with another one */
};

struct finding {
    enum finding_kind kind;
    struct place place;
    const char *channel;  /* NULL: not about one */
    const char *language; /* NULL: not about one */
    const struct municipality *municipality;
    size_t amount, limit;
    size_t link_back; /* what the limit is less, for the address of an earlier post */
    const char *words;
    const char *file; /* NULL: not about one */
    bool in_bytes;    /* the limit is one of bytes */
    bool in_exercise; /* seen in an exercise: the marks may be the reason */
};

struct findings {
    struct arena *arena;
    struct noted *items;
    size_t count, capacity;
    size_t error_count; /* findings noted that are errors, repeated ones included */
    size_t room_count;  /* findings noted about room on a channel, threads included */
};

void findings_init(struct findings *findings, struct arena *arena);

/* Notes one. The same kind about the same text, channel and language is one finding: the greatest
 * amount stands, municipalities are counted. What was seen in one mode is not told again for the
 * other. `words` is copied, the other strings must live as long as the findings. */
void findings_add(struct findings *findings, const struct finding *finding);

/* Adds a problem for each, in the order in which they were first noted, and forgets them. */
void findings_report(struct findings *findings, struct problems *problems);

#endif

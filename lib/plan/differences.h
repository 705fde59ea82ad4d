/*
 * Where the language versions of a message do not say the same: a time that one of them lacks, a
 * number that is another one. What is compared is in facts.h. Headlines are compared with
 * headlines, short texts with short ones, and so on; versions that a message lacks are left out.
 */
#ifndef CRISIS_PLAN_DIFFERENCES_H
#define CRISIS_PLAN_DIFFERENCES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"

#include "plan/plan.h"

struct difference {
    const char *language;    /* the version that says something else than most */
    struct place text_place; /* of its text */
    struct place place;      /* of the first thing that it adds; else that of the text */
    const char *words; /* "the long text in en differs from nb and nn: it lacks '07.30' and adds
                          '08:30'" */
};

/* In the order of the message's texts. NULL and 0 when there are none. */
const struct difference *differences_find(struct arena *arena, const struct plan *plan,
                                          const struct message *message, size_t *count);

/* Adds a warning for each. */
void differences_report(const struct difference *differences, size_t count,
                        struct problems *problems);

#endif

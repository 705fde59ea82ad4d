/*
 * What makes an exercise look like one, in its own language, and a live message not (spec: product,
 * rule 1). Every part of every text of an exercise begins and ends with a line of its own that says
 * so; a text that denies being an exercise cannot be sent as one.
 */
#ifndef CRISIS_PLAN_EXERCISE_H
#define CRISIS_PLAN_EXERCISE_H

#include <stdbool.h>

struct exercise_mark {
    const char *word; /* "ØVELSE": for channels that are short of room */
    const char *line; /* "ØVELSE – ØVELSE – ØVELSE" */
    bool own;         /* false: the language has no word here, and the English one serves */
};

/* Of a BCP 47 tag, by its first subtag. Never fails. */
struct exercise_mark exercise_mark(const char *language);

enum { EXERCISE_DENIAL_SIZE = 64 };

/* Whether a text (UTF-8) denies being an exercise ("this is not a drill"), in any language of the
 * table, and with which words ("not a drill"). Case, white space and invisible characters do not
 * count. */
bool exercise_find_denial(const char *text, char words[EXERCISE_DENIAL_SIZE]);

/* Whether the first word of a text is an exercise mark: a word of the table, in capitals. */
bool exercise_begins_with_mark(const char *text);

#endif

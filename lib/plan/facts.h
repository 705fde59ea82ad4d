/*
 * What a text says that must be the same in every language: numbers, telephone numbers, times,
 * dates, web and e-mail addresses, variables, and names of places. It is looked for in the text as
 * the plan has it, with its tags, so that a fact has a place there.
 *
 *     facts_find(arena, text, "nb", NULL, 0, &norwegian);
 *     facts_find(arena, other, "en", NULL, 0, &english);
 *     facts_same(&english, &norwegian.items[0], "nb")        NULL: the English text lacks it
 *
 * One fact is written in many ways: 07.30, kl. 7 and 7 a.m.; 10 000 and 10,000. What one way of
 * writing may mean are its readings, and two facts are the same when they have one in common. So a
 * doubt never makes a difference: fewer are found, and few that are none.
 */
#ifndef CRISIS_PLAN_FACTS_H
#define CRISIS_PLAN_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum {
    FACTS_MAX = 200, /* of one text; what is for people has fewer */
    FACT_READINGS_MAX = 6,
};

struct fact {
    const char *at; /* in the text */
    size_t length;
    const char *readings[FACT_READINGS_MAX]; /* "7", "07:30", "--09-23", "{{river}}" … */
    size_t reading_count;
    const char *loose; /* enough where a language's ways of writing are not known; NULL: nothing */
    bool is_name;      /* a word with a capital letter, not at the start of a sentence */
    bool is_place;     /* the same, and a place of that name is known */
};

/* A name of a place. A place with names in several languages stands here several times. */
struct place_name {
    const char *id; /* of the place */
    const char *name;
};

struct facts {
    const char *text, *language; /* a BCP 47 tag */
    const struct place_name *places;
    size_t place_count;
    struct fact items[FACTS_MAX];
    size_t count;  /* each fact once, in the order of the text */
    bool has_more; /* than there is room for */
};

/* Text, tag and places must live as long as the facts. */
void facts_find(struct arena *arena, const char *text, const char *language,
                const struct place_name *places, size_t place_count, struct facts *out);

/* The fact of `facts` that is the same as one of a text in `language`; that one itself where the
 * text says it in another way ("five minutes"), or where its language leaves open whether it does;
 * NULL: the text lacks it. */
const struct fact *facts_same(const struct facts *facts, const struct fact *fact,
                              const char *language);

/* Languages whose names can be compared: they write proper names alone with a capital letter, and
 * leave them as they are. A word that stands in texts of two families is a name; one that stands in
 * two of the same family may be a word that they share. */
enum name_family { NAMES_NOT_COMPARED, NAMES_SCANDINAVIAN, NAMES_ENGLISH };
enum name_family facts_name_family(const char *language);

#endif

/* One number while it is read: what numbers and times have in common. For their files only. */
#ifndef CRISIS_PLAN_FACTS_NUMBER_H
#define CRISIS_PLAN_FACTS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/facts_parts.h"

enum {
    NUMBER_GROUPS_MAX = 8,
    NUMBER_VALUE_DIGITS_MAX = 6,
};

/* Digits in one piece. */
struct digit_group {
    const char *digits; /* in ASCII */
    size_t count;
    unsigned value; /* 0 when it has more than NUMBER_VALUE_DIGITS_MAX digits */
    const char *end;
};

/* "22 86 40 00": groups with the same sign between them. */
struct number {
    struct arena *arena;
    const char *text, *language, *start;
    char sign; /* the language's decimal sign, or 0 */
    bool has_plus;
    struct digit_group groups[NUMBER_GROUPS_MAX]; /* at least one */
    size_t count;
    char separator; /* ' ' for every kind of space */
    struct fact fact;
};

/* Bytes of the space at `at`, of whatever width. */
size_t number_space_length(const char *at);

/* Adds a reading: "1.5" of the digits and decimals (NULL: none), without what zeros add. */
void number_add_digits(struct number *number, const char *digits, const char *decimals);
/* "--09-23", when there is such a day. False when there is none. */
bool number_add_date(struct number *number, unsigned month, unsigned day);

/* Each adds readings and returns where the fact ends; NULL when it is nothing of that kind. */
const char *number_take_date(struct number *number);
const char *number_take_named_date(struct number *number);
const char *number_take_day_and_month(struct number *number);
const char *number_take_time(struct number *number); /* may add readings and return NULL */
/* "7 p.m."; the hour before it in "from 7 to 9 p.m." is meant as well. */
const char *number_take_half_day(struct number *number, struct facts *facts);

/* Of a whole number: the time that it may be, by the words around it. */
void number_add_hour(struct number *number);

#endif

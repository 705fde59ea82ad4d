/* The written forms of addresses, telephone numbers, languages and names. Each function says what
 * is wrong with a text, in words that follow "'…' " (the text itself), or NULL when nothing is. */
#ifndef CRISIS_PLAN_FORMATS_H
#define CRISIS_PLAN_FORMATS_H

#include "base/arena.h"

enum url_use {
    URL_LINK,     /* for people: https or http */
    URL_ENDPOINT, /* for requests: https; http on a loopback address only */
};

const char *url_fault(const char *text, enum url_use use);
const char *phone_fault(const char *text);

/* A BCP 47 language tag, by its shape (RFC 5646, section 2.1). */
const char *language_fault(const char *text);

/* The id of a plan and the name of a message: [a-z0-9-], 1 to 63 characters, no '-' first. */
const char *identifier_fault(const char *text);

/* The id of a municipality or county: letters, digits, '.', '_' and '-', 1 to 63 characters,
 * beginning with a letter or digit: it becomes part of file names and addresses. */
const char *number_fault(const char *text);

/* The beginning of a text as a message quotes it: one line, whole characters, "…" where cut. */
const char *shown(struct arena *arena, const char *text);

#endif

/*
 * Select expressions: an id, `county=ID`, `group=NAME`, `language=TAG`, `all`, and on the command
 * line `channel=KIND` too. A plan uses them to choose from a directory file, the command line to
 * choose from a plan's audience (--only, --except).
 *
 * An expression that matches nothing is an error and never means "all": whoever evaluates selectors
 * must count what each one matched (select_from does).
 */
#ifndef CRISIS_PLAN_SELECT_H
#define CRISIS_PLAN_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/municipality.h"

#include "plan/fields.h"

enum selector_kind {
    SELECT_ALL,
    SELECT_ID,
    SELECT_COUNTY,
    SELECT_GROUP,
    SELECT_LANGUAGE,
    SELECT_CHANNEL,
};

struct selector {
    enum selector_kind kind;
    const char *value;      /* what follows '=', or the id; "" for all */
    const char *expression; /* as written */
};

/* Parses one expression; *out points into `expression` and the arena. ERROR_USAGE when it is none.
 */
int selector_parse(struct arena *arena, const char *expression, struct selector *out,
                   struct error *error);

/* Whether a selector names a municipality. `default_language` is what a municipality without
 * languages of its own speaks: the plan's first. A channel selector names no municipality: the
 * caller evaluates it for accounts, with selector_matches_account. */
bool selector_matches_municipality(const struct selector *selector,
                                   const struct municipality *municipality,
                                   const char *default_language);

/* The same for an account of a municipality on a channel; `channel=web` names all web kinds. */
bool selector_matches_account(const struct selector *selector,
                              const struct municipality *municipality, const char *default_language,
                              const char *channel);

/* What an entry of `municipalities` says. */
struct selection {
    const struct placed_text *select, *except;
    size_t select_count, except_count;
    const char *default_language; /* of a municipality without languages: the plan's first */
    struct place whole;           /* of the entry */
};

/* Chooses from municipalities sorted by id: what any of `select` matches and none of `except` does.
 * Sets chosen[i] for each, which the caller has cleared. Every fault of an expression, one that
 * matches nothing, and a choice without any municipality (at selection->whole) are errors in
 * `problems`. True when none was added. */
bool select_from(struct arena *arena, struct problems *problems,
                 const struct municipality *const *sorted, size_t count,
                 const struct selection *selection, bool *chosen);

/* The position of an id in municipalities sorted by it (strcmp), or -1. */
long municipalities_find(const struct municipality *const *sorted, size_t count, const char *id);

/* Whether a word of a plan's `channels` (a kind or "web") covers a channel kind. */
bool channel_word_covers(const char *word, const char *kind);

#endif

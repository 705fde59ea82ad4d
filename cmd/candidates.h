/*
 * What may stand where a command line is still being typed: the candidates that begin with what is
 * there, collected and printed for the scripts in completion/, a line for each:
 *
 *     WORD<TAB>DESCRIPTION
 *     :files, :folders, :plans     names of files, which the shell knows better
 */
#ifndef CRISIS_CMD_CANDIDATES_H
#define CRISIS_CMD_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct candidate {
    const char *word, *description;
};

struct candidates {
    struct arena *arena;
    const char *typed; /* the word, as far as it is there */
    const char *lead;  /* printed before each: "--mode=", where `typed` is its value; else "" */
    struct candidate *items;
    size_t count, capacity;
    struct candidate named; /* the one that was meant by its name; word NULL: none */
    size_t named_count;
    const char *files; /* ":files" or the like; NULL: no files fit */
};

void candidates_init(struct candidates *candidates, struct arena *arena, const char *word);

/* Adds a word, unless it does not begin with what was typed or holds what no terminal should get.
 * Both are copied. A word that ends in '=' goes on: no space follows it. */
void candidates_add(struct candidates *candidates, const char *word, const char *description);
/* The same, but not twice. */
void candidates_add_once(struct candidates *candidates, const char *word, const char *description);
/* The same for what people know by name: where no word fits, the only name that does stands for its
 * word ("Os" for 0301, Oslo). */
void candidates_add_named(struct candidates *candidates, const char *word, const char *name);

void candidates_print(const struct candidates *candidates);

#endif

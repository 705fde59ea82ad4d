/* What the files that read a plan share: plan.c, messages.c, media.c, follows.c, variables.c,
 * audience.c. */
#ifndef CRISIS_PLAN_PLAN_PARTS_H
#define CRISIS_PLAN_PLAN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/fields.h"
#include "plan/plan.h"

struct plan_reading {
    struct arena *arena;
    struct problems *problems;
    plan_known_channel *known_channel;
    struct plan *plan;
};

/* An entry of `municipalities`: a choice from a directory file, or a municipality in place. */
struct plan_source {
    struct place place;
    struct placed_text from; /* NULL: in place */
    struct placed_text *select, *except;
    size_t select_count, except_count;
    const struct municipality *in_place; /* NULL when it could not be read */
};

void plan_error(const struct plan_reading *reading, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A word where a channel must stand: a kind that is known, or "web". */
bool plan_check_channel(const struct plan_reading *reading, const char *word, struct place place);

/* The index of a language that a text is given in, or -1 with an error. */
int plan_text_language(const struct plan_reading *reading, const char *tag, struct place place);

/* One text per language of the plan, none yet; and filling them in from a map by language. The key
 * `except` is left to the caller. */
struct placed_text *plan_new_texts(const struct plan_reading *reading);
void plan_read_by_language(const struct plan_reading *reading, const struct node *map,
                           const char *what, const char *except, struct placed_text *texts);

void plan_read_variables(const struct plan_reading *reading, const struct node *map);
void plan_read_messages(const struct plan_reading *reading, const struct node *map);
/* Of a message whose texts have been read. */
void plan_read_media(const struct plan_reading *reading, const struct node *list,
                     struct message *message);
/* Of the messages that plan_read_messages has read from the same map. */
void plan_resolve_follows(const struct plan_reading *reading, const struct node *map);
void plan_read_sources(const struct plan_reading *reading, const struct node *list);

/* Loads the directory files and fills in the audience. */
void plan_resolve_audience(const struct plan_reading *reading, struct place place);

/* The severities of CAP 1.2, NULL-terminated. */
extern const char *const cap_severities[];

#endif

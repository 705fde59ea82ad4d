/*
 * The texts of one message: parsed once, filled for each municipality and language.
 *
 *     texts = texts_parse(arena, plan, message, problems);           NULL: problems say why
 *     texts_begin(texts, &facts);                                    of the run
 *     texts_fill(texts, member, language, &variants);
 *
 * What is filled lives in the arena.
 */
#ifndef CRISIS_PLAN_TEXTS_H
#define CRISIS_PLAN_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/civil_time.h"
#include "base/problems.h"

#include "plan/plan.h"
#include "plan/values.h"

/* What a text may say about the run. */
struct run_facts {
    const struct run_values *values;
    const char *run;         /* its id */
    const char *coordinator; /* the coordinator's name */
    struct civil_time when;  /* local time of the start */
    bool as_signed;          /* what differs from run to run (date, time, run) stays a tag */
};

enum fill_fault { FILL_FINE, FILL_EMPTY, FILL_TOO_LARGE };

struct filled_text {
    const char *text; /* without blank lines around it; NULL: the message has none, or a fault */
    struct place place;
    enum fill_fault fault;
};

struct filled_variants {
    struct filled_text headline, short_text, long_text;
};

struct message_texts;

/* Parses every text of the message, all languages and channels. */
struct message_texts *texts_parse(struct arena *arena, const struct plan *plan,
                                  const struct message *message, struct problems *problems);

void texts_begin(struct message_texts *texts, const struct run_facts *facts);

/* Which language of the plan serves for `language` on a channel: itself where there is a text, else
 * the plan's first; language_count when that has none either. `channel` is the channel's own entry
 * in the message, or NULL. */
size_t texts_language(const struct message_texts *texts, const struct channel_text *channel,
                      size_t language);

void texts_fill(struct message_texts *texts, const struct audience_member *member, size_t language,
                struct filled_variants *out);

/* The text that the message has for this channel alone; text NULL when it has none. */
struct filled_text texts_fill_channel(struct message_texts *texts,
                                      const struct audience_member *member, size_t language,
                                      const struct channel_text *channel);

#endif

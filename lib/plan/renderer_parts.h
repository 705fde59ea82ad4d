/* What renderer.c and choice.c share. */
#ifndef CRISIS_PLAN_RENDERER_PARTS_H
#define CRISIS_PLAN_RENDERER_PARTS_H

#include <stdbool.h>

#include "plan/attach.h"
#include "plan/exercise.h"
#include "plan/renderer.h"
#include "plan/texts.h"

/* What is the same for every municipality. */
struct channel_state {
    const struct channel_shape *shape;
    const struct channel_text *own; /* what the message says for this channel alone, or NULL */
    struct attachments attachments;
};

struct language_state {
    const char *tag;
    struct exercise_mark mark;
    const struct audience_member *filled_for; /* whose texts `filled` are */
    struct filled_variants filled;
    const char *headline; /* the filled one, marked in an exercise; NULL: none */
};

struct renderer {
    struct arena *arena;
    const struct render_request *request;
    enum render_purpose purpose;
    struct findings *findings;
    struct message_texts *texts;
    struct channel_state *channels;
    struct language_state *languages;
    struct draft_table drafts;
    const struct audience_member *member;
};

/* The texts that a channel may choose from, in one language. */
struct choice {
    const char *headline;               /* marked in an exercise; NULL: none */
    const char *short_text, *long_text; /* not marked yet; NULL: none */
    struct place short_place, long_place;
    bool has_fault;
};

static inline bool is_exercise(const struct renderer *renderer)
{
    return renderer->request->mode == MODE_EXERCISE;
}

/* A finding about the municipality and the mode that are being rendered. */
struct finding finding_of(const struct renderer *renderer, enum finding_kind kind,
                          struct place place, size_t language);

/* Fills what the channel may choose from, and notes what is wrong with it whatever the channel. */
struct choice choose_texts(struct renderer *renderer, const struct channel_state *channel,
                           size_t language);

#endif

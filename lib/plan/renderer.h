/*
 * Makes the drafts of one municipality on one channel: fills, marks, fits. render.h and check.h are
 * what others use.
 *
 *     renderer = renderer_new(arena, &request, &findings, problems);   NULL: templates with errors
 *     renderer_begin_member(renderer, member);
 *     count = renderer_make(renderer, shape, made);
 */
#ifndef CRISIS_PLAN_RENDERER_H
#define CRISIS_PLAN_RENDERER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/problems.h"

#include "plan/draft_table.h"
#include "plan/findings.h"
#include "plan/render.h"

struct renderer;

struct made_draft {
    size_t language; /* index into plan->languages: of the text itself */
    size_t draft;    /* index into the table, or DRAFT_NONE: it could not be made */
};

#define DRAFT_NONE ((size_t)-1)

enum render_purpose {
    RENDER_TO_SEND,
    RENDER_TO_CHECK, /* drafts are thrown away: documents are not written when they are small for
                        certain; what is wrong in the other mode is found, too, but for room */
};

/* Reads the message's templates. What is wrong with filled texts goes to `findings`, which may
 * outlive the arena. */
struct renderer *renderer_new(struct arena *arena, const struct render_request *request,
                              enum render_purpose purpose, struct findings *findings,
                              struct problems *problems);

void renderer_begin_member(struct renderer *renderer, const struct audience_member *member);

/* The drafts of the municipality on a channel: one per language, without repetition, or one with
 * all of them. `out` has room for plan->language_count. Returns how many. */
size_t renderer_make(struct renderer *renderer, size_t channel, struct made_draft *out);

const struct draft_table *renderer_drafts(const struct renderer *renderer);

/* render_message without telling the findings; *out is NULL when the templates have errors. */
void render_into(struct arena *arena, const struct render_request *asked,
                 enum render_purpose purpose, struct findings *findings, struct problems *problems,
                 struct rendering **out);

#endif

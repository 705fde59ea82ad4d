/*
 * A message as data, for channels that carry it whole (webhook, feed): a JSON object with every
 * language's texts, the CAP fields and where it stands among the plan's messages. Keys are in a
 * fixed order: the same input gives the same bytes.
 */
#ifndef CRISIS_PLAN_DOCUMENT_H
#define CRISIS_PLAN_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#include "plan/render.h"

/* The texts of one language, marked if it is an exercise. Each may be NULL. */
struct document_texts {
    const char *language;
    size_t index; /* of the language, in the plan */
    const char *headline, *short_text, *long_text;
};

/* Of one municipality; `text` is the one that channels without languages show. NULL when it would
 * be over DOCUMENT_MAX_BYTES. */
const char *document_write(struct arena *arena, const struct render_request *request,
                           const struct audience_member *member, const struct document_texts *texts,
                           size_t text_count, const char *text);

/* Whether it will be within DOCUMENT_MAX_BYTES whatever has to be escaped. */
bool document_is_small(const struct render_request *request, const struct document_texts *texts,
                       size_t text_count);

#endif

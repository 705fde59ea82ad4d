/*
 * The texts of a rendering as a person can read them: texts that differ only in the municipality's
 * own name, number, website, phone or county are one group, shown once, as its first municipality
 * gets it. A document has more texts than it shows: those in other languages are other groups.
 */
#ifndef CRISIS_CMD_TEXT_GROUPS_H
#define CRISIS_CMD_TEXT_GROUPS_H

#include <stddef.h>

#include "base/arena.h"
#include "plan/render.h"

struct text_group {
    const struct preview_text *first;
    const struct account *account;                /* that the first one goes to */
    const struct audience_member *const *members; /* that get one of the texts, each once */
    size_t member_count;
    size_t text_count;     /* distinct texts in the group */
    size_t delivery_count; /* that get one of them */
};

/* In the order of the first delivery of each. */
struct text_group *text_groups_make(struct arena *arena, const struct rendering *rendering,
                                    size_t *out_count);

/* Prints each group's text with its channel, language and length. */
void text_groups_print(const struct text_group *groups, size_t count);

#endif

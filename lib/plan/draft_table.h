/* Drafts by their contents: texts that are the same, with the same card, are one draft. Their media
 * are the same: they follow from channel and language. */
#ifndef CRISIS_PLAN_DRAFT_TABLE_H
#define CRISIS_PLAN_DRAFT_TABLE_H

#include <stddef.h>

#include "base/arena.h"
#include "model/draft.h"

#include "plan/render.h"

struct draft_table {
    struct arena *arena;
    struct draft *drafts;
    struct draft_measure *measures; /* one per draft */
    size_t count, capacity;
    size_t *slots; /* index + 1; 0: free. A power of two, at most half full */
    size_t slot_count;
};

void draft_table_init(struct draft_table *table, struct arena *arena);

/* The index of this draft, added if there was no such yet. One with a document is always new: it
 * names its municipality. */
size_t draft_table_add(struct draft_table *table, const struct draft *draft,
                       const struct draft_measure *measure);

#endif

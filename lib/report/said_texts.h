/*
 * What was said: each distinct text of a run once, with how many got it. Texts for one channel in
 * one language that differ only in the municipality's own name, its number or web addresses are one
 * text, as its first municipality got it: all texts of a run come from one message.
 *
 *     if (!said_texts_count(texts, delivery)) {
 *         … read the draft …
 *         said_texts_add(texts, delivery, &draft);
 *     }
 */
#ifndef CRISIS_REPORT_SAID_TEXTS_H
#define CRISIS_REPORT_SAID_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/draft.h"
#include "store/store.h"

struct said_text {
    int64_t draft_row;               /* as the first municipality got it */
    const char *municipality, *name; /* that one */
    size_t variant_count;            /* with the names and addresses of so many */
    size_t delivery_count;           /* that were to get it, whatever became of them */
    size_t posted_count;
};

struct said_texts {
    struct arena *arena;
    struct said_text *items; /* in the order of the first delivery of each */
    size_t count, capacity;
    struct text_table *drafts, *sayings; /* of draft rows, and of hashes, to the item */
};

void said_texts_init(struct said_texts *texts, struct arena *arena);
void said_texts_release(struct said_texts *texts);

/* Counts a delivery whose draft is known already. False: it is not, and nothing was counted. */
bool said_texts_count(struct said_texts *texts, const struct delivery_record *delivery);
/* Counts one with a draft that is new. */
void said_texts_add(struct said_texts *texts, const struct delivery_record *delivery,
                    const struct draft *draft);

#endif

#include "plan/draft_table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "plan/card.h"

enum { SLOTS_FIRST = 256 };

void draft_table_init(struct draft_table *table, struct arena *arena)
{
    *table = (struct draft_table){.arena = arena, .slot_count = SLOTS_FIRST};
    table->slots = arena_alloc_array(arena, table->slot_count, sizeof(*table->slots));
}

/* Eight bytes at a time; the length is hashed too, so that "a","b" is not "ab". It only has to
 * spread well: drafts with the same hash are compared. */
static uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

static uint64_t hash_string(uint64_t hash, const char *string)
{
    size_t length = strlen(string);
    uint64_t word;

    hash = hash_word(hash, length);
    for (; length >= sizeof(word); length -= sizeof(word), string += sizeof(word)) {
        memcpy(&word, string, sizeof(word));
        hash = hash_word(hash, word);
    }
    word = 0;
    memcpy(&word, string, length);
    return hash_word(hash, word);
}

static size_t hash_draft(const struct draft *draft, const struct card *card)
{
    uint64_t hash = hash_string(0, draft->channel);

    hash = hash_string(hash, draft->language);
    hash = hash_string(hash, draft->headline);
    for (size_t i = 0; i < draft->part_count; i++)
        hash = hash_string(hash, draft->parts[i]);
    if (card)
        hash = hash_string(hash, card->municipality);
    return (size_t)(hash ^ (hash >> 32));
}

/* `link` follows from the parts and is not compared; documents are not looked up. */
static bool same_draft(const struct draft *a, const struct draft *b)
{
    if (strcmp(a->channel, b->channel) != 0 || strcmp(a->language, b->language) != 0 ||
        strcmp(a->headline, b->headline) != 0 || a->part_count != b->part_count)
        return false;
    for (size_t i = 0; i < a->part_count; i++)
        if (strcmp(a->parts[i], b->parts[i]) != 0)
            return false;
    return true;
}

/* The slot that holds this draft, or the free one where it belongs. */
static size_t *find_slot(struct draft_table *table, const struct draft *draft,
                         const struct card *card)
{
    size_t mask = table->slot_count - 1;
    size_t at = hash_draft(draft, card) & mask;

    while (table->slots[at] != 0 &&
           !(same_draft(&table->drafts[table->slots[at] - 1], draft) &&
             card_is_same(table->measures[table->slots[at] - 1].card, card)))
        at = (at + 1) & mask;
    return &table->slots[at];
}

static void grow_slots(struct draft_table *table)
{
    table->slot_count *= 2;
    table->slots = arena_alloc_array(table->arena, table->slot_count, sizeof(*table->slots));
    for (size_t i = 0; i < table->count; i++)
        if (!table->drafts[i].document)
            *find_slot(table, &table->drafts[i], table->measures[i].card) = i + 1;
}

size_t draft_table_add(struct draft_table *table, const struct draft *draft,
                       const struct draft_measure *measure)
{
    size_t *slot = draft->document ? NULL : find_slot(table, draft, measure->card);

    if (slot && *slot != 0)
        return *slot - 1;
    size_t capacity = table->capacity;
    table->drafts =
        arena_grow(table->arena, table->drafts, table->count, &capacity, sizeof(*table->drafts));
    table->measures = arena_grow(table->arena, table->measures, table->count, &table->capacity,
                                 sizeof(*table->measures));
    table->drafts[table->count] = *draft;
    table->measures[table->count] = *measure;
    table->count++;
    if (slot)
        *slot = table->count;
    if (table->count * 2 > table->slot_count)
        grow_slots(table);
    return table->count - 1;
}

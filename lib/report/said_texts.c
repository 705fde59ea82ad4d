#include "report/said_texts.h"

#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"

enum { FIRST_SLOTS = 64, NEUTRAL_MAX_BYTES = 2 * THREAD_PARTS_MAX * TEXT_MAX_BYTES };

/* Open addressing, never more than half full. */
struct text_table {
    struct slot {
        bool is_used;
        unsigned char key[16];
        size_t item;
    } * slots;
    size_t count, capacity;
};

/* --- tables ---------------------------------------------------------------------------------- */

static struct text_table *table_new(void)
{
    struct text_table *table = memory_alloc(sizeof(*table));

    table->capacity = FIRST_SLOTS;
    table->slots = memory_alloc_array(table->capacity, sizeof(*table->slots));
    return table;
}

static void table_free(struct text_table *table)
{
    if (table)
        memory_free(table->slots);
    memory_free(table);
}

static struct slot *find(struct slot *slots, size_t capacity, const unsigned char key[16])
{
    uint64_t half;

    memcpy(&half, key, sizeof(half));
    /* Rows follow each other: the multiplication spreads them. */
    size_t at = (size_t)((half * 0x9E3779B97F4A7C15u) >> 32) & (capacity - 1);
    while (slots[at].is_used && memcmp(slots[at].key, key, sizeof(slots[at].key)) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow(struct text_table *table)
{
    const size_t capacity = table->capacity * 2;
    struct slot *slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].is_used)
            *find(slots, capacity, table->slots[i].key) = table->slots[i];
    memory_free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
}

/* The slot of a key, made for `item` when there is none. */
static struct slot *have(struct text_table *table, const unsigned char key[16], size_t item)
{
    if (table->count * 2 >= table->capacity)
        grow(table);
    struct slot *slot = find(table->slots, table->capacity, key);
    if (!slot->is_used) {
        *slot = (struct slot){.is_used = true, .item = item};
        memcpy(slot->key, key, sizeof(slot->key));
        table->count++;
    }
    return slot;
}

static void row_key(int64_t row, unsigned char key[16])
{
    memset(key, 0, 16);
    memcpy(key, &row, sizeof(row));
}

/* --- what a text says, whoever says it ------------------------------------------------------- */

static bool is_of_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte & 0x80);
}

static size_t word_length(const char *at, const char *word)
{
    size_t length = strlen(word);

    return length > 0 && strncmp(at, word, length) == 0 && !is_of_word(at[length]) ? length : 0;
}

static size_t address_length(const char *at)
{
    if (strncasecmp(at, "https://", 8) != 0 && strncasecmp(at, "http://", 7) != 0)
        return 0;
    return strcspn(at, " \t\n");
}

/* Whole words only: Hol is a municipality, and "hold" is not. */
static void add_neutral(struct text *out, const char *text, const struct delivery_record *delivery)
{
    char before = ' ';

    while (*text) {
        size_t skipped = 0;
        if (!is_of_word(before)) {
            skipped = address_length(text);
            skipped = skipped ? skipped : word_length(text, delivery->municipality_name);
            skipped = skipped ? skipped : word_length(text, delivery->municipality);
        }
        text_add_char(out, skipped > 0 ? '\x01' : *text);
        before = skipped > 0 ? ' ' : *text;
        text += skipped > 0 ? skipped : 1;
    }
    text_add_char(out, '\x02');
}

static void saying_key(const struct delivery_record *delivery, const struct draft *draft,
                       unsigned char key[16])
{
    unsigned char hash[SHA256_SIZE];
    struct text neutral;

    text_init(&neutral, NEUTRAL_MAX_BYTES);
    text_addf(&neutral, "%s\x02%s\x02", draft->channel, draft->language);
    add_neutral(&neutral, draft->headline, delivery);
    for (size_t i = 0; i < draft->part_count; i++)
        add_neutral(&neutral, draft->parts[i], delivery);
    for (size_t i = 0; i < draft->media_count; i++) {
        text_addf(&neutral, "\x02%s\x02", draft->media[i].sha256);
        add_neutral(&neutral, draft->media[i].alt, delivery);
    }
    sha256(neutral.bytes, neutral.length, hash);
    memcpy(key, hash, 16);
    text_release(&neutral);
}

/* --- for callers ----------------------------------------------------------------------------- */

void said_texts_init(struct said_texts *texts, struct arena *arena)
{
    *texts = (struct said_texts){.arena = arena, .drafts = table_new(), .sayings = table_new()};
}

void said_texts_release(struct said_texts *texts)
{
    table_free(texts->drafts);
    table_free(texts->sayings);
    *texts = (struct said_texts){0};
}

static void count(struct said_text *item, const struct delivery_record *delivery)
{
    item->delivery_count++;
    item->posted_count += delivery->state == DELIVERY_POSTED ||
                          delivery->state == DELIVERY_RETRACTED ||
                          delivery->state == DELIVERY_WOULD_POST;
}

bool said_texts_count(struct said_texts *texts, const struct delivery_record *delivery)
{
    unsigned char key[16];

    row_key(delivery->draft_row, key);
    const struct slot *slot = find(texts->drafts->slots, texts->drafts->capacity, key);
    if (slot->is_used)
        count(&texts->items[slot->item], delivery);
    return slot->is_used;
}

void said_texts_add(struct said_texts *texts, const struct delivery_record *delivery,
                    const struct draft *draft)
{
    unsigned char key[16];

    saying_key(delivery, draft, key);
    size_t item = have(texts->sayings, key, texts->count)->item;
    if (item == texts->count) {
        texts->items = arena_grow(texts->arena, texts->items, texts->count, &texts->capacity,
                                  sizeof(*texts->items));
        texts->items[texts->count++] = (struct said_text){
            .draft_row = delivery->draft_row,
            .municipality = arena_strdup(texts->arena, delivery->municipality),
            .name = arena_strdup(texts->arena, delivery->municipality_name),
        };
    }
    row_key(delivery->draft_row, key);
    (void)have(texts->drafts, key, item);
    texts->items[item].variant_count++;
    count(&texts->items[item], delivery);
}

#include "dispatch/texts.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

static void add_number(struct sha256 *hash, uint64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> (8 * (7 - i)));
    sha256_add(hash, bytes, sizeof(bytes));
}

/* NULL is not the same as empty. */
static void add_text(struct sha256 *hash, const char *text)
{
    const size_t length = text ? strlen(text) : 0;

    add_number(hash, text ? length + 1 : 0);
    sha256_add(hash, text, length);
}

static void hash_draft(struct sha256 *hash, const struct draft *draft,
                       unsigned char out[SHA256_SIZE])
{
    add_text(hash, draft->channel);
    add_text(hash, draft->language);
    add_text(hash, draft->headline);
    add_text(hash, draft->link);
    add_text(hash, draft->document);
    add_number(hash, draft->part_count);
    for (size_t i = 0; i < draft->part_count; i++)
        add_text(hash, draft->parts[i]);
    add_number(hash, draft->media_count);
    for (size_t i = 0; i < draft->media_count; i++) {
        add_text(hash, draft->media[i].sha256);
        add_text(hash, draft->media[i].type);
        add_text(hash, draft->media[i].file_name);
        add_text(hash, draft->media[i].alt);
        add_text(hash, draft->media[i].url);
    }
    sha256_finish(hash, out);
}

void texts_of_new(const struct draft *drafts, size_t draft_count,
                  const struct new_deliveries *deliveries, unsigned char out[SHA256_SIZE])
{
    struct sha256 *hash = sha256_new();
    unsigned char(*hashes)[SHA256_SIZE] = memory_alloc_array(draft_count + 1, sizeof(*hashes));

    for (size_t i = 0; i < draft_count; i++)
        hash_draft(hash, &drafts[i], hashes[i]);
    for (size_t i = 0; i < deliveries->count; i++) {
        const struct new_delivery delivery = new_delivery_at(deliveries, i);
        sha256_add(hash, delivery.key, sizeof(delivery.key));
        sha256_add(hash, hashes[delivery.draft], SHA256_SIZE);
    }
    sha256_finish(hash, out);
    memory_free(hashes);
    sha256_free(hash);
}

/* --- from the store -------------------------------------------------------------------------- */

struct hashed {
    int64_t draft_row;
    bool is_used;
    unsigned char sha256[SHA256_SIZE];
};

/* Open addressing by row; never more than half full. */
struct reading {
    struct store *store;
    struct sha256 *whole, *one;
    struct hashed *slots;
    size_t count, capacity;
    struct error *error;
    int result;
};

enum { FIRST_CAPACITY = 256 };

static struct hashed *find_slot(struct hashed *slots, size_t capacity, int64_t draft_row)
{
    size_t at = (size_t)((uint64_t)draft_row * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (capacity - 1);

    while (slots[at].is_used && slots[at].draft_row != draft_row)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow(struct reading *reading)
{
    const size_t capacity = reading->capacity ? reading->capacity * 2 : FIRST_CAPACITY;
    struct hashed *slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < reading->capacity; i++)
        if (reading->slots[i].is_used)
            *find_slot(slots, capacity, reading->slots[i].draft_row) = reading->slots[i];
    memory_free(reading->slots);
    reading->slots = slots;
    reading->capacity = capacity;
}

static bool add_delivery(void *context, const struct delivery_record *delivery)
{
    struct reading *reading = context;

    if (reading->count * 2 >= reading->capacity)
        grow(reading);
    struct hashed *slot = find_slot(reading->slots, reading->capacity, delivery->draft_row);
    if (!slot->is_used) {
        struct arena *arena = arena_new();
        struct draft draft;
        reading->result =
            store_draft(reading->store, arena, delivery->draft_row, &draft, reading->error);
        if (reading->result == 0) {
            *slot = (struct hashed){.draft_row = delivery->draft_row, .is_used = true};
            hash_draft(reading->one, &draft, slot->sha256);
            reading->count++;
        }
        arena_free(arena);
        if (reading->result < 0)
            return false;
    }
    sha256_add(reading->whole, delivery->key, sizeof(delivery->key));
    sha256_add(reading->whole, slot->sha256, SHA256_SIZE);
    return true;
}

int texts_of_run(struct store *store, int64_t run_row, unsigned char out[SHA256_SIZE],
                 struct error *error)
{
    struct reading reading = {
        .store = store, .whole = sha256_new(), .one = sha256_new(), .error = error};

    int result = store_deliveries(store, run_row, add_delivery, &reading, error);
    if (result == 0)
        result = reading.result;
    sha256_finish(reading.whole, out);
    memory_free(reading.slots);
    sha256_free(reading.one);
    sha256_free(reading.whole);
    return result;
}

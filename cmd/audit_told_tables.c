/* Open addressing; keys are hashes already. A table is never more than half full. */
#include "cmd/audit_told_internal.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 64 };

static size_t place_of(const unsigned char key[TOLD_KEY_SIZE], size_t capacity)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    return (size_t)hash & (capacity - 1);
}

static struct told_delivery *find_slot(struct told_delivery *slots, size_t capacity,
                                       const unsigned char key[TOLD_KEY_SIZE])
{
    size_t at = place_of(key, capacity);

    while (slots[at].is_used && memcmp(slots[at].key, key, TOLD_KEY_SIZE) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static struct told_run *find_run_slot(struct told_run *slots, size_t capacity,
                                      const unsigned char key[TOLD_KEY_SIZE])
{
    size_t at = place_of(key, capacity);

    while (slots[at].is_used && memcmp(slots[at].key, key, TOLD_KEY_SIZE) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow_deliveries(struct told *told)
{
    const size_t capacity = told->delivery_capacity * 2;
    struct told_delivery *slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < told->delivery_capacity; i++)
        if (told->deliveries[i].is_used)
            *find_slot(slots, capacity, told->deliveries[i].key) = told->deliveries[i];
    memory_free(told->deliveries);
    told->deliveries = slots;
    told->delivery_capacity = capacity;
}

static void grow_runs(struct told *told)
{
    const size_t capacity = told->run_capacity * 2;
    struct told_run *slots = memory_alloc_array(capacity, sizeof(*slots));

    for (size_t i = 0; i < told->run_capacity; i++)
        if (told->runs[i].is_used)
            *find_run_slot(slots, capacity, told->runs[i].key) = told->runs[i];
    memory_free(told->runs);
    told->runs = slots;
    told->run_capacity = capacity;
}

struct told_delivery *told_have_delivery(struct told *told, const unsigned char key[TOLD_KEY_SIZE])
{
    if (told->delivery_count * 2 >= told->delivery_capacity)
        grow_deliveries(told);
    struct told_delivery *slot = find_slot(told->deliveries, told->delivery_capacity, key);
    if (!slot->is_used) {
        slot->is_used = true;
        memcpy(slot->key, key, TOLD_KEY_SIZE);
        memcpy(slot->posts, told->nothing, sizeof(slot->posts));
        memcpy(slot->failure, told->nothing, sizeof(slot->failure));
        told->delivery_count++;
    }
    return slot;
}

static void run_key(const char *id, size_t length, unsigned char out[TOLD_KEY_SIZE])
{
    unsigned char hash[SHA256_SIZE];

    sha256(id, length, hash);
    memcpy(out, hash, TOLD_KEY_SIZE);
}

struct told_run *told_have_run(struct told *told, const char *id, size_t length)
{
    unsigned char key[TOLD_KEY_SIZE];

    run_key(id, length, key);
    if (told->run_count * 2 >= told->run_capacity)
        grow_runs(told);
    struct told_run *slot = find_run_slot(told->runs, told->run_capacity, key);
    if (!slot->is_used) {
        slot->is_used = true;
        memcpy(slot->key, key, TOLD_KEY_SIZE);
        told->run_count++;
    }
    return slot;
}

struct told_rehearsal *told_add_rehearsal(struct told *told)
{
    if (told->rehearsal_count == told->rehearsal_capacity) {
        told->rehearsal_capacity = told->rehearsal_capacity ? told->rehearsal_capacity * 2 : 16;
        told->rehearsals =
            memory_resize(told->rehearsals, told->rehearsal_capacity * sizeof(*told->rehearsals));
    }
    return &told->rehearsals[told->rehearsal_count++];
}

void told_tables_init(struct told *told)
{
    told->delivery_capacity = told->run_capacity = FIRST_CAPACITY;
    told->deliveries = memory_alloc_array(FIRST_CAPACITY, sizeof(*told->deliveries));
    told->runs = memory_alloc_array(FIRST_CAPACITY, sizeof(*told->runs));
}

void told_tables_release(struct told *told)
{
    memory_free(told->deliveries);
    memory_free(told->runs);
    memory_free(told->rehearsals);
}

/* --- for callers ----------------------------------------------------------------------------- */

const struct told_rehearsal *told_rehearsals(const struct told *told, size_t *count)
{
    *count = told->rehearsal_count;
    return told->rehearsals;
}

struct told_delivery *told_find_delivery(const struct told *told,
                                         const unsigned char key[TOLD_KEY_SIZE])
{
    struct told_delivery *slot = find_slot(told->deliveries, told->delivery_capacity, key);

    return slot->is_used ? slot : NULL;
}

struct told_run *told_find_run(const struct told *told, const char *id)
{
    unsigned char key[TOLD_KEY_SIZE];

    run_key(id, strlen(id), key);
    struct told_run *slot = find_run_slot(told->runs, told->run_capacity, key);
    return slot->is_used ? slot : NULL;
}

void told_each_delivery(const struct told *told,
                        void (*each)(void *context, const struct told_delivery *delivery),
                        void *context)
{
    for (size_t i = 0; i < told->delivery_capacity; i++)
        if (told->deliveries[i].is_used)
            each(context, &told->deliveries[i]);
}

void told_each_run(const struct told *told, void (*each)(void *context, const struct told_run *run),
                   void *context)
{
    for (size_t i = 0; i < told->run_capacity; i++)
        if (told->runs[i].is_used)
            each(context, &told->runs[i]);
}

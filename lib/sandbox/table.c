#include "sandbox/table.h"

#include <string.h>

#include "base/memory.h"

enum { TABLE_FIRST_CAPACITY = 64 };

uint64_t sandbox_hash(const char *string)
{
    uint64_t hash = 14695981039346656037ULL;

    for (const unsigned char *at = (const unsigned char *)string; *at != '\0'; at++) {
        hash ^= *at;
        hash *= 1099511628211ULL;
    }
    return hash;
}

void sandbox_table_init(struct table *table)
{
    *table = (struct table){0};
}

void sandbox_table_release(struct table *table)
{
    for (size_t i = 0; i < table->capacity; i++)
        memory_free(table->slots[i].key);
    memory_free(table->slots);
    *table = (struct table){0};
}

/* The slot of the key, or the free one where it would go. */
static struct table_slot *table_find(const struct table *table, const char *key, uint64_t hash)
{
    size_t mask = table->capacity - 1;
    size_t at = (size_t)(hash ^ (hash >> 32)) & mask;

    for (;;) {
        struct table_slot *slot = &table->slots[at];
        if (slot->key == NULL || (slot->hash == hash && strcmp(slot->key, key) == 0))
            return slot;
        at = (at + 1) & mask;
    }
}

static void table_enlarge(struct table *table)
{
    struct table old = *table;

    table->capacity = old.capacity == 0 ? TABLE_FIRST_CAPACITY : old.capacity * 2;
    table->slots = memory_alloc_array(table->capacity, sizeof(*table->slots));
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].key != NULL)
            *table_find(table, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    }
    memory_free(old.slots);
}

void *sandbox_table_get(const struct table *table, const char *key)
{
    if (table->count == 0)
        return NULL;
    return table_find(table, key, sandbox_hash(key))->value;
}

void sandbox_table_put(struct table *table, const char *key, void *value)
{
    uint64_t hash = sandbox_hash(key);
    struct table_slot *slot;

    if ((table->count + 1) * 2 > table->capacity)
        table_enlarge(table);
    slot = table_find(table, key, hash);
    if (slot->key == NULL) {
        slot->key = memory_strdup(key);
        slot->hash = hash;
        table->count++;
    }
    slot->value = value;
}

/* A map from strings to pointers. Keys are copied; values belong to the caller. There is no
 * removal: what is gone says so itself (a post has `deleted_ms`), or the whole table is released.
 */
#ifndef CRISIS_SANDBOX_TABLE_H
#define CRISIS_SANDBOX_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_slot {
    uint64_t hash;
    char *key; /* NULL: free */
    void *value;
};

struct table {
    struct table_slot *slots;
    size_t capacity, count;
};

void sandbox_table_init(struct table *table);
void sandbox_table_release(struct table *table); /* may be used again afterwards */
void *sandbox_table_get(const struct table *table, const char *key);       /* NULL: not there */
void sandbox_table_put(struct table *table, const char *key, void *value); /* replaces */

/* FNV-1a, 64 bits; also the source of made-up ids. */
uint64_t sandbox_hash(const char *string);

#endif

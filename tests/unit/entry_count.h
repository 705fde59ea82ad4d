/* How many entries the audit log of a store has, for the tests of what adds them. */
#ifndef CRISIS_TESTS_UNIT_ENTRY_COUNT_H
#define CRISIS_TESTS_UNIT_ENTRY_COUNT_H

#include "store/store.h"

/* For store_entries(): the context is a size_t. */
static inline bool count_entry(void *context, const struct stored_entry *entry)
{
    (void)entry;
    ++*(size_t *)context;
    return true;
}

static inline size_t count_entries(struct store *store)
{
    struct error error = {0};
    size_t count = 0;

    assert_int_equal(store_entries(store, 0, count_entry, &count, &error), 0);
    return count;
}

#endif

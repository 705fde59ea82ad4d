/*
 * Appends entries to the audit log of a workspace, in transactions of so many, as a send does: how
 * fast entries are hashed and stored when nothing else is.
 *
 *     append_entries WORKSPACE COUNT BATCH
 */
#include <stdio.h>
#include <stdlib.h>

#include "audit/entry.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/store.h"

enum { BATCH_MAX = 10000, PATH_SIZE = 4096 };

/* About as long as the entry of an attempt; of a type that tells of no row of the store. */
static void write_entry(struct text *entry, uint64_t number)
{
    entry_begin(entry, ENTRY_CHECKED, "coordinator", INT64_C(1795403052123) + (int64_t)number);
    entry_add(entry, "municipality", "0301");
    entry_add(entry, "channel", "facebook");
    entry_add_number(entry, "number", (int64_t)number);
    entry_add_body(entry, "Det er flomfare i Oslo. Vannet stiger raskt i elver og bekker. Hold deg "
                          "unna dem. Ikke kjør gjennom vann på veien. Flytt bil og verdisaker nå. "
                          "Ny melding kommer kl. 12 på oslo.kommune.no, og her.");
}

static int append(struct store *store, uint64_t count, size_t batch, struct error *error)
{
    struct text *entries = memory_alloc_array(batch, sizeof(*entries));
    int result = 0;

    for (uint64_t at = 0; at < count && result == 0; at += batch) {
        size_t size = count - at < batch ? (size_t)(count - at) : batch;
        for (size_t i = 0; i < size; i++)
            write_entry(&entries[i], at + i);
        result = store_append(store, entries, size, error);
        for (size_t i = 0; i < size; i++)
            text_release(&entries[i]);
    }
    memory_free(entries);
    return result;
}

int main(int argument_count, char **arguments)
{
    struct store *store = NULL;
    struct error error = {0};
    char path[PATH_SIZE];

    size_t batch = argument_count == 4 ? strtoul(arguments[3], NULL, 10) : 0;
    if (batch < 1 || batch > BATCH_MAX) {
        fprintf(stderr, "usage: append_entries WORKSPACE COUNT BATCH\n");
        return 2;
    }
    int length = snprintf(path, sizeof(path), "%s/crisis.db", arguments[1]);
    if (length < 0 || length >= PATH_SIZE || store_open(path, STORE_WRITE, &store, &error) < 0 ||
        append(store, strtoull(arguments[2], NULL, 10), batch, &error) < 0) {
        fprintf(stderr, "append_entries: %s: %s\n", path, error.message);
        store_close(store);
        return 1;
    }
    store_close(store);
    return 0;
}

/*
 * Writes a published log, for readers that are not ours:
 *
 *     write_log FOLDER ORIGIN SEED_HEX SIZE…
 *
 * FOLDER gets crisis.db and audit/, published at each SIZE in turn, and of each size
 * checkpoints/SIZE; of the last one proofs/INDEX.entry, proofs/INDEX.tlog-proof, and for each
 * earlier size consistency/SIZE, the request that a witness of that size would be sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/entry.h"
#include "audit/witness.h"
#include "base/encode.h"
#include "store/log_reader.h"
#include "store/published_log.h"
#include "store/workspace.h"

enum { CHUNK = 1000, PATH_SIZE = 1024, PROOFS = 20 };

static const int64_t time_ms = INT64_C(1795403052123);
static const char *folder;
static struct error error;

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "write_log: %s: %s\n", what, error.message);
    exit(1);
}

static const char *path_of(const char *name)
{
    static char path[PATH_SIZE];

    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    demand(length > 0 && length < PATH_SIZE, "the path is too long");
    return path;
}

static void write_file(const struct text *bytes, const char *format, uint64_t number)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "%s/%llu%s", format, (unsigned long long)number,
                   strcmp(format, "proofs") == 0 ? ".tlog-proof" : "");
    demand(file_replace(path_of(name), bytes->bytes, bytes->length, 0644, &error) == 0, name);
}

/* Entries of different lengths, some with a public text. */
static void append(struct store *store, uint64_t from, uint64_t count)
{
    struct text *entries = calloc(count, sizeof(*entries));

    demand(entries != NULL, "no memory");
    for (uint64_t i = 0; i < count; i++) {
        entry_begin(&entries[i], ENTRY_ATTEMPT, "dispatcher", time_ms);
        entry_add(&entries[i], "municipality", (from + i) % 3 ? "0301" : "1103");
        entry_add_number(&entries[i], "number", (int64_t)(from + i));
        if ((from + i) % 7 == 0)
            entry_add_body(&entries[i], "Flom. Hold deg unna elva.\n\n— Ålesund, Kárášjohka\n");
    }
    demand(store_append(store, entries, count, &error) == 0, "append");
    for (uint64_t i = 0; i < count; i++)
        text_release(&entries[i]);
    free(entries);
}

static void grow(struct published_log *log, struct store *store, uint64_t from, uint64_t to)
{
    struct text checkpoint;

    for (uint64_t at = from; at < to; at += CHUNK)
        append(store, at, to - at < CHUNK ? to - at : CHUNK);
    demand(published_log_update(log, store, &error) == 0, "update");
    text_init(&checkpoint, NOTE_MAX_BYTES);
    demand(published_log_checkpoint(log, &checkpoint, NULL, &error) == 0, "checkpoint");
    write_file(&checkpoint, "checkpoints", to);
    text_release(&checkpoint);
}

static void prove(const char *audit, uint64_t index)
{
    struct text proof, entry;
    char name[64];

    text_init(&proof, PROOF_FILE_MAX_BYTES);
    text_init(&entry, PROOF_FILE_MAX_BYTES);
    demand(log_reader_prove(audit, NULL, index, &proof, &entry, &error) == 0, "prove");
    write_file(&proof, "proofs", index);
    (void)snprintf(name, sizeof(name), "proofs/%llu.entry", (unsigned long long)index);
    demand(file_replace(path_of(name), entry.bytes, entry.length, 0644, &error) == 0, name);
    text_release(&proof);
    text_release(&entry);
}

static void ask_witness(struct published_log *log, uint64_t old_size)
{
    struct text checkpoint, body;
    struct proof proof;
    uint64_t size;

    text_init(&checkpoint, NOTE_MAX_BYTES);
    text_init(&body, WITNESS_REQUEST_MAX_BYTES);
    demand(published_log_checkpoint(log, &checkpoint, NULL, &error) == 0, "checkpoint");
    demand(published_log_consistency(log, old_size, &proof, &size, &error) == 0, "consistency");
    demand(witness_request_add(&body, old_size, &proof, checkpoint.bytes, checkpoint.length),
           "request");
    write_file(&body, "consistency", old_size);
    text_release(&checkpoint);
    text_release(&body);
}

static void write_all(char **sizes, int count, const char *origin, const unsigned char *seed)
{
    char audit[PATH_SIZE];
    struct published_log *log;
    struct store *store;
    uint64_t size = 0;

    demand(store_open(path_of("crisis.db"), STORE_CREATE, &store, &error) == 0, "store");
    (void)snprintf(audit, sizeof(audit), "%s", path_of("audit"));
    demand(published_log_open(audit, origin, seed, &log, &error) == 0, "log");
    for (int i = 0; i < count; i++) {
        uint64_t next = strtoull(sizes[i], NULL, 10);
        grow(log, store, size, next);
        size = next;
    }
    for (uint64_t i = 0; i < PROOFS && size > 0; i++)
        prove(audit, i < size / 2 ? i * (size - 1) / (PROOFS - 1) : i % size);
    for (int i = 0; i < count; i++)
        ask_witness(log, strtoull(sizes[i], NULL, 10));
    published_log_close(log);
    store_close(store);
}

int main(int count, char **arguments)
{
    static const char *const folders[] = {"checkpoints", "proofs", "consistency"};
    struct text seed;

    text_init(&seed, ED25519_SEED_SIZE);
    if (count < 5 || !hex_decode(&seed, arguments[3], strlen(arguments[3])) ||
        seed.length != ED25519_SEED_SIZE) {
        fprintf(stderr, "usage: write_log FOLDER ORIGIN SEED_HEX SIZE...\n");
        return 2;
    }
    folder = arguments[1];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        demand(mkdir(path_of(folders[i]), 0755) == 0, folders[i]);
    write_all(arguments + 4, count - 4, arguments[2], (const unsigned char *)seed.bytes);
    text_release(&seed);
    return 0;
}

/*
 * What became of rehearsals: each send against a sandbox of its own leaves one record in the store,
 * so that `check`, `doctor` and `report` can tell of the last one. A database that an older crisis
 * wrote has none until one is added.
 */
#ifndef CRISIS_STORE_REHEARSALS_H
#define CRISIS_STORE_REHEARSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* Times in milliseconds since the beginning, in ascending order. */
struct rehearsal_times {
    const int64_t *ms;
    size_t count;
};

struct rehearsal_record {
    int64_t row;    /* set by the store */
    const char *id; /* that of the run in the sandbox */
    const char *plan;
    const char *message;
    unsigned char plan_sha256[SHA256_SIZE];
    int64_t seed; /* of what went wrong in it; 0 or more */
    int64_t started_unix_ms;
    int64_t finished_unix_ms;
    size_t municipality_count;
    size_t reached_count; /* of those, on any channel */
    size_t delivery_count, failed_count, in_doubt_count;
    struct rehearsal_times posts;  /* when each delivery was posted */
    struct rehearsal_times places; /* when each municipality had its first post */
    const char *correction;        /* the message that took it back; empty: the plan has none */
    int64_t correction_most_ms, correction_last_ms; /* since its own beginning, when 90 % of it and
                                                       the last of it was posted; -1: never */
};

/* Adds one and sets its row. The entry may be NULL. */
int store_rehearsal_add(struct store *store, struct rehearsal_record *rehearsal,
                        const struct text *entry, struct error *error);
/* The last one of that plan and message (NULL: any) that began before before_unix_ms, in the arena.
 */
int store_rehearsal_latest(struct store *store, struct arena *arena, const char *plan,
                           const char *message, int64_t before_unix_ms,
                           struct rehearsal_record *out, bool *out_found, struct error *error);

/* Those of its words that the audit log tells of, as struct run_words has them (store.h). */
struct rehearsal_words {
    const char *id, *plan, *message, *municipality_count, *delivery_count, *posts_ms, *failed_count,
        *in_doubt_count, *finished_ms;
};
/* Calls each() for all of them in the order of their rows, until it returns false. */
int store_rehearsal_words(struct store *store,
                          bool (*each)(void *context, const struct rehearsal_words *words),
                          void *context, struct error *error);

#endif

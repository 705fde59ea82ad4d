/* What the files of audit_told.h share: the tables, and the entry at hand. */
#ifndef CRISIS_CMD_AUDIT_TOLD_INTERNAL_H
#define CRISIS_CMD_AUDIT_TOLD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/text.h"

#include "cmd/audit_told.h"

struct piece {
    const char *bytes;
    size_t length;
};

enum piece_name {
    PIECE_TYPE,
    PIECE_RUN,
    PIECE_DELIVERY,
    PIECE_STATE,
    PIECE_ATTEMPT,
    PIECE_REASON,
    PIECE_TIME,
    PIECE_TEXTS,
    PIECE_COUNT,
};
enum lines_name { LINES_POSTS, LINES_FAILURE, LINES_START, LINES_COUNT };

/* The entry at hand. */
struct reading {
    struct piece pieces[PIECE_COUNT];
    struct text lines[LINES_COUNT];
    struct text key; /* the delivery's */
    size_t post_count;
};

/* Open addressing; keys are hashes already. A table is never more than half full. */
struct told {
    struct told_delivery *deliveries;
    struct told_run *runs;
    size_t delivery_count, delivery_capacity, run_count, run_capacity;
    struct told_rehearsal *rehearsals; /* in the order in which they were told */
    size_t rehearsal_count, rehearsal_capacity;
    const char *run; /* the only one that counts; NULL: all do */
    struct sha256 *state;
    unsigned char nothing[SHA256_SIZE]; /* the hash of no lines */
    struct reading reading;
};

/* The one with that key, which is made where there is none. */
struct told_delivery *told_have_delivery(struct told *told, const unsigned char key[TOLD_KEY_SIZE]);
struct told_run *told_have_run(struct told *told, const char *id, size_t length);
struct told_rehearsal *told_add_rehearsal(struct told *told);
void told_tables_init(struct told *told);
void told_tables_release(struct told *told);

#endif

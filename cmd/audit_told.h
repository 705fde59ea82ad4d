/* What the entries of the audit log tell of each run and delivery, when all of them are read. */
#ifndef CRISIS_CMD_AUDIT_TOLD_H
#define CRISIS_CMD_AUDIT_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "store/store.h"

enum { TOLD_KEY_SIZE = 16 };

struct told_delivery {
    unsigned char key[TOLD_KEY_SIZE]; /* the delivery's */
    bool is_used;                     /* of the table's slots */
    bool is_in_store;                 /* for the comparison */
    uint64_t sequence;                /* of the last entry that tells of it */
    enum delivery_state state; /* after that entry; DELIVERY_STATE_COUNT: a word unknown here */
    uint64_t attempts;
    size_t post_count;
    unsigned char posts[SHA256_SIZE];   /* of the lines that tell of its posts */
    unsigned char failure[SHA256_SIZE]; /* of those that tell of its failure */
    int64_t unix_ms;                    /* the time of that last entry */
};

struct told_run {
    unsigned char key[TOLD_KEY_SIZE]; /* made of its id */
    bool is_used;
    bool is_in_store;
    bool is_dry, is_finished;
    bool is_stopped;          /* since its start, or since it was resumed */
    bool is_rest_stopped;     /* with all that was queued or waiting: told by one entry for all */
    uint64_t rest_stopped_at; /* the last time; 0: never */
    uint64_t resumed_at;      /* when it was resumed, or finished, last; 0: never */
    uint64_t sequence;        /* of the entry that tells of its start */
    uint64_t end_sequence;    /* of the last one on the run as a whole */
    int64_t started_unix_ms, ended_unix_ms; /* the times of these two entries */
    unsigned char start[SHA256_SIZE];       /* of the lines that tell what it is */
    unsigned char texts[SHA256_SIZE];       /* dispatch/texts.h; zeros: the entry does not say */
    uint64_t delivery_count;                /* for the comparison: rows of the store */
};

struct told_rehearsal {
    uint64_t sequence;
    int64_t unix_ms;
    unsigned char start[SHA256_SIZE]; /* of the lines that tell what it was and how it ended */
};

struct told;
/* Of one run, by its id, which is kept as a pointer, or, when that is NULL, of all runs and
 * rehearsals. */
struct told *told_new(const char *run);
void told_free(struct told *told); /* NULL is fine */
/* NULL: whether all do. */
bool told_counts(const struct told *told, const char *run);

/* Reads all entries. Those that are not readable are passed over: verify the log first. */
int told_read(struct told *told, struct store *store, struct error *error);

/* For whoever reads them already: one entry after the other, line by line, as entry_read() tells
 * them. One that is begun and not ended tells nothing. */
void told_begin(struct told *told);
void told_field(struct told *told, const char *key, size_t key_length, const char *value,
                size_t value_length);
void told_end(struct told *told, uint64_t sequence);

/* NULL: no entry tells of it. */
struct told_delivery *told_find_delivery(const struct told *told,
                                         const unsigned char key[TOLD_KEY_SIZE]);
struct told_run *told_find_run(const struct told *told, const char *id);

/* In the order in which they were told. */
const struct told_rehearsal *told_rehearsals(const struct told *told, size_t *count);

/* Calls each() for all of them, in no order. */
void told_each_delivery(const struct told *told,
                        void (*each)(void *context, const struct told_delivery *delivery),
                        void *context);
void told_each_run(const struct told *told, void (*each)(void *context, const struct told_run *run),
                   void *context);

#endif

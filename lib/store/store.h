/*
 * The store: accounts, runs, deliveries and the audit log, durable. A store serves one process's
 * threads one at a time: the caller sees to it that no two calls run at once on the same struct
 * store. Several processes, and several stores in one process, may have the same file open: readers
 * never block a writer (SQLite WAL).
 *
 * Promise of every function that changes something: when it returns 0, the change and the audit
 * entries given with it are on disk, all of them, in one transaction; when it returns -1, none of
 * it happened. Entries are numbered and hashed into the log's Merkle tree in the same transaction;
 * the time of a tree head is that of its last entry.
 *
 * Errors are ERROR_SYSTEM, with what to do about it: no space left, a read-only file system, a
 * damaged database, one that another process holds for longer than STORE_BUSY_TIMEOUT_MS.
 */
#ifndef CRISIS_STORE_STORE_H
#define CRISIS_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "model/account.h"
#include "model/delivery.h"
#include "model/draft.h"

struct store;

enum { STORE_BUSY_TIMEOUT_MS = 5000 };

enum store_access {
    STORE_READ,   /* must exist; nothing can be changed */
    STORE_WRITE,  /* must exist */
    STORE_CREATE, /* must not exist */
};

/* STORE_READ works for who may not write in the folder too, with the files that SQLite keeps beside
 * the database ("-wal", "-shm") and leaves there; for a bare copy the error says what is missing.
 */
int store_open(const char *path, enum store_access access, struct store **out, struct error *error);
void store_close(struct store *store); /* NULL is fine */

/* --- accounts -------------------------------------------------------------------------------- */

struct stored_account {
    int64_t row; /* set by the store when read */
    struct account account;
    const void *sealed; /* the credential as the vault sealed it; NULL: it needs none */
    size_t sealed_size_bytes;
    int64_t registered_unix_ms;
    int64_t proven_unix_ms; /* when a check or a post last showed that it works; 0: never */
};

/* Adds the accounts, or replaces those with the same municipality, channel and label: all or none.
 * entries: one draft of an audit entry for each account. */
int store_accounts_put(struct store *store, const struct stored_account *accounts, size_t count,
                       const struct text *entries, struct error *error);
/* Replaces what is sealed of accounts that were read (row, sealed), and nothing else of them. One
 * that was removed meanwhile is left out. The old bytes are overwritten. */
int store_accounts_reseal(struct store *store, const struct stored_account *accounts, size_t count,
                          const struct text *entry, struct error *error);
/* Removes one account and its credential (the page is overwritten: secure_delete). */
int store_account_remove(struct store *store, const char *municipality, const char *channel,
                         const char *label, const struct text *entry, bool *out_removed,
                         struct error *error);
/* All accounts, ordered by municipality, channel, label. */
int store_accounts(struct store *store, struct arena *arena, struct stored_account **out,
                   size_t *out_count, struct error *error);
/* After a check: a setting that was learnt (name NULL: none) and the time it was proven. */
int store_account_proven(struct store *store, int64_t account_row, const char *setting_name,
                         const char *setting_value, int64_t unix_ms, const struct text *entry,
                         struct error *error);

/* --- invitations ----------------------------------------------------------------------------- */

/* A one-time code for the registration of one municipality; only its hash is known here. */
struct stored_invite {
    unsigned char code_sha256[SHA256_SIZE];
    const char *municipality;
    int64_t made_unix_ms;
    int64_t expires_unix_ms;
};

enum invite_state {
    INVITE_VALID,
    INVITE_UNKNOWN,
    INVITE_ELSEWHERE, /* it is another municipality's */
    INVITE_USED,
    INVITE_EXPIRED,
};

/* entries: one draft of an audit entry for each. */
int store_invites_add(struct store *store, const struct stored_invite *invites, size_t count,
                      const struct text *entries, struct error *error);
int store_invite_check(struct store *store, const struct stored_invite *invite, int64_t unix_ms,
                       enum invite_state *out, struct error *error);
/* store_accounts_put, which takes these invitations in the same transaction: each is used up. One
 * that is not valid any more ends it (ERROR_INPUT). Of an invite only hash and municipality are
 * looked at; one that stands twice counts once. */
int store_accounts_register(struct store *store, const struct stored_account *accounts,
                            size_t count, const struct stored_invite *invites, size_t invite_count,
                            int64_t unix_ms, const struct text *entries, struct error *error);

/* --- runs ------------------------------------------------------------------------------------ */

#define RUN_STATES(X)                                                                              \
    X(RUN_UNFINISHED, "unfinished")                                                                \
    X(RUN_STOPPED, "stopped")                                                                      \
    X(RUN_FINISHED, "finished")

#define NAMED_VALUE(value, name) value,
enum run_state { RUN_STATES(NAMED_VALUE) RUN_STATE_COUNT };
#undef NAMED_VALUE
const char *run_state_name(enum run_state state);

struct run_record {
    int64_t row; /* set by the store */
    const char *id;
    const char *plan; /* the plan's id */
    const char *plan_file;
    const char *message;
    const char *kind;    /* message kind by name */
    const char *follows; /* the message under whose posts it goes; empty: none */
    enum run_mode mode;
    enum run_state state;
    unsigned threshold; /* approvals that were required */
    int64_t started_unix_ms;
    int64_t expires_unix_ms;
    int64_t finished_unix_ms; /* 0: not yet */
    size_t municipality_count;
    size_t delivery_count;
    unsigned char plan_sha256[SHA256_SIZE];
    const char *approval; /* what the gate was asked, as JSON, so that it can be asked again */
};

/* A delivery to be created: draft is an index into the drafts given with it. */
struct new_delivery {
    unsigned char key[16];
    const char *municipality, *municipality_name, *channel, *account, *language;
    size_t draft;
};

/* Creates the run (in run->state) with its drafts and deliveries, all queued, and sets run->row.
 * Two deliveries with the same key are refused. A `const struct text *entry` may be NULL
 * everywhere: nothing is told to the audit log then. */
int store_run_create(struct store *store, struct run_record *run, const struct draft *drafts,
                     size_t draft_count, const struct new_delivery *deliveries,
                     size_t delivery_count, const struct text *entry, struct error *error);
/* The run of that id, or the latest when id is NULL. *out_found false when there is none. */
int store_run_find(struct store *store, struct arena *arena, const char *id, struct run_record *out,
                   bool *out_found, struct error *error);
/* All runs, latest first. */
int store_runs(struct store *store, struct arena *arena, struct run_record **out, size_t *out_count,
               struct error *error);
int store_run_set_state(struct store *store, int64_t run_row, enum run_state state, int64_t unix_ms,
                        const struct text *entry, struct error *error);

/* Takes the run for this process until the store is closed or the process ends, however it ends.
 * Refused (ERROR_SYSTEM, naming the process that has it where that is known) when another has it.
 */
int store_run_lock(struct store *store, int64_t run_row, struct error *error);
/* Whether some process has the run now. */
bool store_run_is_locked(struct store *store, int64_t run_row);

/* --- deliveries ------------------------------------------------------------------------------ */

struct delivery_record {
    int64_t row;
    unsigned char key[16];
    const char *municipality, *municipality_name, *channel, *account, *language;
    int64_t draft_row;
    unsigned part_count; /* posts that its draft needs */
    enum delivery_state state;
    unsigned attempts;
    const char *posts; /* JSON: [{"id":…,"url":…},…] */
    const void *progress;
    size_t progress_size_bytes;
    struct failure failure;
    int64_t first_sent_unix_ms; /* when the request whose fate matters left; 0: never */
    int64_t done_unix_ms;
    int64_t duration_ms; /* from the first attempt to the outcome */
};

/* Calls each() for every delivery of the run in the order of creation, until it returns false.
 * Strings live until each() returns. each() may call other reading functions of the same store. */
int store_deliveries(struct store *store, int64_t run_row,
                     bool (*each)(void *context, const struct delivery_record *delivery),
                     void *context, struct error *error);
/* Counts by state, without reading the rows into memory. */
int store_delivery_counts(struct store *store, int64_t run_row, size_t counts[DELIVERY_STATE_COUNT],
                          struct error *error);
/* The draft of a delivery, with its parts, in the arena. */
int store_draft(struct store *store, struct arena *arena, int64_t draft_row, struct draft *out,
                struct error *error);
/* The posts that other deliveries to the same account have made, in runs since unix_ms: their lists
 * as JSON, in the arena. A look-up must not take one of them for its own. */
int store_account_posts(struct store *store, struct arena *arena, const struct account *account,
                        int64_t delivery_row, int64_t since_unix_ms, const char ***out,
                        size_t *out_count, struct error *error);
/* The latest run of that plan, message and mode that began or finished at since_unix_ms or later.
 */
int store_run_latest_of(struct store *store, struct arena *arena, const char *plan,
                        const char *message, enum run_mode mode, int64_t since_unix_ms,
                        struct run_record *out, bool *out_found, struct error *error);

/* One change of one delivery, with the audit entry that tells of it. */
struct delivery_change {
    int64_t row;
    enum delivery_state state;
    unsigned attempts;
    const void *progress; /* NULL: as it is */
    size_t progress_size_bytes;
    const char *posts;                 /* JSON; NULL: as it is */
    const struct failure *failure;     /* NULL: none, and an earlier one is taken away */
    int64_t first_sent_unix_ms;        /* 0: as it is */
    int64_t done_unix_ms, duration_ms; /* 0: as it is */
    int64_t proven_account_row;        /* an account that this proves to work; 0: none */
    const struct text *entry;          /* NULL: none */
};

/* Many changes in one transaction: the group commit. unix_ms: when the accounts were proven. */
int store_commit(struct store *store, const struct delivery_change *changes, size_t count,
                 int64_t unix_ms, struct error *error);

/* --- the audit log --------------------------------------------------------------------------- */

/* Appends entries that tell of something without a row of its own. */
int store_append(struct store *store, const struct text *entries, size_t count,
                 struct error *error);

struct stored_entry {
    uint64_t sequence; /* from 0: the leaf's index */
    const char *bytes;
    size_t size_bytes;
    const unsigned char *leaf_hash;
};
/* Calls each() for the entries from that sequence on, until it returns false; bytes live until
 * each() returns. */
int store_entries(struct store *store, uint64_t from,
                  bool (*each)(void *context, const struct stored_entry *entry), void *context,
                  struct error *error);

/* The size and root of the tree after each commit, in order. */
struct stored_head {
    uint64_t size;
    unsigned char root[SHA256_SIZE];
    int64_t unix_ms;
    bool edge_fits; /* what the next entry will be appended to has this root */
};
int store_heads(struct store *store, bool (*each)(void *context, const struct stored_head *head),
                void *context, struct error *error);

#endif

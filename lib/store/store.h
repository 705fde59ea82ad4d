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
#include "base/language.h"
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
const char *store_sqlite_version(void);

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
/* What is kept of a setting in a list of accounts: the value, which may be shortened where it
 * stands; NULL: nothing of it. */
typedef char *store_keep_setting(const char *channel, const char *name, char *value);
/* The same without their credentials, and with as much of their settings as is to be kept (NULL:
 * all): little memory for each, for there may be a million. What comes again is there once. */
int store_account_list(struct store *store, struct arena *arena, store_keep_setting *keep,
                       struct account **out, size_t *out_count, struct error *error);
/* One of them, in the arena. *out_found false: it is not registered. */
int store_account(struct store *store, struct arena *arena, const char *municipality,
                  const char *channel, const char *label, struct stored_account *out,
                  bool *out_found, struct error *error);
/* An account's settings, in the arena, from what the store keeps of them (struct queued_delivery).
 */
bool store_settings_read(const char *json, struct arena *arena, struct account *out);
/* After a check: the settings that were learnt and the time it was proven. */
int store_account_proven(struct store *store, int64_t account_row, const struct setting *learnt,
                         size_t learnt_count, int64_t unix_ms, const struct text *entry,
                         struct error *error);

/* --- secrets of the coordinator's apps ------------------------------------------------------- */

struct stored_secret {
    const char *name;   /* that crisis.yaml refers to it by */
    const void *sealed; /* as the vault sealed it */
    size_t sealed_size_bytes;
    int64_t stored_unix_ms;
};

/* Adds a secret, or replaces the one of that name, whose bytes are overwritten. */
int store_secret_put(struct store *store, const struct stored_secret *secret,
                     const struct text *entry, struct error *error);
/* Removes it; its bytes are overwritten. */
int store_secret_remove(struct store *store, const char *name, const struct text *entry,
                        bool *out_removed, struct error *error);
/* All of them, by name. */
int store_secrets(struct store *store, struct arena *arena, struct stored_secret **out,
                  size_t *out_count, struct error *error);
/* store_accounts_reseal, with secrets in the same transaction. */
int store_vault_reseal(struct store *store, const struct stored_account *accounts,
                       size_t account_count, const struct stored_secret *secrets,
                       size_t secret_count, const struct text *entry, struct error *error);

/* --- invitations ----------------------------------------------------------------------------- */

/* A one-time code for the registration of one municipality; only its hash is known here. */
struct stored_invite {
    unsigned char code_sha256[SHA256_SIZE];
    const char *municipality;
    int64_t made_unix_ms;
    int64_t expires_unix_ms;
    int64_t used_unix_ms, withdrawn_unix_ms; /* set by the store when read; 0: not yet */
};

enum invite_state {
    INVITE_VALID,
    INVITE_UNKNOWN,
    INVITE_ELSEWHERE, /* it is another municipality's */
    INVITE_USED,
    INVITE_WITHDRAWN,
    INVITE_EXPIRED,
};

/* entries: one draft of an audit entry for each. */
int store_invites_add(struct store *store, const struct stored_invite *invites, size_t count,
                      const struct text *entries, struct error *error);
int store_invite_check(struct store *store, const struct stored_invite *invite, int64_t unix_ms,
                       enum invite_state *out, struct error *error);
/* What an invitation is at that time: VALID, USED, WITHDRAWN or EXPIRED. */
enum invite_state stored_invite_state(const struct stored_invite *invite, int64_t unix_ms);
/* All that were ever made, by municipality and then by age. */
int store_invites(struct store *store, struct arena *arena, struct stored_invite **out,
                  size_t *out_count, struct error *error);
/* Makes these void: all or none. One that has been used, or withdrawn, meanwhile is ERROR_INPUT.
 * entries: one draft of an audit entry for each. */
int store_invites_withdraw(struct store *store, const struct stored_invite *invites, size_t count,
                           int64_t unix_ms, const struct text *entries, struct error *error);
/* store_accounts_put, which takes these invitations in the same transaction: each is used up. One
 * that is not valid any more ends it (ERROR_INPUT). Of an invite only hash and municipality are
 * looked at; one that stands twice counts once. */
int store_accounts_register(struct store *store, const struct stored_account *accounts,
                            size_t count, const struct stored_invite *invites, size_t invite_count,
                            int64_t unix_ms, const struct text *entries, struct error *error);

/* --- who may approve ------------------------------------------------------------------------- */

/* The approver list in force, as bytes of a file `approvers` (trust/signers.h): the one that was
 * put last. Its hash is checked against the audit entry that told of it. */
struct stored_approvers {
    const char *bytes; /* NULL: none was ever put */
    size_t size;
    unsigned char sha256[SHA256_SIZE];
};
int store_approvers(struct store *store, struct arena *arena, struct stored_approvers *out,
                    struct error *error);
/* Puts another list in force. `former` is what store_approvers() said before: when it is not in
 * force any more, nothing is changed (ERROR_SYSTEM). The entry, which must be there, carries the
 * list's hash as "approvers-sha256". */
int store_approvers_put(struct store *store, const struct stored_approvers *former,
                        const char *bytes, size_t size, const struct text *entry,
                        struct error *error);
/* Whether this store was opened to be changed. */
bool store_may_change(const struct store *store);

/* --- runs ------------------------------------------------------------------------------------ */

#define RUN_STATES(X)                                                                              \
    X(RUN_UNFINISHED, N_("unfinished"))                                                            \
    X(RUN_STOPPED, N_("stopped"))                                                                  \
    X(RUN_FINISHED, N_("finished"))

#define NAMED_VALUE(value, name) value,
enum run_state { RUN_STATES(NAMED_VALUE) RUN_STATE_COUNT };
#undef NAMED_VALUE
const char *run_state_name(enum run_state state);

/* Whether some of a run's deliveries go first, so that the rest can be held back. */
#define RUN_CANARIES(X)                                                                            \
    X(CANARY_NONE, "none")                                                                         \
    X(CANARY_FIRST, "first") /* the rest waits for store_run_pass_canary() */                      \
    X(CANARY_PASSED, "passed")

#define NAMED_VALUE(value, name) value,
enum run_canary { RUN_CANARIES(NAMED_VALUE) RUN_CANARY_COUNT };
#undef NAMED_VALUE

struct run_record {
    int64_t row; /* set by the store */
    const char *id;
    const char *plan; /* the plan's id */
    const char *plan_file;
    const char *message;
    const char *kind;    /* message kind by name */
    const char *follows; /* messages under whose posts it goes, the nearest first, with a space
                            between; empty: none */
    enum run_mode mode;
    enum run_state state;
    enum run_canary canary;
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
    bool is_canary; /* it goes first, in a run with CANARY_FIRST */
};

/* A run's deliveries, in order: an array, or one at a time where there may be a million of them.
 * Strings live as long as what they are made of. */
struct new_deliveries {
    size_t count;
    const struct new_delivery *all; /* NULL: get() says what there is */
    void (*get)(const void *context, size_t index, struct new_delivery *out);
    const void *context;
};

static inline struct new_delivery new_delivery_at(const struct new_deliveries *deliveries,
                                                  size_t index)
{
    if (deliveries->all)
        return deliveries->all[index];
    struct new_delivery delivery;
    deliveries->get(deliveries->context, index, &delivery);
    return delivery;
}

/* Creates the run (in run->state) with its drafts and deliveries, all queued, and sets run->row.
 * Two deliveries with the same key are refused. A `const struct text *entry` may be NULL
 * everywhere: nothing is told to the audit log then. */
int store_run_create(struct store *store, struct run_record *run, const struct draft *drafts,
                     size_t draft_count, const struct new_deliveries *deliveries,
                     const struct text *entry, struct error *error);
/* The run of that id, or the latest when id is NULL. *out_found false when there is none. */
int store_run_find(struct store *store, struct arena *arena, const char *id, struct run_record *out,
                   bool *out_found, struct error *error);
/* All runs, latest first. */
int store_runs(struct store *store, struct arena *arena, struct run_record **out, size_t *out_count,
               struct error *error);
int store_run_set_state(struct store *store, int64_t run_row, enum run_state state, int64_t unix_ms,
                        const struct text *entry, struct error *error);

/* Marks a run as stopped, unless it is finished: *out_marked false then, and no entry. with_rest:
 * what is queued or waiting is stopped too, for when nobody works on the run. */
int store_run_stop(struct store *store, int64_t run_row, bool with_rest, int64_t unix_ms,
                   const struct text *entry, bool *out_marked, struct error *error);
/* Marks a run as unfinished again: what was stopped is queued. */
int store_run_resume(struct store *store, int64_t run_row, const struct text *entry,
                     struct error *error);
/* Lets the rest of a run with CANARY_FIRST follow its canaries; ERROR_SYSTEM when it is not one. */
int store_run_pass_canary(struct store *store, int64_t run_row, const struct text *entry,
                          struct error *error);

/* --- who works on a run ---------------------------------------------------------------------- */

enum { RUN_HOLDER_HOST_SIZE = 72, RUN_HOLDER_WORDS_SIZE = 128 };

struct run_holder {
    int64_t process; /* 0: not known */
    char host[RUN_HOLDER_HOST_SIZE];
    bool has_halted; /* it has heard of the last request to stop, and begins nothing new */
};

/* Takes the run for this process until store_unlock() or store_close(), or until the process ends,
 * however it ends. Refused (ERROR_SYSTEM, naming the process that has it where that is known) when
 * another has it. A store takes one run. */
int store_run_lock(struct store *store, int64_t run_row, struct error *error);
/* The same for a message in one mode, so that no two processes send it at the same time: held as
 * long. *out_taken false: another has it. */
int store_message_lock(struct store *store, const char *plan, const char *message,
                       enum run_mode mode, bool *out_taken, struct error *error);
/* What both need, where no file can be opened later. */
int store_prepare_locks(struct store *store, struct error *error);
/* Lets go of everything that was taken. */
void store_unlock(struct store *store);

/* Whether some process has the run now, and which. */
bool store_run_holder(struct store *store, int64_t run_row, struct run_holder *out);
bool store_run_is_locked(struct store *store, int64_t run_row);
/* "process 123 on HOST" */
void run_holder_describe(const struct run_holder *holder, char out[RUN_HOLDER_WORDS_SIZE]);

/* Asks the process that has the run to begin nothing new. It needs no transaction, so it is heard
 * within milliseconds however busy the database is, and when the disk is full. Not durable:
 * store_run_stop() is. To be heard by a process that takes the run meanwhile, ask before that and
 * again after it. */
int store_run_ask_stop(struct store *store, int64_t run_row, struct error *error);
/* Whether that was asked since this store took the run. Cheap: one read of a few bytes. It may be
 * called while another thread uses the store. */
bool store_run_stop_is_asked(const struct store *store, int64_t run_row);
/* Tells who asked that nothing new is begun. As store_run_stop_is_asked(). */
void store_run_tell_halted(const struct store *store, int64_t run_row);

/* --- deliveries ------------------------------------------------------------------------------ */

struct delivery_record {
    int64_t row;
    unsigned char key[16];
    const char *municipality, *municipality_name, *channel, *account, *language;
    int64_t draft_row;
    unsigned part_count; /* posts that its draft needs */
    bool is_canary;      /* it goes first, in a run with CANARY_FIRST */
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
/* The same for the one delivery of that row. */
int store_delivery(struct store *store, int64_t row,
                   bool (*each)(void *context, const struct delivery_record *delivery),
                   void *context, struct error *error);

/* What a delivery is as long as it waits for its turn. */
struct queued_delivery {
    int64_t row;
    const char *channel;
    enum delivery_state state;
    unsigned part_count;
    bool is_canary;
    const char *settings; /* of its account, as JSON; NULL: it is not registered any more */
};

/* As store_deliveries(), with less to read. */
int store_queue(struct store *store, int64_t run_row,
                bool (*each)(void *context, const struct queued_delivery *delivery), void *context,
                struct error *error);
/* A number that is another one when somebody else has changed the store since it was read. */
int store_version(struct store *store, int64_t *out, struct error *error);
/* Counts by state, without reading the rows into memory. */
int store_delivery_counts(struct store *store, int64_t run_row, size_t counts[DELIVERY_STATE_COUNT],
                          struct error *error);
/* The draft of a delivery, with its parts, in the arena. Its media are without their bytes, which
 * are the run's. */
int store_draft(struct store *store, struct arena *arena, int64_t draft_row, struct draft *out,
                struct error *error);
/* What goes with the drafts of a run, each file once, sorted by hash, in the arena: everything but
 * name and alt, which are a draft's. The bytes are those that were stored: their hash is compared.
 */
int store_run_media(struct store *store, struct arena *arena, int64_t run_row, struct media **out,
                    size_t *out_count, struct error *error);
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
    int64_t row; /* 0: of no delivery */
    enum delivery_state state;
    unsigned attempts;
    const void *progress; /* NULL: as it is */
    size_t progress_size_bytes;
    const char *posts;                 /* JSON; NULL: as it is */
    const struct failure *failure;     /* NULL: none, and an earlier one is taken away */
    int64_t first_sent_unix_ms;        /* 0: as it is */
    int64_t done_unix_ms, duration_ms; /* 0: as it is */
    int64_t proven_account_row;        /* an account that this proves to work; 0: none */
    /* An account whose credential is sealed anew, unless it is not the one that it was; 0: none. */
    int64_t resealed_account_row;
    const void *was_sealed, *sealed;
    size_t was_sealed_size_bytes, sealed_size_bytes;
    int64_t expires_unix_ms;  /* when that one ends: its setting CREDENTIAL_EXPIRES; 0: as it is */
    const struct text *entry; /* NULL: none */
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
/* Those of that size and above. */
int store_heads(struct store *store, uint64_t from,
                bool (*each)(void *context, const struct stored_head *head), void *context,
                struct error *error);
/* How many entries there are, as the latest head says. */
int store_log_size(struct store *store, uint64_t *out, struct error *error);

/* --- for comparing the rows with the entries -------------------------------------------------- */

/* Until store_snapshot_end() everything is read as it is now, whoever writes meanwhile. */
int store_snapshot(struct store *store, struct error *error);
void store_snapshot_end(struct store *store);

/* Rows in the words that stand in the file, numbers too: nothing is refused here. A word is never
 * NULL, and empty for none; one with a NUL in it is a line feed, which no entry can have told. */
struct run_words {
    const char *id, *plan, *message, *kind, *mode, *expires_ms, *threshold, *municipality_count,
        *delivery_count, *state, *started_ms, *finished_ms;
    const void *plan_sha256;
    size_t plan_sha256_size;
};
struct delivery_words {
    const char *run, *mode; /* of its run; empty: it is of none */
    bool is_in_range;       /* among the rows that its run has set aside */
    const void *key;
    size_t key_size;
    const char *municipality, *channel, *account, *language, *state, *attempts, *posts,
        *failure_kind, *failure_code, *done_ms;
};
/* Entries that are in no place of the log: before the first. store_entries() does not tell them. */
int store_stray_entries(struct store *store, uint64_t *out, struct error *error);
/* Call each() for all of them in the order of their rows, until it returns false. */
int store_run_words(struct store *store, bool (*each)(void *context, const struct run_words *words),
                    void *context, struct error *error);
int store_delivery_words(struct store *store,
                         bool (*each)(void *context, const struct delivery_words *words),
                         void *context, struct error *error);

#endif

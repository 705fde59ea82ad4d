/*
 * The embedded store from within: the connection, its kept statements, transactions, and what
 * SQLite answers in words for people. For the files of this room only.
 *
 *     if (sqlite_begin(store, error) < 0)
 *         return -1;
 *     int result = change_things(store, error);
 *     return sqlite_end(store, result, error);
 */
#ifndef CRISIS_STORE_SQLITE_H
#define CRISIS_STORE_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "audit/merkle.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "store/schema.h"
#include "store/store.h"

/* Columns of runs, in the order that read_run() expects. */
#define RUN_COLUMNS                                                                                \
    "row, id, plan, plan_file, message, kind, mode, state, threshold, started_ms, expires_ms, "    \
    "finished_ms, municipality_count, delivery_count, plan_sha256, approval, follows, canary"

/* Columns of deliveries, in the order that read_delivery() expects. */
#define DELIVERY_COLUMNS                                                                           \
    "d.row, d.key, d.municipality, d.municipality_name, d.channel, d.account, d.language, "        \
    "d.draft, d.state, d.attempts, d.posts, d.progress, d.failure_kind, d.failure_code, "          \
    "d.failure_message, d.failure_next, d.first_sent_ms, d.done_ms, d.duration_ms, d.part_count, " \
    "d.is_canary"

/* Which deliveries are those of run ?1. */
#define ROWS_OF_RUN                                                                                \
    "row >= (SELECT first_delivery FROM runs WHERE row = ?1) "                                     \
    "AND row < (SELECT first_delivery + delivery_count FROM runs WHERE row = ?1) "

/* Columns of accounts, in the order that read_account() expects. */
#define ACCOUNT_COLUMNS                                                                            \
    "row, municipality, channel, label, settings, sealed, registered_ms, proven_ms"

/* Columns of rehearsals, in the order that read_rehearsal() expects. */
#define REHEARSAL_COLUMNS                                                                          \
    "id, plan, message, plan_sha256, seed, started_ms, finished_ms, municipality_count, "          \
    "reached_count, delivery_count, failed_count, in_doubt_count, posts_ms, places_ms, "           \
    "correction, correction_most_ms, correction_last_ms"

#define STATEMENTS(X)                                                                              \
    X(SQL_BEGIN, "BEGIN IMMEDIATE")                                                                \
    X(SQL_COMMIT, "COMMIT")                                                                        \
    X(SQL_ROLLBACK, "ROLLBACK")                                                                    \
    X(SQL_ACCOUNT_PUT,                                                                             \
      "INSERT INTO accounts (municipality, channel, label, settings, sealed, registered_ms, "      \
      "proven_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "                                            \
      "ON CONFLICT (municipality, channel, label) DO UPDATE SET settings = excluded.settings, "    \
      "sealed = excluded.sealed, registered_ms = excluded.registered_ms, "                         \
      "proven_ms = excluded.proven_ms")                                                            \
    X(SQL_ACCOUNT_REMOVE,                                                                          \
      "DELETE FROM accounts WHERE municipality = ?1 AND channel = ?2 AND label = ?3")              \
    X(SQL_ACCOUNTS,                                                                                \
      "SELECT " ACCOUNT_COLUMNS " FROM accounts ORDER BY municipality, channel, label")            \
    X(SQL_ACCOUNT_COUNT, "SELECT count(*) FROM accounts")                                          \
    X(SQL_ACCOUNT_LIST, "SELECT municipality, channel, label, settings FROM accounts "             \
                        "ORDER BY municipality, channel, label")                                   \
    X(SQL_ACCOUNT, "SELECT " ACCOUNT_COLUMNS " FROM accounts "                                     \
                   "WHERE municipality = ?1 AND channel = ?2 AND label = ?3")                      \
    X(SQL_ACCOUNT_SETTINGS, "SELECT settings FROM accounts WHERE row = ?1")                        \
    X(SQL_ACCOUNT_SET_SETTINGS, "UPDATE accounts SET settings = ?2 WHERE row = ?1")                \
    X(SQL_ACCOUNT_PROVEN, "UPDATE accounts SET proven_ms = max(proven_ms, ?2) WHERE row = ?1")     \
    X(SQL_ACCOUNT_RESEAL, "UPDATE accounts SET sealed = ?2 WHERE row = ?1 AND sealed IS NOT NULL " \
                          "AND (?3 IS NULL OR sealed = ?3)")                                       \
    X(SQL_SECRET_PUT, "INSERT INTO secrets (name, sealed, stored_ms) VALUES (?1, ?2, ?3) "         \
                      "ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, "                \
                      "stored_ms = excluded.stored_ms")                                            \
    X(SQL_SECRET_REMOVE, "DELETE FROM secrets WHERE name = ?1")                                    \
    X(SQL_SECRETS, "SELECT name, sealed, stored_ms FROM secrets ORDER BY name")                    \
    X(SQL_SECRET_RESEAL, "UPDATE secrets SET sealed = ?2 WHERE name = ?1")                         \
    X(SQL_INVITE_ADD, "INSERT INTO invites (code_sha256, municipality, made_ms, expires_ms) "      \
                      "VALUES (?1, ?2, ?3, ?4)")                                                   \
    X(SQL_INVITE, "SELECT municipality, expires_ms, used_ms, withdrawn_ms FROM invites "           \
                  "WHERE code_sha256 = ?1")                                                        \
    X(SQL_INVITES,                                                                                 \
      "SELECT code_sha256, municipality, made_ms, expires_ms, used_ms, withdrawn_ms FROM invites " \
      "ORDER BY municipality, made_ms, code_sha256")                                               \
    X(SQL_INVITE_USE,                                                                              \
      "UPDATE invites SET used_ms = ?3 WHERE code_sha256 = ?1 AND municipality = ?2 "              \
      "AND used_ms = 0 AND withdrawn_ms = 0 AND expires_ms > ?3")                                  \
    X(SQL_INVITE_WITHDRAW,                                                                         \
      "UPDATE invites SET withdrawn_ms = ?3 WHERE code_sha256 = ?1 AND municipality = ?2 "         \
      "AND used_ms = 0 AND withdrawn_ms = 0")                                                      \
    X(SQL_APPROVERS,                                                                               \
      "SELECT l.bytes, l.sha256, e.bytes, l.sequence FROM approver_lists l LEFT JOIN entries e "   \
      "ON e.sequence = l.sequence ORDER BY l.row DESC LIMIT 1")                                    \
    X(SQL_APPROVERS_TOLD,                                                                          \
      "SELECT coalesce(max(sequence), -1) FROM entries WHERE " SCHEMA_TELLS_OF_APPROVERS)          \
    X(SQL_APPROVERS_ADD,                                                                           \
      "INSERT INTO approver_lists (sha256, bytes, sequence) VALUES (?1, ?2, ?3)")                  \
    X(SQL_RUN_ADD,                                                                                 \
      "INSERT INTO runs (id, plan, plan_file, message, kind, mode, state, threshold, started_ms, " \
      "expires_ms, finished_ms, municipality_count, delivery_count, plan_sha256, approval, "       \
      "follows, canary, first_delivery) "                                                          \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "       \
      "(SELECT coalesce(max(row), 0) + 1 FROM deliveries))")                                       \
    X(SQL_RUN_BY_ID, "SELECT " RUN_COLUMNS " FROM runs WHERE id = ?1")                             \
    X(SQL_RUN_LATEST, "SELECT " RUN_COLUMNS " FROM runs ORDER BY row DESC LIMIT 1")                \
    X(SQL_RUN_LATEST_OF,                                                                           \
      "SELECT " RUN_COLUMNS " FROM runs WHERE plan = ?1 AND message = ?2 AND mode = ?3 "           \
      "AND max(started_ms, finished_ms) >= ?4 ORDER BY row DESC LIMIT 1")                          \
    X(SQL_RUNS, "SELECT " RUN_COLUMNS " FROM runs ORDER BY row DESC")                              \
    X(SQL_RUN_SET_STATE, "UPDATE runs SET state = ?2, finished_ms = ?3 WHERE row = ?1")            \
    X(SQL_RUN_STOP, "UPDATE runs SET state = 'stopped', finished_ms = ?2 WHERE row = ?1 "          \
                    "AND state <> 'finished'")                                                     \
    X(SQL_RUN_STOP_REST, "UPDATE deliveries SET state = 'stopped' WHERE " ROWS_OF_RUN              \
                         "AND state IN ('queued', 'waiting')")                                     \
    X(SQL_RUN_QUEUE_STOPPED,                                                                       \
      "UPDATE deliveries SET state = 'queued' WHERE " ROWS_OF_RUN "AND state = 'stopped'")         \
    X(SQL_RUN_PASS_CANARY,                                                                         \
      "UPDATE runs SET canary = 'passed' WHERE row = ?1 AND canary = 'first'")                     \
    X(SQL_VERSION, "PRAGMA data_version")                                                          \
    X(SQL_DRAFT_ADD,                                                                               \
      "INSERT INTO drafts (run, channel, language, headline, parts, link, document) "              \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                       \
    X(SQL_DRAFT,                                                                                   \
      "SELECT channel, language, headline, parts, link, document FROM drafts WHERE row = ?1")      \
    X(SQL_MEDIA_ADD, "INSERT OR IGNORE INTO media (sha256, type, width, height, bytes) "           \
                     "VALUES (?1, ?2, ?3, ?4, ?5)")                                                \
    X(SQL_DRAFT_MEDIA_ADD,                                                                         \
      "INSERT INTO draft_media (draft, position, media, file_name, alt, url) "                     \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                                                           \
    X(SQL_DRAFT_MEDIA,                                                                             \
      "SELECT d.media, d.file_name, d.alt, d.url, m.type, m.width, m.height, length(m.bytes) "     \
      "FROM draft_media d LEFT JOIN media m ON m.sha256 = d.media WHERE d.draft = ?1 "             \
      "ORDER BY d.position")                                                                       \
    X(SQL_RUN_MEDIA,                                                                               \
      "SELECT m.sha256, m.type, m.width, m.height, m.bytes, max(d.url) FROM runs r, "              \
      "deliveries y, draft_media d, media m WHERE r.row = ?1 AND y.row >= r.first_delivery "       \
      "AND y.row < r.first_delivery + r.delivery_count AND d.draft = y.draft "                     \
      "AND m.sha256 = d.media GROUP BY m.sha256 ORDER BY m.sha256")                                \
    X(SQL_DELIVERY_ADD,                                                                            \
      "INSERT INTO deliveries (run, key, municipality, municipality_name, channel, account, "      \
      "language, draft, state, part_count, is_canary) "                                            \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                                     \
    X(SQL_DELIVERIES,                                                                              \
      "SELECT " DELIVERY_COLUMNS " FROM runs r, deliveries d WHERE r.row = ?1 AND d.row >= "       \
      "r.first_delivery "                                                                          \
      "AND d.row < r.first_delivery + r.delivery_count ORDER BY d.row")                            \
    X(SQL_DELIVERY, "SELECT " DELIVERY_COLUMNS " FROM deliveries d WHERE d.row = ?1")              \
    X(SQL_QUEUE,                                                                                   \
      "SELECT d.row, d.channel, d.state, d.part_count, a.settings, d.is_canary "                   \
      "FROM runs r JOIN deliveries d ON d.row >= r.first_delivery AND d.row < r.first_delivery + " \
      "r.delivery_count "                                                                          \
      "LEFT JOIN accounts a ON a.municipality = d.municipality AND a.channel = d.channel "         \
      "AND a.label = d.account WHERE r.row = ?1 ORDER BY d.row")                                   \
    X(SQL_ACCOUNT_POSTS,                                                                           \
      "SELECT d.posts FROM runs r, deliveries d WHERE r.started_ms >= ?1 "                         \
      "AND d.row >= r.first_delivery AND d.row < r.first_delivery + r.delivery_count "             \
      "AND d.municipality = ?2 AND d.channel = ?3 AND d.account = ?4 AND d.row <> ?5 "             \
      "AND d.posts IS NOT NULL")                                                                   \
    X(SQL_STATES, "SELECT state FROM deliveries WHERE " ROWS_OF_RUN)                               \
    X(SQL_DELIVERY_CHANGE,                                                                         \
      "UPDATE deliveries SET state = ?2, attempts = ?3, progress = coalesce(?4, progress), "       \
      "posts = coalesce(?5, posts), failure_kind = ?6, failure_code = ?7, failure_message = ?8, "  \
      "failure_next = ?9, first_sent_ms = coalesce(?10, first_sent_ms), "                          \
      "done_ms = coalesce(?11, done_ms), duration_ms = coalesce(?12, duration_ms) "                \
      "WHERE row = ?1")                                                                            \
    X(SQL_REHEARSAL_ADD,                                                                           \
      "INSERT INTO rehearsals (" REHEARSAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "    \
      "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)")                                               \
    X(SQL_REHEARSAL_LATEST, "SELECT row, " REHEARSAL_COLUMNS " FROM rehearsals "                   \
                            "WHERE (?1 IS NULL OR plan = ?1) AND (?2 IS NULL OR message = ?2) "    \
                            "AND started_ms < ?3 ORDER BY row DESC LIMIT 1")                       \
    X(SQL_HEAD_LATEST, "SELECT size, edge FROM heads ORDER BY size DESC LIMIT 1")                  \
    X(SQL_HEAD_ADD, "INSERT INTO heads (size, root, unix_ms, edge) VALUES (?1, ?2, ?3, ?4)")       \
    X(SQL_HEADS, "SELECT size, root, unix_ms, edge FROM heads WHERE size >= ?1 ORDER BY size")     \
    X(SQL_ENTRY_ADD, "INSERT INTO entries (sequence, bytes, leaf) VALUES (?1, ?2, ?3)")            \
    X(SQL_ENTRIES,                                                                                 \
      "SELECT sequence, bytes, leaf FROM entries WHERE sequence >= ?1 ORDER BY sequence")          \
    X(SQL_STRAY_ENTRIES, "SELECT count(*) FROM entries WHERE sequence < 0")                        \
    X(SQL_SNAPSHOT, "BEGIN")                                                                       \
    X(SQL_RUN_WORDS, "SELECT id, plan, plan_sha256, message, kind, mode, expires_ms, threshold, "  \
                     "municipality_count, delivery_count, state, started_ms, finished_ms "         \
                     "FROM runs ORDER BY row")                                                     \
    X(SQL_DELIVERY_WORDS,                                                                          \
      "SELECT r.id, d.key, d.municipality, d.channel, d.account, d.language, d.state, "            \
      "d.attempts, coalesce(d.posts, '[]'), d.failure_kind, d.failure_code, r.mode, "              \
      "d.row - r.first_delivery BETWEEN 0 AND r.delivery_count - 1, d.done_ms "                    \
      "FROM deliveries d LEFT JOIN runs r ON r.row = d.run ORDER BY d.row")                        \
    X(SQL_REHEARSAL_WORDS,                                                                         \
      "SELECT id, plan, message, municipality_count, delivery_count, posts_ms, failed_count, "     \
      "in_doubt_count, finished_ms FROM rehearsals ORDER BY row")

#define STATEMENT_NAME(name, sql) name,
enum statement { STATEMENTS(STATEMENT_NAME) STATEMENT_COUNT };
#undef STATEMENT_NAME

struct store {
    sqlite3 *database;
    char *path;
    enum store_access access;
    int64_t schema_version;                    /* of what is in the file */
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared when first asked for */
    struct merkle_tree tree;                   /* as of the last transaction of ours */
    bool tree_is_known;
    struct text entry; /* reused for every audit entry */
    int lock_file;     /* descriptor of PATH-lock; -1: not open */
    uint64_t
        stops_when_locked; /* how often a stop of the run had been asked for before we took it */
};

/* Says what went wrong, from the connection's last result, after `failure` (N_): what could not be
 * done. Returns -1. */
int sqlite_failed(struct store *store, int result, const char *failure, struct error *error);
/* A row that no crisis wrote; `what` (N_) it is of. Returns -1. */
int sqlite_damaged(struct store *store, const char *what, struct error *error);

/* The statement, ready to be bound; NULL with the error set. Ended by sqlite_done(). */
sqlite3_stmt *sqlite_statement(struct store *store, enum statement name, struct error *error);
void sqlite_done(sqlite3_stmt *statement);

/* Binding: strings and bytes must live until the statement is done. */
void sqlite_bind_text(sqlite3_stmt *statement, int index, const char *value); /* NULL: NULL */
void sqlite_bind_bytes(sqlite3_stmt *statement, int index, const void *bytes, size_t size);
void sqlite_bind_number(sqlite3_stmt *statement, int index, int64_t value);

/* Runs a bound statement that returns no rows, and ends it. */
int sqlite_run(struct store *store, sqlite3_stmt *statement, const char *failure,
               struct error *error);
/* The next row: 1, or 0 at the end, or -1. The caller ends the statement. */
int sqlite_next(struct store *store, sqlite3_stmt *statement, const char *failure,
                struct error *error);

const char *sqlite_text(sqlite3_stmt *statement, int column); /* never NULL */
const char *sqlite_text_copy(sqlite3_stmt *statement, int column, struct arena *arena);
/* A column that holds exactly `size` bytes. */
bool sqlite_bytes(sqlite3_stmt *statement, int column, void *out, size_t size);

int sqlite_begin(struct store *store, struct error *error);
/* Commits when result is 0, else rolls back. Returns 0 when all of it is on disk, else -1. */
int sqlite_end(struct store *store, int result, struct error *error);

/* After credentials or secrets were replaced or removed. Their pages were overwritten, but older
 * copies of them may lie in the WAL. It is emptied if no one else reads just now; else that happens
 * when the last one closes the database. What is there is sealed. */
void sqlite_empty_wal(struct store *store);

/* Within a transaction: replaces what is sealed of accounts. */
int accounts_reseal(struct store *store, const struct stored_account *accounts, size_t count,
                    struct error *error);
/* Within a transaction: adds a setting to an account, or replaces it. */
int account_learn(struct store *store, int64_t account_row, const char *name, const char *value,
                  struct error *error);

/* Within a transaction: takes the invitations, each once. */
int invites_use(struct store *store, const struct stored_invite *invites, size_t count,
                int64_t unix_ms, struct error *error);

/* Within a transaction: the media of a draft, each file once in the store. */
int media_add(struct store *store, int64_t draft_row, const struct draft *draft,
              struct error *error);
/* Fills in the media of a draft that was read, without their bytes. */
int media_of_draft(struct store *store, struct arena *arena, int64_t draft_row, struct draft *out,
                   struct error *error);

/* Within a transaction: numbers, hashes and appends entries, and adds one tree head. */
int log_append(struct store *store, const struct text *entry,
               struct error *error); /* may be NULL */
int log_append_array(struct store *store, const struct text *entries, size_t count,
                     struct error *error); /* entries may be NULL */
int log_append_changes(struct store *store, const struct delivery_change *changes, size_t count,
                       struct error *error);

#endif

/* Rows as they stand, for whoever compares them with the entries. */
#include <string.h>

#include "base/language.h"

#include "store/rehearsals.h"
#include "store/sqlite.h"

static const char reading[] = N_("cannot read what is compared with the audit log");

int store_snapshot(struct store *store, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_SNAPSHOT, error);

    return statement ? sqlite_run(store, statement, reading, error) : -1;
}

void store_snapshot_end(struct store *store)
{
    struct error ignored = {0}; /* nothing was written that could be lost */
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ROLLBACK, &ignored);

    if (statement && !sqlite3_get_autocommit(store->database))
        (void)sqlite_run(store, statement, reading, &ignored);
}

int store_stray_entries(struct store *store, uint64_t *out, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_STRAY_ENTRIES, error);

    *out = 0;
    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

static const char *word(sqlite3_stmt *statement, int column)
{
    const char *text = sqlite_text(statement, column);

    return strlen(text) == (size_t)sqlite3_column_bytes(statement, column) ? text : "\n";
}

int store_run_words(struct store *store, bool (*each)(void *context, const struct run_words *words),
                    void *context, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUN_WORDS, error);
    int row;

    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        const struct run_words words = {
            .id = word(statement, 0),
            .plan = word(statement, 1),
            .plan_sha256 = sqlite3_column_blob(statement, 2),
            .plan_sha256_size = (size_t)sqlite3_column_bytes(statement, 2),
            .message = word(statement, 3),
            .kind = word(statement, 4),
            .mode = word(statement, 5),
            .expires_ms = word(statement, 6),
            .threshold = word(statement, 7),
            .municipality_count = word(statement, 8),
            .delivery_count = word(statement, 9),
            .state = word(statement, 10),
            .started_ms = word(statement, 11),
            .finished_ms = word(statement, 12),
        };
        if (!each(context, &words))
            break;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_delivery_words(struct store *store,
                         bool (*each)(void *context, const struct delivery_words *words),
                         void *context, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DELIVERY_WORDS, error);
    int row;

    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        const struct delivery_words words = {
            .run = word(statement, 0),
            .key = sqlite3_column_blob(statement, 1),
            .key_size = (size_t)sqlite3_column_bytes(statement, 1),
            .municipality = word(statement, 2),
            .channel = word(statement, 3),
            .account = word(statement, 4),
            .language = word(statement, 5),
            .state = word(statement, 6),
            .attempts = word(statement, 7),
            .posts = word(statement, 8),
            .failure_kind = word(statement, 9),
            .failure_code = word(statement, 10),
            .mode = word(statement, 11),
            .is_in_range = sqlite3_column_int(statement, 12) != 0,
            .done_ms = word(statement, 13),
        };
        if (!each(context, &words))
            break;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_rehearsal_words(struct store *store,
                          bool (*each)(void *context, const struct rehearsal_words *words),
                          void *context, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_REHEARSAL_WORDS, error);
    int row;

    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        const struct rehearsal_words words = {
            .id = word(statement, 0),
            .plan = word(statement, 1),
            .message = word(statement, 2),
            .municipality_count = word(statement, 3),
            .delivery_count = word(statement, 4),
            .posts_ms = word(statement, 5),
            .failed_count = word(statement, 6),
            .in_doubt_count = word(statement, 7),
            .finished_ms = word(statement, 8),
        };
        if (!each(context, &words))
            break;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

#include "base/language.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the secrets in the vault");
static const char writing[] = N_("cannot store a secret in the vault");

/* --- changing -------------------------------------------------------------------------------- */

static int put(struct store *store, const struct stored_secret *secret, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_SECRET_PUT, error);

    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, secret->name);
    sqlite_bind_bytes(statement, 2, secret->sealed, secret->sealed_size_bytes);
    sqlite_bind_number(statement, 3, secret->stored_unix_ms);
    return sqlite_run(store, statement, writing, error);
}

int store_secret_put(struct store *store, const struct stored_secret *secret,
                     const struct text *entry, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = put(store, secret, error);
    if (result == 0)
        result = log_append(store, entry, error);
    result = sqlite_end(store, result, error);
    if (result == 0)
        sqlite_empty_wal(store);
    return result;
}

static int remove_secret(struct store *store, const char *name, const struct text *entry,
                         bool *out_removed, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_SECRET_REMOVE, error);

    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, name);
    if (sqlite_run(store, statement, N_("cannot remove a secret from the vault"), error) < 0)
        return -1;
    *out_removed = sqlite3_changes(store->database) > 0;
    return *out_removed ? log_append(store, entry, error) : 0;
}

int store_secret_remove(struct store *store, const char *name, const struct text *entry,
                        bool *out_removed, struct error *error)
{
    *out_removed = false;
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = remove_secret(store, name, entry, out_removed, error);
    result = sqlite_end(store, result, error);
    if (result < 0)
        *out_removed = false;
    if (*out_removed)
        sqlite_empty_wal(store);
    return result;
}

static int reseal(struct store *store, const struct stored_secret *secrets, size_t count,
                  struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = sqlite_statement(store, SQL_SECRET_RESEAL, error);
        if (!statement)
            return -1;
        sqlite_bind_text(statement, 1, secrets[i].name);
        sqlite_bind_bytes(statement, 2, secrets[i].sealed, secrets[i].sealed_size_bytes);
        if (sqlite_run(store, statement, writing, error) < 0)
            return -1;
    }
    return 0;
}

int store_vault_reseal(struct store *store, const struct stored_account *accounts,
                       size_t account_count, const struct stored_secret *secrets,
                       size_t secret_count, const struct text *entry, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = accounts_reseal(store, accounts, account_count, error);
    if (result == 0)
        result = reseal(store, secrets, secret_count, error);
    if (result == 0)
        result = log_append(store, entry, error);
    result = sqlite_end(store, result, error);
    if (result == 0)
        sqlite_empty_wal(store);
    return result;
}

/* --- reading --------------------------------------------------------------------------------- */

int store_secrets(struct store *store, struct arena *arena, struct stored_secret **out,
                  size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_SECRETS, error);
    struct stored_secret *secrets = NULL;
    size_t count = 0, capacity = 0;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        secrets = arena_grow(arena, secrets, count, &capacity, sizeof(*secrets));
        size_t size = (size_t)sqlite3_column_bytes(statement, 1);
        secrets[count++] = (struct stored_secret){
            .name = sqlite_text_copy(statement, 0, arena),
            .sealed = arena_memdup(arena, sqlite3_column_blob(statement, 1), size),
            .sealed_size_bytes = size,
            .stored_unix_ms = sqlite3_column_int64(statement, 2),
        };
    }
    sqlite_done(statement);
    if (row < 0)
        return -1;
    *out = secrets;
    *out_count = count;
    return 0;
}

#include <string.h>

#include "audit/entry.h"
#include "base/encode.h"
#include "base/language.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the approver list");
static const char writing[] = N_("cannot store the approver list");

/* --- reading --------------------------------------------------------------------------------- */

/* The hash that an audit entry tells of, as text. */
struct told {
    const char *hash;
    size_t length;
};

static void take_hash(void *context, const char *key, size_t key_length, const char *value,
                      size_t value_length)
{
    static const char wanted[] = "approvers-sha256";
    struct told *told = context;

    if (key_length == sizeof(wanted) - 1 && memcmp(key, wanted, key_length) == 0)
        *told = (struct told){value, value_length};
}

/* The entry says the same hash: the log, and who watches it, vouch for the list. */
static bool entry_tells(const char *entry, size_t size, const unsigned char hash[SHA256_SIZE])
{
    struct told told = {0};
    struct text hex;
    const char *body;
    size_t body_size;

    if (!entry || !entry_read(entry, size, take_hash, &told, &body, &body_size))
        return false;
    text_init(&hex, 2 * SHA256_SIZE);
    hex_add(&hex, hash, SHA256_SIZE);
    bool same = told.length == hex.length && memcmp(told.hash, hex.bytes, hex.length) == 0;
    text_release(&hex);
    return same;
}

static bool read_list(sqlite3_stmt *statement, struct arena *arena, struct stored_approvers *out)
{
    unsigned char hash[SHA256_SIZE];
    const char *bytes = sqlite3_column_blob(statement, 0);

    out->size = (size_t)sqlite3_column_bytes(statement, 0);
    out->bytes = arena_strndup(arena, bytes ? bytes : "", out->size);
    sha256(out->bytes, out->size, out->sha256);
    return sqlite_bytes(statement, 1, hash, sizeof(hash)) &&
           memcmp(hash, out->sha256, sizeof(hash)) == 0 &&
           entry_tells(sqlite3_column_blob(statement, 2),
                       (size_t)sqlite3_column_bytes(statement, 2), hash);
}

/* `sequence`: of the entry of the latest list; -1: there is no list. Who takes the latest list
 * away, so that a former one comes back into force, leaves the entry that told of it. */
static int check_latest(struct store *store, int64_t sequence, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_APPROVERS_TOLD, error);

    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1 && sqlite3_column_int64(statement, 0) != sequence)
        row = sqlite_damaged(store, N_("the audit log tells of a later approver list"), error);
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_approvers(struct store *store, struct arena *arena, struct stored_approvers *out,
                    struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_APPROVERS, error);
    int64_t sequence = -1;

    *out = (struct stored_approvers){0};
    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1) {
        sequence = sqlite3_column_int64(statement, 3);
        if (!read_list(statement, arena, out))
            row = sqlite_damaged(store, N_("the approver list is not the one of its audit entry"),
                                 error);
    }
    sqlite_done(statement);
    return row < 0 ? -1 : check_latest(store, sequence, error);
}

bool store_may_change(const struct store *store)
{
    return store->access != STORE_READ;
}

/* --- changing -------------------------------------------------------------------------------- */

/* Another process may have put one since. */
static int check_former(struct store *store, const struct stored_approvers *former,
                        struct error *error)
{
    struct arena *arena = arena_new();
    struct stored_approvers now;
    int result = store_approvers(store, arena, &now, error);

    if (result == 0 && ((now.bytes == NULL) != (former->bytes == NULL) ||
                        (now.bytes && memcmp(now.sha256, former->sha256, SHA256_SIZE) != 0))) {
        error_set(error, ERROR_SYSTEM,
                  _("another process has changed the approver list meanwhile"));
        result = error_next(error, _("do it again"));
    }
    arena_free(arena);
    return result;
}

static int put_list(struct store *store, const struct stored_approvers *former, const char *bytes,
                    size_t size, const struct text *entry, struct error *error)
{
    unsigned char hash[SHA256_SIZE];

    if (check_former(store, former, error) < 0 || log_append(store, entry, error) < 0)
        return -1;
    sqlite3_stmt *statement = sqlite_statement(store, SQL_APPROVERS_ADD, error);
    if (!statement)
        return -1;
    sha256(bytes, size, hash);
    sqlite_bind_bytes(statement, 1, hash, sizeof(hash));
    sqlite_bind_bytes(statement, 2, bytes, size);
    sqlite_bind_number(statement, 3, (int64_t)store->tree.size - 1);
    return sqlite_run(store, statement, writing, error);
}

int store_approvers_put(struct store *store, const struct stored_approvers *former,
                        const char *bytes, size_t size, const struct text *entry,
                        struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, put_list(store, former, bytes, size, entry, error), error);
}

#include "store/sqlite.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/language.h"

#define STATEMENT_SQL(name, sql) [name] = sql,
static const char *const statement_sql[STATEMENT_COUNT] = {STATEMENTS(STATEMENT_SQL)};
#undef STATEMENT_SQL

/* --- errors ---------------------------------------------------------------------------------- */

static bool is_no_space(int result, int system_errno)
{
    return result == SQLITE_FULL || system_errno == ENOSPC || system_errno == EDQUOT ||
           system_errno == EFBIG;
}

static int no_space(const char *path, const char *failure, int system_errno, struct error *error)
{
    error_set(error, ERROR_SYSTEM, _("%s: no room for '%s': %s"), translated(failure), path,
              error_errno(system_errno != 0 ? system_errno : ENOSPC));
    return error_next(error, _("free space there; nothing of this step was recorded, and `crisis "
                               "resume` goes on with a run"));
}

static int disk_failed(const char *path, const char *failure, int system_errno, struct error *error)
{
    error_set(error, ERROR_SYSTEM, _("%s: the disk under '%s' failed: %s"), translated(failure),
              path, error_errno(system_errno != 0 ? system_errno : EIO));
    return error_next(error,
                      _("check the disk and the system's log; when it works again, `crisis resume` "
                        "goes on with a run"));
}

/* SQLite keeps the system's error number for most failures, but not for that of a commit. */
static int find_errno(const struct store *store)
{
    int left = errno;
    int kept = store->database ? sqlite3_system_errno(store->database) : 0;

    return kept != 0 ? kept : left;
}

/* A database in WAL mode is read with the help of a file beside it. */
static int cannot_read_here(const char *path, struct error *error)
{
    error_set(
        error, ERROR_SYSTEM,
        _("cannot read the database '%s': '%s-shm' is missing beside it, and this user may not "
          "make it"),
        path, path);
    return error_next(error,
                      _("read it as a user who may write in its folder, or read a copy of the "
                        "folder"));
}

int sqlite_failed(struct store *store, int result, const char *failure, struct error *error)
{
    const char *path = store->path;
    int system_errno = find_errno(store);

    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        error_set(error, ERROR_SYSTEM, _("%s: another process holds the database '%s'"),
                  translated(failure), path);
        return error_next(
            error,
            _("wait until it has finished (`fuser '%s'` names it); then `crisis resume` "
              "goes on with a run"),
            path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        if (result != SQLITE_READONLY && store->access == STORE_READ)
            return cannot_read_here(path, error);
        error_set(error, ERROR_SYSTEM, _("%s: the database '%s' may only be read"),
                  translated(failure), path);
        return error_next(error, _("check that its folder is not on a read-only file system, and "
                                   "that this user owns the files"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        if (system_errno == EIO) /* which SQLite takes for damage when it reads */
            return disk_failed(path, failure, system_errno, error);
        error_set(error, ERROR_SYSTEM, _("%s: the database '%s' is damaged, or is none"),
                  translated(failure), path);
        return error_next(error,
                          _("keep a copy of it, restore the workspace from a backup, and send "
                            "nothing before that"));
    case SQLITE_CANTOPEN:
        error_set(error, ERROR_SYSTEM, _("%s: cannot open '%s' or the files beside it: %s"),
                  translated(failure), path,
                  error_errno(system_errno != 0 ? system_errno : ENOENT));
        return error_next(error, _("check that this user may write in its folder"));
    case SQLITE_FULL:
    case SQLITE_IOERR:
        if (is_no_space(result & 0xff, system_errno))
            return no_space(path, failure, system_errno, error);
        return disk_failed(path, failure, system_errno, error);
    default:
        return error_set(error, ERROR_SYSTEM, "%s: '%s': %s", translated(failure), path,
                         store->database ? sqlite3_errmsg(store->database)
                                         : sqlite3_errstr(result));
    }
}

int sqlite_damaged(struct store *store, const char *what, struct error *error)
{
    error_set(error, ERROR_SYSTEM, _("the database '%s' is damaged: %s"), store->path,
              translated(what));
    return error_next(error, _("keep a copy of it, and restore the workspace from a backup"));
}

/* --- statements ------------------------------------------------------------------------------ */

sqlite3_stmt *sqlite_statement(struct store *store, enum statement name, struct error *error)
{
    sqlite3_stmt **kept = &store->statements[name];

    if (!*kept) {
        errno = 0;
        int result = sqlite3_prepare_v3(store->database, statement_sql[name], -1,
                                        SQLITE_PREPARE_PERSISTENT, kept, NULL);
        if (result != SQLITE_OK) {
            sqlite_failed(store, result, N_("cannot read the database"), error);
            return NULL;
        }
    }
    return *kept;
}

void sqlite_done(sqlite3_stmt *statement)
{
    /* Its result is that of the last step, which was looked at. */
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}

/* Binding fails only for an index that the statement does not have, or for what is longer than
 * SQLite's limit of 10^9 bytes; nothing here is near it, and a parameter left NULL is refused by
 * the column. */
void sqlite_bind_text(sqlite3_stmt *statement, int index, const char *value)
{
    (void)sqlite3_bind_text64(statement, index, value, value ? strlen(value) : 0, SQLITE_STATIC,
                              SQLITE_UTF8);
}

void sqlite_bind_bytes(sqlite3_stmt *statement, int index, const void *bytes, size_t size)
{
    (void)sqlite3_bind_blob64(statement, index, bytes, size, SQLITE_STATIC);
}

void sqlite_bind_number(sqlite3_stmt *statement, int index, int64_t value)
{
    (void)sqlite3_bind_int64(statement, index, value);
}

int sqlite_run(struct store *store, sqlite3_stmt *statement, const char *failure,
               struct error *error)
{
    errno = 0;
    int result = sqlite3_step(statement);

    if (result != SQLITE_DONE)
        sqlite_failed(store, result, failure, error);
    sqlite_done(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

int sqlite_next(struct store *store, sqlite3_stmt *statement, const char *failure,
                struct error *error)
{
    errno = 0;
    int result = sqlite3_step(statement);

    if (result == SQLITE_ROW)
        return 1;
    if (result == SQLITE_DONE)
        return 0;
    return sqlite_failed(store, result, failure, error);
}

const char *sqlite_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *value = sqlite3_column_text(statement, column);
    return value ? (const char *)value : "";
}

const char *sqlite_text_copy(sqlite3_stmt *statement, int column, struct arena *arena)
{
    return arena_strdup(arena, sqlite_text(statement, column));
}

bool sqlite_bytes(sqlite3_stmt *statement, int column, void *out, size_t size)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    if (!bytes || (size_t)sqlite3_column_bytes(statement, column) != size)
        return false;
    memcpy(out, bytes, size);
    return true;
}

/* --- transactions ---------------------------------------------------------------------------- */

static int run_named(struct store *store, enum statement name, const char *failure,
                     struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, name, error);
    return statement ? sqlite_run(store, statement, failure, error) : -1;
}

int sqlite_begin(struct store *store, struct error *error)
{
    return run_named(store, SQL_BEGIN, N_("cannot write to the database"), error);
}

int sqlite_end(struct store *store, int result, struct error *error)
{
    if (result == 0)
        result = run_named(store, SQL_COMMIT, N_("cannot record what was done"), error);
    if (result == 0)
        return 0;
    store->tree_is_known = false;
    /* Some failures (a full disk) have rolled back already. The first error stands. */
    if (!sqlite3_get_autocommit(store->database))
        (void)run_named(store, SQL_ROLLBACK, N_("cannot undo a change"), error);
    return -1;
}

void sqlite_empty_wal(struct store *store)
{
    (void)sqlite3_busy_timeout(store->database, 0);
    (void)sqlite3_wal_checkpoint_v2(store->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(store->database, STORE_BUSY_TIMEOUT_MS);
}

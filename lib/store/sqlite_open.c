#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

#include "store/files.h"
#include "store/schema.h"
#include "store/sqlite.h"

/*
 * The commit with which the WAL reaches this many pages of 4 KiB copies it back into the database.
 * Measured on a virtual disk, that commit takes 30 ms with 1,000 or 2,000 pages, 60 ms with 4,000
 * and over 80 ms with 8,000. 4,000 is the most that is short, and a national run (1,785 deliveries,
 * some 2,000 pages) stays below it: its WAL is copied when the store is closed. The copying is
 * passive: it waits for no reader.
 */
enum { CHECKPOINT_PAGES = 4000 };

/* A WAL that has grown past this while someone was reading is cut back to it (64 MiB). */
#define WAL_KEPT_BYTES "67108864"

static const char opening[] = N_("cannot open the database");

struct pragma_answer {
    int64_t number;
    char text[16];
};

/* Runs one pragma and keeps the first column of its first row, if it has one. */
static int pragma(struct store *store, const char *sql, struct pragma_answer *out,
                  struct error *error)
{
    sqlite3_stmt *statement = NULL;
    struct pragma_answer answer = {0};

    errno = 0;
    int result = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const char *text = sqlite_text(statement, 0);
        size_t length = strnlen(text, sizeof(answer.text) - 1);
        memcpy(answer.text, text, length);
        answer.number = sqlite3_column_int64(statement, 0);
    }
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        sqlite_failed(store, result, opening, error);
    (void)sqlite3_finalize(statement); /* repeats the result of the step */
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return -1;
    if (out)
        *out = answer;
    return 0;
}

static int run_pragmas(struct store *store, const char *const *pragmas, struct error *error)
{
    for (size_t i = 0; pragmas[i]; i++)
        if (pragma(store, pragmas[i], NULL, error) < 0)
            return -1;
    return 0;
}

/* --- SQLite's memory -------------------------------------------------------------------------- */

/*
 * SQLite reports a lack of memory, except where it hands out a column's value: there it looks like
 * NULL, and a row like one that is damaged. So it takes its memory as everybody here does
 * (base/memory.h).
 */
static sqlite3_mem_methods own_memory;

static void *take(int size)
{
    void *block = own_memory.xMalloc(size);
    if (!block)
        memory_exhausted();
    return block;
}

static void *resize(void *block, int size)
{
    void *moved = own_memory.xRealloc(block, size);
    if (!moved)
        memory_exhausted();
    return moved;
}

static void configure_memory(void)
{
    int result = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &own_memory);
    if (result == SQLITE_OK) {
        sqlite3_mem_methods memory = own_memory;
        memory.xMalloc = take;
        memory.xRealloc = resize;
        result = sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    }
    /* Nobody asks how much it holds, and to keep count it takes a lock with each block. */
    if (result == SQLITE_OK)
        result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (result != SQLITE_OK)
        log_debug(LOG_STORE, "SQLite has been used already: it keeps its own memory");
}

/* --- the connection -------------------------------------------------------------------------- */

static int connect_database(struct store *store, enum store_access access, struct error *error)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int persist_wal = 1;

    flags |= access == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int result = sqlite3_open_v2(store->path, &store->database, flags, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(store->database, STORE_BUSY_TIMEOUT_MS);
    if (result == SQLITE_OK)
        result = sqlite3_db_config(store->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* Who may only read cannot make the files beside the database: they are left there. */
    if (result == SQLITE_OK && access != STORE_READ)
        result =
            sqlite3_file_control(store->database, "main", SQLITE_FCNTL_PERSIST_WAL, &persist_wal);
    /* SQLite falls back to reading without a word. */
    if (result == SQLITE_OK && access != STORE_READ && sqlite3_db_readonly(store->database, "main"))
        result = SQLITE_READONLY;
    return result == SQLITE_OK ? 0 : sqlite_failed(store, result, opening, error);
}

static int set_up_writing(struct store *store, struct error *error)
{
    static const char wal_limit[] = "PRAGMA journal_size_limit = " WAL_KEPT_BYTES;
    static const char *const pragmas[] = {
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA secure_delete = ON",
        "PRAGMA cell_size_check = ON",
        "PRAGMA cache_size = -8192", /* KiB */
        wal_limit,
        NULL,
    };
    struct pragma_answer mode;

    if (pragma(store, "PRAGMA journal_mode = WAL", &mode, error) < 0)
        return -1;
    if (strcmp(mode.text, "wal") != 0) {
        error_set(error, ERROR_SYSTEM,
                  _("cannot open the database '%s': its file system has no shared memory"),
                  store->path);
        return error_next(error, _("put the workspace on a local disk, not on a network share"));
    }
    if (run_pragmas(store, pragmas, error) < 0)
        return -1;
    int result = sqlite3_wal_autocheckpoint(store->database, CHECKPOINT_PAGES);
    return result == SQLITE_OK ? 0 : sqlite_failed(store, result, opening, error);
}

/* --- what is in it --------------------------------------------------------------------------- */

static int create_schema(struct store *store, struct error *error)
{
    char identity[128];

    /* Numbers of ours: no text from outside gets into a statement. */
    sqlite3_snprintf(sizeof(identity), identity,
                     "PRAGMA application_id = %d; PRAGMA user_version = %d;", SCHEMA_APPLICATION_ID,
                     SCHEMA_VERSION);
    store->schema_version = SCHEMA_VERSION;
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = sqlite3_exec(store->database, schema_create, NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_exec(store->database, identity, NULL, NULL, NULL);
    if (result != SQLITE_OK)
        sqlite_failed(store, result, N_("cannot create the database"), error);
    return sqlite_end(store, result == SQLITE_OK ? 0 : -1, error);
}

static int check_schema(struct store *store, struct error *error)
{
    struct pragma_answer application, version;

    if (pragma(store, "PRAGMA application_id", &application, error) < 0 ||
        pragma(store, "PRAGMA user_version", &version, error) < 0)
        return -1;
    if (application.number != SCHEMA_APPLICATION_ID)
        return error_set(error, ERROR_SYSTEM, _("'%s' is no database of crisis"), store->path);
    if (version.number > SCHEMA_VERSION) {
        error_set(
            error, ERROR_SYSTEM,
            _("the database '%s' was written by a newer crisis (version %lld, this program knows "
              "%d)"),
            store->path, (long long)version.number, SCHEMA_VERSION);
        return error_next(error, _("use that newer crisis, here too"));
    }
    if (version.number < 1)
        return sqlite_damaged(store, N_("its version is missing"), error);
    store->schema_version = version.number;
    return 0;
}

/* From one version to the next, within a transaction that nobody else writes in: the version that
 * counts is the one read there. */
static int migrate_all(struct store *store, struct error *error)
{
    char set_version[64];

    if (check_schema(store, error) < 0)
        return -1;
    for (int64_t version = store->schema_version; version < SCHEMA_VERSION; version++) {
        sqlite3_snprintf(sizeof(set_version), set_version, "PRAGMA user_version = %lld;",
                         (long long)version + 1);
        int result =
            sqlite3_exec(store->database, schema_migrations[version - 1], NULL, NULL, NULL);
        if (result == SQLITE_OK)
            result = sqlite3_exec(store->database, set_version, NULL, NULL, NULL);
        if (result != SQLITE_OK)
            return sqlite_failed(store, result, N_("cannot bring the database up to date"), error);
    }
    store->schema_version = SCHEMA_VERSION;
    return 0;
}

static int migrate(struct store *store, struct error *error)
{
    if (store->schema_version == SCHEMA_VERSION)
        return 0;
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, migrate_all(store, error), error);
}

/* Whoever is the first to open an older database brings it up to date, to read it too. */
static int migrate_for_reader(struct store *store, struct error *error)
{
    struct store *writer;

    if (store->schema_version == SCHEMA_VERSION)
        return 0;
    if (store_open(store->path, STORE_WRITE, &writer, error) < 0)
        return -1;
    store_close(writer);
    return check_schema(store, error);
}

/* --- opening and closing --------------------------------------------------------------------- */

/* The file is made here, so that it is ours alone (0600) and never an old one. */
static int create_file(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (descriptor < 0 && errno == EEXIST)
        return error_set(error, ERROR_SYSTEM, _("there is a database '%s' already"), path);
    if (descriptor < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot create '%s': %s"), path,
                         error_errno(errno));
    int result = close(descriptor);
    if (result < 0)
        error_set(error, ERROR_SYSTEM, _("cannot create '%s': %s"), path, error_errno(errno));
    else
        result = files_sync_folder_of(path, error);
    if (result < 0)
        (void)unlink(path); /* the first error is the one to tell */
    return result;
}

static int check_presence(const char *path, struct error *error)
{
    if (access(path, F_OK) == 0)
        return 0;
    error_set(error, ERROR_SYSTEM, _("cannot open the database '%s': %s"), path,
              error_errno(errno));
    return error_next(error,
                      _("restore it from a backup, or make a new workspace with `crisis init`"));
}

static int open_contents(struct store *store, enum store_access access, struct error *error)
{
    /* What is sorted goes into no shared folder, and a process that is confined could not write. */
    static const char temporary[] = "PRAGMA temp_store = MEMORY";

    if (connect_database(store, access, error) < 0 || pragma(store, temporary, NULL, error) < 0)
        return -1;
    /* Looked at before the journal mode is set: that would be a change already. */
    if (access != STORE_CREATE && check_schema(store, error) < 0)
        return -1;
    if (access == STORE_READ)
        return migrate_for_reader(store, error);
    if (set_up_writing(store, error) < 0)
        return -1;
    return access == STORE_CREATE ? create_schema(store, error) : migrate(store, error);
}

static void remove_files(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", NULL};

    for (size_t i = 0; endings[i]; i++) {
        char *name = sqlite3_mprintf("%s%s", path, endings[i]);
        if (name)
            (void)unlink(name); /* what is not there need not go */
        sqlite3_free(name);
    }
}

int store_open(const char *path, enum store_access access, struct store **out, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    *out = NULL;
    (void)pthread_once(&once, configure_memory); /* fails for no value that it is given */
    if ((access == STORE_CREATE ? create_file(path, error) : check_presence(path, error)) < 0)
        return -1;

    struct store *store = memory_alloc(sizeof(*store));
    store->path = memory_strdup(path);
    store->access = access;
    store->lock_file = -1;
    merkle_init(&store->tree);
    text_init(&store->entry, AUDIT_ENTRY_MAX_BYTES);
    if (open_contents(store, access, error) < 0) {
        store_close(store);
        if (access == STORE_CREATE)
            remove_files(path);
        return -1;
    }
    *out = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]);
    /* A WAL that cannot be copied back now is copied by the next who opens the database. */
    if (sqlite3_close(store->database) != SQLITE_OK)
        log_debug(LOG_STORE, "the database did not close");
    if (store->lock_file >= 0)
        (void)close(store->lock_file);
    text_release(&store->entry);
    merkle_release(&store->tree);
    memory_free(store->path);
    memory_free(store);
}

const char *store_sqlite_version(void)
{
    return sqlite3_libversion();
}

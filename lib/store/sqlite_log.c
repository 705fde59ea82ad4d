#include <inttypes.h>
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"

#include "store/sqlite.h"

static const char writing[] = N_("cannot write the audit log");
static const char reading[] = N_("cannot read the audit log");

/* --- appending ------------------------------------------------------------------------------- */

/* Another process may have appended since: the latest head is looked at in every transaction. */
static int know_tree(struct store *store, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_HEAD_LATEST, error);
    int result = 0;

    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    uint64_t size = row == 1 ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    if (row < 0) {
        result = -1;
    } else if (!store->tree_is_known || size != store->tree.size) {
        const void *edge = row == 1 ? sqlite3_column_blob(statement, 1) : NULL;
        size_t edge_size = row == 1 ? (size_t)sqlite3_column_bytes(statement, 1) : 0;
        store->tree_is_known = merkle_edge_read(&store->tree, size, edge, edge_size);
        if (!store->tree_is_known)
            result = sqlite_damaged(store, N_("the latest tree head of the audit log"), error);
    }
    sqlite_done(statement);
    return result;
}

static int append_entry(struct store *store, const struct text *draft, struct error *error)
{
    unsigned char leaf[SHA256_SIZE];
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ENTRY_ADD, error);

    if (!statement)
        return -1;
    if (!entry_finish(draft, store->tree.size, &store->entry))
        return error_set(
            error, ERROR_SYSTEM,
            _("an audit entry is longer than the %d bytes that the log's format allows"),
            AUDIT_ENTRY_MAX_BYTES);
    merkle_leaf_hash(&store->tree, store->entry.bytes, store->entry.length, leaf);
    sqlite_bind_number(statement, 1, (int64_t)store->tree.size);
    sqlite_bind_bytes(statement, 2, store->entry.bytes, store->entry.length);
    sqlite_bind_bytes(statement, 3, leaf, sizeof(leaf));
    if (sqlite_run(store, statement, writing, error) < 0)
        return -1;
    merkle_append(&store->tree, leaf);
    return 0;
}

/* A draft begins with its time. */
static int time_of(const struct text *draft, int64_t *unix_ms, struct error *error)
{
    static const char key[] = "time ";
    const size_t key_length = strlen(key);
    char time[RFC3339_SIZE] = "";
    const char *end = memchr(draft->bytes, '\n', draft->length);

    if (end && draft->length > key_length && memcmp(draft->bytes, key, key_length) == 0) {
        size_t length = (size_t)(end - draft->bytes) - key_length;
        if (length < sizeof(time))
            memcpy(time, draft->bytes + key_length, length);
    }
    if (!rfc3339_parse(time, unix_ms))
        return error_set(error, ERROR_SYSTEM, _("an audit entry does not begin with its time"));
    return 0;
}

static int append_head(struct store *store, const struct text *last, struct error *error)
{
    unsigned char root[SHA256_SIZE], edge[MERKLE_LEVELS_MAX * SHA256_SIZE];
    int64_t unix_ms;

    if (time_of(last, &unix_ms, error) < 0)
        return -1;
    sqlite3_stmt *statement = sqlite_statement(store, SQL_HEAD_ADD, error);
    if (!statement)
        return -1;
    merkle_root(&store->tree, root);
    size_t edge_size = merkle_edge_write(&store->tree, edge);
    sqlite_bind_number(statement, 1, (int64_t)store->tree.size);
    sqlite_bind_bytes(statement, 2, root, sizeof(root));
    sqlite_bind_number(statement, 3, unix_ms);
    sqlite_bind_bytes(statement, 4, edge, edge_size);
    return sqlite_run(store, statement, writing, error);
}

int log_append_array(struct store *store, const struct text *entries, size_t count,
                     struct error *error)
{
    if (!entries || count == 0)
        return 0;
    if (know_tree(store, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (append_entry(store, &entries[i], error) < 0)
            return -1;
    return append_head(store, &entries[count - 1], error);
}

int log_append(struct store *store, const struct text *entry, struct error *error)
{
    return log_append_array(store, entry, 1, error);
}

int log_append_changes(struct store *store, const struct delivery_change *changes, size_t count,
                       struct error *error)
{
    const struct text *last = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!changes[i].entry)
            continue;
        if (!last && know_tree(store, error) < 0)
            return -1;
        if (append_entry(store, changes[i].entry, error) < 0)
            return -1;
        last = changes[i].entry;
    }
    return last ? append_head(store, last, error) : 0;
}

int store_append(struct store *store, const struct text *entries, size_t count, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, log_append_array(store, entries, count, error), error);
}

/* --- reading --------------------------------------------------------------------------------- */

/* A hash of another length is no hash: it becomes one that nothing fits. */
static void read_hash(sqlite3_stmt *statement, int column, unsigned char out[SHA256_SIZE])
{
    if (!sqlite_bytes(statement, column, out, SHA256_SIZE))
        memset(out, 0, SHA256_SIZE);
}

static void read_entry(sqlite3_stmt *statement, unsigned char leaf[SHA256_SIZE],
                       struct stored_entry *out)
{
    const char *bytes = sqlite3_column_blob(statement, 1);

    *out = (struct stored_entry){
        .sequence = (uint64_t)sqlite3_column_int64(statement, 0),
        .bytes = bytes ? bytes : "", /* SQLite's word for no bytes is NULL */
        .size_bytes = (size_t)sqlite3_column_bytes(statement, 1),
        .leaf_hash = leaf,
    };
    read_hash(statement, 2, leaf);
}

int store_entries(struct store *store, uint64_t from,
                  bool (*each)(void *context, const struct stored_entry *entry), void *context,
                  struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ENTRIES, error);
    struct stored_entry entry;
    unsigned char leaf[SHA256_SIZE];
    int row;

    if (!statement)
        return -1;
    if (from > INT64_MAX)
        return 0;
    sqlite_bind_number(statement, 1, (int64_t)from);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        read_entry(statement, leaf, &entry);
        if (!each(context, &entry))
            break;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

static void read_head(sqlite3_stmt *statement, struct merkle_tree *tree, struct stored_head *out)
{
    unsigned char root[SHA256_SIZE];

    out->size = (uint64_t)sqlite3_column_int64(statement, 0);
    out->unix_ms = sqlite3_column_int64(statement, 2);
    read_hash(statement, 1, out->root);
    out->edge_fits = merkle_edge_read(tree, out->size, sqlite3_column_blob(statement, 3),
                                      (size_t)sqlite3_column_bytes(statement, 3));
    if (out->edge_fits) {
        merkle_root(tree, root);
        out->edge_fits = memcmp(root, out->root, sizeof(root)) == 0;
    }
}

int store_heads(struct store *store, uint64_t from,
                bool (*each)(void *context, const struct stored_head *head), void *context,
                struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_HEADS, error);
    struct stored_head head;
    struct merkle_tree tree;
    int row;

    if (!statement)
        return -1;
    if (from > INT64_MAX)
        return 0;
    /* A size below zero, which nobody has written but is to be seen, is read with the first. */
    sqlite_bind_number(statement, 1, from == 0 ? INT64_MIN : (int64_t)from);
    merkle_init(&tree);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        read_head(statement, &tree, &head);
        if (!each(context, &head))
            break;
    }
    merkle_release(&tree);
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_log_size(struct store *store, uint64_t *out, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_HEAD_LATEST, error);

    *out = 0;
    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

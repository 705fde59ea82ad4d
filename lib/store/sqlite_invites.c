#include <string.h>

#include "base/language.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the invitations");
static const char writing[] = N_("cannot store an invitation");

static int add_all(struct store *store, const struct stored_invite *invites, size_t count,
                   const struct text *entries, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = sqlite_statement(store, SQL_INVITE_ADD, error);
        if (!statement)
            return -1;
        sqlite_bind_bytes(statement, 1, invites[i].code_sha256, SHA256_SIZE);
        sqlite_bind_text(statement, 2, invites[i].municipality);
        sqlite_bind_number(statement, 3, invites[i].made_unix_ms);
        sqlite_bind_number(statement, 4, invites[i].expires_unix_ms);
        if (sqlite_run(store, statement, writing, error) < 0)
            return -1;
    }
    return log_append_array(store, entries, count, error);
}

int store_invites_add(struct store *store, const struct stored_invite *invites, size_t count,
                      const struct text *entries, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, add_all(store, invites, count, entries, error), error);
}

enum invite_state stored_invite_state(const struct stored_invite *invite, int64_t unix_ms)
{
    if (invite->used_unix_ms != 0)
        return INVITE_USED;
    if (invite->withdrawn_unix_ms != 0)
        return INVITE_WITHDRAWN;
    return invite->expires_unix_ms > unix_ms ? INVITE_VALID : INVITE_EXPIRED;
}

/* The municipality first: who holds another's code learns nothing of it. */
static enum invite_state state_of(sqlite3_stmt *statement, const char *municipality,
                                  int64_t unix_ms)
{
    if (strcmp(sqlite_text(statement, 0), municipality) != 0)
        return INVITE_ELSEWHERE;
    const struct stored_invite invite = {
        .expires_unix_ms = sqlite3_column_int64(statement, 1),
        .used_unix_ms = sqlite3_column_int64(statement, 2),
        .withdrawn_unix_ms = sqlite3_column_int64(statement, 3),
    };
    return stored_invite_state(&invite, unix_ms);
}

int store_invite_check(struct store *store, const struct stored_invite *invite, int64_t unix_ms,
                       enum invite_state *out, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_INVITE, error);

    *out = INVITE_UNKNOWN;
    if (!statement)
        return -1;
    sqlite_bind_bytes(statement, 1, invite->code_sha256, SHA256_SIZE);
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1)
        *out = state_of(statement, invite->municipality, unix_ms);
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

static int read_invite(struct store *store, sqlite3_stmt *statement, struct arena *arena,
                       struct stored_invite *out, struct error *error)
{
    *out = (struct stored_invite){
        .municipality = sqlite_text_copy(statement, 1, arena),
        .made_unix_ms = sqlite3_column_int64(statement, 2),
        .expires_unix_ms = sqlite3_column_int64(statement, 3),
        .used_unix_ms = sqlite3_column_int64(statement, 4),
        .withdrawn_unix_ms = sqlite3_column_int64(statement, 5),
    };
    return sqlite_bytes(statement, 0, out->code_sha256, SHA256_SIZE)
               ? 0
               : sqlite_damaged(store, N_("the hash of an invitation"), error);
}

int store_invites(struct store *store, struct arena *arena, struct stored_invite **out,
                  size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_INVITES, error);
    size_t capacity = 0;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        *out = arena_grow(arena, *out, *out_count, &capacity, sizeof(**out));
        row = read_invite(store, statement, arena, &(*out)[*out_count], error);
        if (row < 0)
            break;
        ++*out_count;
    }
    sqlite_done(statement);
    return row;
}

static int withdraw_all(struct store *store, const struct stored_invite *invites, size_t count,
                        int64_t unix_ms, const struct text *entries, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = sqlite_statement(store, SQL_INVITE_WITHDRAW, error);
        if (!statement)
            return -1;
        sqlite_bind_bytes(statement, 1, invites[i].code_sha256, SHA256_SIZE);
        sqlite_bind_text(statement, 2, invites[i].municipality);
        sqlite_bind_number(statement, 3, unix_ms);
        if (sqlite_run(store, statement, writing, error) < 0)
            return -1;
        if (sqlite3_changes(store->database) != 1)
            return error_set(error, ERROR_INPUT,
                             _("an invitation of %s has been used or withdrawn meanwhile: none was "
                               "withdrawn now"),
                             invites[i].municipality);
    }
    return log_append_array(store, entries, count, error);
}

int store_invites_withdraw(struct store *store, const struct stored_invite *invites, size_t count,
                           int64_t unix_ms, const struct text *entries, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, withdraw_all(store, invites, count, unix_ms, entries, error), error);
}

/* Whether the same one stands before this index. */
static bool is_repeated(const struct stored_invite *invites, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (memcmp(invites[i].code_sha256, invites[index].code_sha256, SHA256_SIZE) == 0 &&
            strcmp(invites[i].municipality, invites[index].municipality) == 0)
            return true;
    return false;
}

int invites_use(struct store *store, const struct stored_invite *invites, size_t count,
                int64_t unix_ms, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (is_repeated(invites, i))
            continue;
        sqlite3_stmt *statement = sqlite_statement(store, SQL_INVITE_USE, error);
        if (!statement)
            return -1;
        sqlite_bind_bytes(statement, 1, invites[i].code_sha256, SHA256_SIZE);
        sqlite_bind_text(statement, 2, invites[i].municipality);
        sqlite_bind_number(statement, 3, unix_ms);
        if (sqlite_run(store, statement, writing, error) < 0)
            return -1;
        if (sqlite3_changes(store->database) != 1)
            return error_set(
                error, ERROR_INPUT,
                _("the invitation of %s is not valid any more: nothing was registered"),
                invites[i].municipality);
    }
    return 0;
}

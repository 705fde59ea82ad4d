#include <string.h>

#include <jansson.h>

#include "base/language.h"
#include "base/memory.h"
#include "wire/json_string.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the accounts");
static const char writing[] = N_("cannot store an account");

/* --- settings -------------------------------------------------------------------------------- */

/* A JSON object, in the order given. Freed by the caller, with free(). */
static char *settings_to_json(const struct setting *settings, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++)
        if (json_object_set_new(object, settings[i].name, json_string(settings[i].value)) < 0) {
            json_decref(object);
            return NULL; /* not UTF-8 */
        }
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static bool has_setting(const struct setting *settings, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(settings[i].name, name) == 0)
            return true;
    return false;
}

/* Settings as they are written here, most often. False: they are read by read_any_settings(), which
 * knows what is wrong with them, if anything is. */
static bool read_plain_settings(const char *json, struct arena *arena, struct account *account)
{
    struct setting *settings = NULL;
    size_t count = 0, capacity = 0;
    const char *at = json;

    do {
        const char *name = *at++ == (count ? ',' : '{') ? json_take_string(&at, arena) : NULL;
        const char *value = name && *at++ == ':' ? json_take_string(&at, arena) : NULL;
        if (!value || has_setting(settings, count, name))
            return false;
        settings = arena_grow(arena, settings, count, &capacity, sizeof(*settings));
        settings[count++] = (struct setting){name, value};
    } while (*at == ',');
    account->settings = settings;
    account->setting_count = count;
    return strcmp(at, "}") == 0;
}

static bool read_any_settings(const char *json, struct arena *arena, struct account *account)
{
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    const char *name;
    json_t *value;
    size_t count = 0;
    bool fine = json_is_object(object);

    struct setting *settings =
        arena_alloc_array(arena, json_object_size(object), sizeof(*settings));
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value)) {
            fine = false;
            break;
        }
        settings[count].name = arena_strdup(arena, name);
        settings[count++].value = arena_strdup(arena, json_string_value(value));
    }
    json_decref(object);
    account->settings = settings;
    account->setting_count = count;
    return fine;
}

bool store_settings_read(const char *json, struct arena *arena, struct account *out)
{
    return read_plain_settings(json, arena, out) || read_any_settings(json, arena, out);
}

/* --- changing -------------------------------------------------------------------------------- */

static int put_account(struct store *store, const struct stored_account *stored,
                       struct error *error)
{
    const struct account *account = &stored->account;
    char *settings = settings_to_json(account->settings, account->setting_count);
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_PUT, error);
    int result = -1;

    if (!settings)
        error_set(error, ERROR_INPUT, _("a setting of %s %s '%s' is not UTF-8"),
                  account->municipality, account->channel, account->label);
    if (!settings || !statement)
        goto out;
    sqlite_bind_text(statement, 1, account->municipality);
    sqlite_bind_text(statement, 2, account->channel);
    sqlite_bind_text(statement, 3, account->label);
    sqlite_bind_text(statement, 4, settings);
    sqlite_bind_bytes(statement, 5, stored->sealed, stored->sealed_size_bytes);
    sqlite_bind_number(statement, 6, stored->registered_unix_ms);
    sqlite_bind_number(statement, 7, stored->proven_unix_ms);
    result = sqlite_run(store, statement, writing, error);
out:
    free(settings);
    return result;
}

static int put_all(struct store *store, const struct stored_account *accounts, size_t count,
                   const struct text *entries, struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (put_account(store, &accounts[i], error) < 0)
            return -1;
    return log_append_array(store, entries, count, error);
}

int store_accounts_put(struct store *store, const struct stored_account *accounts, size_t count,
                       const struct text *entries, struct error *error)
{
    return store_accounts_register(store, accounts, count, NULL, 0, 0, entries, error);
}

int store_accounts_register(struct store *store, const struct stored_account *accounts,
                            size_t count, const struct stored_invite *invites, size_t invite_count,
                            int64_t unix_ms, const struct text *entries, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = invites_use(store, invites, invite_count, unix_ms, error);
    if (result == 0)
        result = put_all(store, accounts, count, entries, error);
    return sqlite_end(store, result, error);
}

static int remove_account(struct store *store, const char *municipality, const char *channel,
                          const char *label, const struct text *entry, bool *out_removed,
                          struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_REMOVE, error);

    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, municipality);
    sqlite_bind_text(statement, 2, channel);
    sqlite_bind_text(statement, 3, label);
    if (sqlite_run(store, statement, N_("cannot remove an account"), error) < 0)
        return -1;
    *out_removed = sqlite3_changes(store->database) > 0;
    return *out_removed ? log_append(store, entry, error) : 0;
}

int store_account_remove(struct store *store, const char *municipality, const char *channel,
                         const char *label, const struct text *entry, bool *out_removed,
                         struct error *error)
{
    *out_removed = false;
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = remove_account(store, municipality, channel, label, entry, out_removed, error);
    result = sqlite_end(store, result, error);
    if (result < 0)
        *out_removed = false;
    if (*out_removed)
        sqlite_empty_wal(store);
    return result;
}

int accounts_reseal(struct store *store, const struct stored_account *accounts, size_t count,
                    struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_RESEAL, error);
        if (!statement)
            return -1;
        sqlite_bind_number(statement, 1, accounts[i].row);
        sqlite_bind_bytes(statement, 2, accounts[i].sealed, accounts[i].sealed_size_bytes);
        if (sqlite_run(store, statement, writing, error) < 0)
            return -1;
    }
    return 0;
}

int store_accounts_reseal(struct store *store, const struct stored_account *accounts, size_t count,
                          const struct text *entry, struct error *error)
{
    return store_vault_reseal(store, accounts, count, NULL, 0, entry, error);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool read_account(sqlite3_stmt *statement, struct arena *arena, struct stored_account *out)
{
    const void *sealed = sqlite3_column_blob(statement, 5);
    size_t sealed_size = (size_t)sqlite3_column_bytes(statement, 5);

    *out = (struct stored_account){
        .row = sqlite3_column_int64(statement, 0),
        .account.municipality = sqlite_text_copy(statement, 1, arena),
        .account.channel = sqlite_text_copy(statement, 2, arena),
        .account.label = sqlite_text_copy(statement, 3, arena),
        .sealed = sealed ? arena_memdup(arena, sealed, sealed_size) : NULL,
        .sealed_size_bytes = sealed_size,
        .registered_unix_ms = sqlite3_column_int64(statement, 6),
        .proven_unix_ms = sqlite3_column_int64(statement, 7),
    };
    return store_settings_read(sqlite_text(statement, 4), arena, &out->account);
}

int store_accounts(struct store *store, struct arena *arena, struct stored_account **out,
                   size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNTS, error);
    struct stored_account *accounts = NULL;
    size_t count = 0, capacity = 0;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        accounts = arena_grow(arena, accounts, count, &capacity, sizeof(*accounts));
        if (!read_account(statement, arena, &accounts[count++])) {
            row = sqlite_damaged(store, N_("the settings of an account"), error);
            break;
        }
    }
    sqlite_done(statement);
    if (row < 0)
        return -1;
    *out = accounts;
    *out_count = count;
    return 0;
}

int store_account(struct store *store, struct arena *arena, const char *municipality,
                  const char *channel, const char *label, struct stored_account *out,
                  bool *out_found, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT, error);

    *out_found = false;
    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, municipality);
    sqlite_bind_text(statement, 2, channel);
    sqlite_bind_text(statement, 3, label);
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1 && !read_account(statement, arena, out))
        row = sqlite_damaged(store, N_("the settings of an account"), error);
    sqlite_done(statement);
    *out_found = row == 1;
    return row < 0 ? -1 : 0;
}

/* --- after a check --------------------------------------------------------------------------- */

/* The settings with one added or replaced, as JSON; NULL when there is no such account. */
static char *changed_settings(struct store *store, int64_t account_row, const char *name,
                              const char *value, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_SETTINGS, error);
    char *changed = NULL;

    if (!statement)
        return NULL;
    sqlite_bind_number(statement, 1, account_row);
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1) {
        json_t *object = json_loads(sqlite_text(statement, 0), JSON_REJECT_DUPLICATES, NULL);
        if (json_object_set_new(object, name, json_string(value)) == 0)
            changed = json_dumps(object, JSON_COMPACT);
        else
            sqlite_damaged(store, N_("the settings of an account"), error);
        json_decref(object);
    } else if (row == 0) {
        error_set(error, ERROR_INPUT, _("the account has been removed meanwhile"));
    }
    sqlite_done(statement);
    return changed;
}

int account_learn(struct store *store, int64_t account_row, const char *name, const char *value,
                  struct error *error)
{
    char *settings = changed_settings(store, account_row, name, value, error);
    sqlite3_stmt *statement = NULL;
    int result = -1;

    if (settings)
        statement = sqlite_statement(store, SQL_ACCOUNT_SET_SETTINGS, error);
    if (statement) {
        sqlite_bind_number(statement, 1, account_row);
        sqlite_bind_text(statement, 2, settings);
        result = sqlite_run(store, statement, writing, error);
    }
    free(settings);
    return result;
}

static int prove_account(struct store *store, int64_t account_row, const struct setting *learnt,
                         size_t learnt_count, int64_t unix_ms, const struct text *entry,
                         struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_PROVEN, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, account_row);
    sqlite_bind_number(statement, 2, unix_ms);
    if (sqlite_run(store, statement, writing, error) < 0)
        return -1;
    if (sqlite3_changes(store->database) == 0)
        return error_set(error, ERROR_INPUT, _("the account has been removed meanwhile"));
    for (size_t i = 0; i < learnt_count; i++)
        if (account_learn(store, account_row, learnt[i].name, learnt[i].value, error) < 0)
            return -1;
    return log_append(store, entry, error);
}

int store_account_proven(struct store *store, int64_t account_row, const struct setting *learnt,
                         size_t learnt_count, int64_t unix_ms, const struct text *entry,
                         struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = prove_account(store, account_row, learnt, learnt_count, unix_ms, entry, error);
    return sqlite_end(store, result, error);
}

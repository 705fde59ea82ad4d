#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/limits.h"
#include "model/credential.h"
#include "wire/json_string.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the deliveries");
static const char writing[] = N_("cannot record what was done");

/* --- changing -------------------------------------------------------------------------------- */

static void bind_number_unless_zero(sqlite3_stmt *statement, int index, int64_t value)
{
    if (value != 0)
        sqlite_bind_number(statement, index, value);
}

static void bind_failure(sqlite3_stmt *statement, const struct failure *failure)
{
    if (!failure || failure->kind == FAILURE_NONE)
        return;
    sqlite_bind_text(statement, 6, failure_kind_name(failure->kind));
    sqlite_bind_text(statement, 7, failure->code);
    sqlite_bind_text(statement, 8, failure->message);
    sqlite_bind_text(statement, 9, failure->next);
}

static int change_delivery(struct store *store, const struct delivery_change *change,
                           struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DELIVERY_CHANGE, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, change->row);
    sqlite_bind_text(statement, 2, delivery_state_name(change->state));
    sqlite_bind_number(statement, 3, change->attempts);
    if (change->progress)
        sqlite_bind_bytes(statement, 4, change->progress, change->progress_size_bytes);
    sqlite_bind_text(statement, 5, change->posts);
    bind_failure(statement, change->failure);
    bind_number_unless_zero(statement, 10, change->first_sent_unix_ms);
    bind_number_unless_zero(statement, 11, change->done_unix_ms);
    bind_number_unless_zero(statement, 12, change->duration_ms);
    if (sqlite_run(store, statement, writing, error) < 0)
        return -1;
    if (sqlite3_changes(store->database) == 0)
        return error_set(error, ERROR_SYSTEM, _("there is no delivery %lld"),
                         (long long)change->row);
    return 0;
}

/* An account that has been removed meanwhile is fine. */
static int prove_account(struct store *store, int64_t account_row, int64_t unix_ms,
                         struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_PROVEN, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, account_row);
    sqlite_bind_number(statement, 2, unix_ms);
    return sqlite_run(store, statement, writing, error);
}

/* One that has been removed, or registered anew, meanwhile stays as it is. */
static int reseal_account(struct store *store, const struct delivery_change *change,
                          struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_ACCOUNT_RESEAL, error);
    char end[RFC3339_SIZE];

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, change->resealed_account_row);
    sqlite_bind_bytes(statement, 2, change->sealed, change->sealed_size_bytes);
    sqlite_bind_bytes(statement, 3, change->was_sealed, change->was_sealed_size_bytes);
    if (sqlite_run(store, statement, writing, error) < 0)
        return -1;
    if (sqlite3_changes(store->database) == 0 || change->expires_unix_ms == 0)
        return 0;
    rfc3339_format_seconds(change->expires_unix_ms, end);
    return account_learn(store, change->resealed_account_row, CREDENTIAL_EXPIRES, end, error);
}

static int change_all(struct store *store, const struct delivery_change *changes, size_t count,
                      int64_t unix_ms, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].row != 0 && change_delivery(store, &changes[i], error) < 0)
            return -1;
        if (changes[i].resealed_account_row != 0 && reseal_account(store, &changes[i], error) < 0)
            return -1;
        if (changes[i].proven_account_row != 0 &&
            prove_account(store, changes[i].proven_account_row, unix_ms, error) < 0)
            return -1;
    }
    return log_append_changes(store, changes, count, error);
}

int store_commit(struct store *store, const struct delivery_change *changes, size_t count,
                 int64_t unix_ms, struct error *error)
{
    if (count == 0)
        return 0;
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, change_all(store, changes, count, unix_ms, error), error);
}

/* --- reading --------------------------------------------------------------------------------- */

static void copy_words(char *out, size_t size, sqlite3_stmt *statement, int column)
{
    const char *text = sqlite_text(statement, column);
    size_t length = strnlen(text, size - 1); /* never longer, unless someone else wrote it */

    memcpy(out, text, length);
    out[length] = '\0';
}

static void read_failure(sqlite3_stmt *statement, struct failure *out)
{
    out->kind = failure_kind_of(sqlite_text(statement, 12));
    copy_words(out->code, sizeof(out->code), statement, 13);
    copy_words(out->message, sizeof(out->message), statement, 14);
    copy_words(out->next, sizeof(out->next), statement, 15);
}

static bool read_delivery(sqlite3_stmt *statement, struct delivery_record *out)
{
    *out = (struct delivery_record){
        .row = sqlite3_column_int64(statement, 0),
        .municipality = sqlite_text(statement, 2),
        .municipality_name = sqlite_text(statement, 3),
        .channel = sqlite_text(statement, 4),
        .account = sqlite_text(statement, 5),
        .language = sqlite_text(statement, 6),
        .draft_row = sqlite3_column_int64(statement, 7),
        .state = delivery_state_of(sqlite_text(statement, 8)),
        .attempts = (unsigned)sqlite3_column_int(statement, 9),
        .posts = (const char *)sqlite3_column_text(statement, 10),
        .progress = sqlite3_column_blob(statement, 11),
        .progress_size_bytes = (size_t)sqlite3_column_bytes(statement, 11),
        .first_sent_unix_ms = sqlite3_column_int64(statement, 16),
        .done_unix_ms = sqlite3_column_int64(statement, 17),
        .duration_ms = sqlite3_column_int64(statement, 18),
        .part_count = (unsigned)sqlite3_column_int(statement, 19),
        .is_canary = sqlite3_column_int(statement, 20) != 0,
    };
    if (!out->posts)
        out->posts = "[]";
    read_failure(statement, &out->failure);
    return sqlite_bytes(statement, 1, out->key, sizeof(out->key)) &&
           out->state != DELIVERY_STATE_COUNT && out->failure.kind != FAILURE_KIND_COUNT;
}

static int each_delivery(struct store *store, enum statement name, int64_t number,
                         bool (*each)(void *context, const struct delivery_record *delivery),
                         void *context, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, name, error);
    struct delivery_record delivery;
    int row;

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, number);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        if (!read_delivery(statement, &delivery))
            row = sqlite_damaged(store, N_("the record of a delivery"), error);
        if (row < 0 || !each(context, &delivery))
            break;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_deliveries(struct store *store, int64_t run_row,
                     bool (*each)(void *context, const struct delivery_record *delivery),
                     void *context, struct error *error)
{
    return each_delivery(store, SQL_DELIVERIES, run_row, each, context, error);
}

int store_delivery(struct store *store, int64_t row,
                   bool (*each)(void *context, const struct delivery_record *delivery),
                   void *context, struct error *error)
{
    return each_delivery(store, SQL_DELIVERY, row, each, context, error);
}

int store_queue(struct store *store, int64_t run_row,
                bool (*each)(void *context, const struct queued_delivery *delivery), void *context,
                struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_QUEUE, error);
    int row;

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        const struct queued_delivery delivery = {
            .row = sqlite3_column_int64(statement, 0),
            .channel = sqlite_text(statement, 1),
            .state = delivery_state_of(sqlite_text(statement, 2)),
            .part_count = (unsigned)sqlite3_column_int(statement, 3),
            .settings = (const char *)sqlite3_column_text(statement, 4),
            .is_canary = sqlite3_column_int(statement, 5) != 0,
        };
        if (delivery.state == DELIVERY_STATE_COUNT)
            row = sqlite_damaged(store, N_("the state of a delivery"), error);
        if (row < 0 || !each(context, &delivery))
            break;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_version(struct store *store, int64_t *out, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_VERSION, error);

    if (!statement)
        return -1;
    int row = sqlite_next(store, statement, reading, error);
    *out = row == 1 ? sqlite3_column_int64(statement, 0) : 0;
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

int store_delivery_counts(struct store *store, int64_t run_row, size_t counts[DELIVERY_STATE_COUNT],
                          struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_STATES, error);
    int row;

    memset(counts, 0, DELIVERY_STATE_COUNT * sizeof(*counts));
    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        enum delivery_state state = delivery_state_of(sqlite_text(statement, 0));
        if (state == DELIVERY_STATE_COUNT) {
            row = sqlite_damaged(store, N_("the state of a delivery"), error);
            break;
        }
        counts[state]++;
    }
    sqlite_done(statement);
    return row < 0 ? -1 : 0;
}

/* --- drafts ---------------------------------------------------------------------------------- */

/* Parts as they are written (sqlite_runs.c), most often. False: any_parts_from_json() reads them.
 */
static bool plain_parts_from_json(const char *text, struct arena *arena, struct draft *out)
{
    const char **parts = arena_alloc_array(arena, THREAD_PARTS_MAX, sizeof(*parts));
    size_t count = 0;

    while (count < THREAD_PARTS_MAX && *text == (count > 0 ? ',' : '[')) {
        text++;
        parts[count] = json_take_string(&text, arena);
        if (!parts[count++])
            return false;
    }
    out->parts = parts;
    out->part_count = count;
    return count > 0 && strcmp(text, "]") == 0;
}

static bool any_parts_from_json(const char *text, struct arena *arena, struct draft *out)
{
    json_t *array = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const size_t count = json_array_size(array); /* 0 for what is no array */
    bool fine = count > 0 && count <= THREAD_PARTS_MAX;

    const char **parts = arena_alloc_array(arena, count + 1, sizeof(*parts));
    for (size_t i = 0; i < count && fine; i++) {
        const char *part = json_string_value(json_array_get(array, i));
        fine = part != NULL;
        parts[i] = arena_strdup(arena, part ? part : "");
    }
    json_decref(array);
    out->parts = parts;
    out->part_count = count;
    return fine;
}

static bool parts_from_json(const char *text, struct arena *arena, struct draft *out)
{
    return plain_parts_from_json(text, arena, out) || any_parts_from_json(text, arena, out);
}

static const char *copy_or_null(sqlite3_stmt *statement, int column, struct arena *arena)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return NULL;
    return sqlite_text_copy(statement, column, arena);
}

int store_draft(struct store *store, struct arena *arena, int64_t draft_row, struct draft *out,
                struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DRAFT, error);

    *out = (struct draft){0};
    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, draft_row);
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1) {
        out->channel = sqlite_text_copy(statement, 0, arena);
        out->language = sqlite_text_copy(statement, 1, arena);
        out->headline = sqlite_text_copy(statement, 2, arena);
        out->link = copy_or_null(statement, 4, arena);
        out->document = copy_or_null(statement, 5, arena);
        if (!parts_from_json(sqlite_text(statement, 3), arena, out))
            row = sqlite_damaged(store, N_("the text of a delivery"), error);
    } else if (row == 0) {
        row = sqlite_damaged(store, N_("a delivery has no text"), error);
    }
    sqlite_done(statement);
    return row < 0 ? -1 : media_of_draft(store, arena, draft_row, out, error);
}

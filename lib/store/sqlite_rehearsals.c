#include "store/rehearsals.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/language.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the rehearsals");
static const char adding[] = N_("cannot store the rehearsal");

/* --- times as a JSON array ------------------------------------------------------------------- */

static char *write_times(const struct rehearsal_times *times)
{
    json_t *array = json_array();
    char *text = NULL;
    bool fine = true;

    for (size_t i = 0; i < times->count && fine; i++)
        fine = json_array_append_new(array, json_integer(times->ms[i])) == 0;
    if (fine)
        text = json_dumps(array, JSON_COMPACT);
    json_decref(array);
    return text;
}

static bool read_times(const char *text, struct arena *arena, struct rehearsal_times *out)
{
    json_t *array = json_loads(text, 0, NULL);
    const json_t *value;
    size_t i;
    bool fine = json_is_array(array);
    int64_t *ms = arena_alloc_array(arena, json_array_size(array) + 1, sizeof(*ms));

    json_array_foreach(array, i, value)
    {
        fine = fine && json_is_integer(value);
        ms[i] = json_integer_value(value);
    }
    *out = (struct rehearsal_times){ms, json_array_size(array)};
    json_decref(array);
    return fine;
}

/* --- adding ---------------------------------------------------------------------------------- */

static int add(struct store *store, struct rehearsal_record *rehearsal, const char *posts,
               const char *places, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_REHEARSAL_ADD, error);

    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, rehearsal->id);
    sqlite_bind_text(statement, 2, rehearsal->plan);
    sqlite_bind_text(statement, 3, rehearsal->message);
    sqlite_bind_bytes(statement, 4, rehearsal->plan_sha256, sizeof(rehearsal->plan_sha256));
    sqlite_bind_number(statement, 5, rehearsal->seed);
    sqlite_bind_number(statement, 6, rehearsal->started_unix_ms);
    sqlite_bind_number(statement, 7, rehearsal->finished_unix_ms);
    sqlite_bind_number(statement, 8, (int64_t)rehearsal->municipality_count);
    sqlite_bind_number(statement, 9, (int64_t)rehearsal->reached_count);
    sqlite_bind_number(statement, 10, (int64_t)rehearsal->delivery_count);
    sqlite_bind_number(statement, 11, (int64_t)rehearsal->failed_count);
    sqlite_bind_number(statement, 12, (int64_t)rehearsal->in_doubt_count);
    sqlite_bind_text(statement, 13, posts);
    sqlite_bind_text(statement, 14, places);
    sqlite_bind_text(statement, 15, rehearsal->correction);
    sqlite_bind_number(statement, 16, rehearsal->correction_most_ms);
    sqlite_bind_number(statement, 17, rehearsal->correction_last_ms);
    if (sqlite_run(store, statement, adding, error) < 0)
        return -1;
    rehearsal->row = sqlite3_last_insert_rowid(store->database);
    return 0;
}

int store_rehearsal_add(struct store *store, struct rehearsal_record *rehearsal,
                        const struct text *entry, struct error *error)
{
    char *posts = write_times(&rehearsal->posts), *places = write_times(&rehearsal->places);
    int result = -1;

    rehearsal->row = 0;
    if (!posts || !places)
        error_set(error, ERROR_SYSTEM, _("the times of the rehearsal cannot be written"));
    else
        result = sqlite_begin(store, error);
    if (result == 0) {
        result = add(store, rehearsal, posts, places, error);
        if (result == 0)
            result = log_append(store, entry, error);
        result = sqlite_end(store, result, error);
    }
    free(places);
    free(posts);
    return result;
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_rehearsal(struct store *store, sqlite3_stmt *statement, struct arena *arena,
                          struct rehearsal_record *out, struct error *error)
{
    *out = (struct rehearsal_record){
        .row = sqlite3_column_int64(statement, 0),
        .id = sqlite_text_copy(statement, 1, arena),
        .plan = sqlite_text_copy(statement, 2, arena),
        .message = sqlite_text_copy(statement, 3, arena),
        .seed = sqlite3_column_int64(statement, 5),
        .started_unix_ms = sqlite3_column_int64(statement, 6),
        .finished_unix_ms = sqlite3_column_int64(statement, 7),
        .municipality_count = (size_t)sqlite3_column_int64(statement, 8),
        .reached_count = (size_t)sqlite3_column_int64(statement, 9),
        .delivery_count = (size_t)sqlite3_column_int64(statement, 10),
        .failed_count = (size_t)sqlite3_column_int64(statement, 11),
        .in_doubt_count = (size_t)sqlite3_column_int64(statement, 12),
        .correction = sqlite_text_copy(statement, 15, arena),
        .correction_most_ms = sqlite3_column_int64(statement, 16),
        .correction_last_ms = sqlite3_column_int64(statement, 17),
    };
    if (!sqlite_bytes(statement, 4, out->plan_sha256, sizeof(out->plan_sha256)) ||
        !read_times(sqlite_text(statement, 13), arena, &out->posts) ||
        !read_times(sqlite_text(statement, 14), arena, &out->places))
        return sqlite_damaged(store, N_("the record of a rehearsal"), error);
    return 0;
}

int store_rehearsal_latest(struct store *store, struct arena *arena, const char *plan,
                           const char *message, int64_t before_unix_ms,
                           struct rehearsal_record *out, bool *out_found, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_REHEARSAL_LATEST, error);

    *out_found = false;
    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, plan);
    sqlite_bind_text(statement, 2, message);
    sqlite_bind_number(statement, 3, before_unix_ms);
    int row = sqlite_next(store, statement, reading, error);
    if (row == 1 && read_rehearsal(store, statement, arena, out, error) < 0)
        row = -1;
    sqlite_done(statement);
    *out_found = row == 1;
    return row < 0 ? -1 : 0;
}

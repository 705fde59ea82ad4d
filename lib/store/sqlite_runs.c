#include <string.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "wire/json.h"

#include "store/sqlite.h"

static const char reading[] = N_("cannot read the runs");
static const char creating[] = N_("cannot create the run");

/* Of one draft, with every character escaped. */
enum { PARTS_MAX_BYTES = THREAD_PARTS_MAX * TEXT_MAX_BYTES * 6 };

#define NAMED_CASE(value, name)                                                                    \
    case value:                                                                                    \
        return name;

const char *run_state_name(enum run_state state)
{
    switch (state) {
        RUN_STATES(NAMED_CASE)
    case RUN_STATE_COUNT:
        break;
    }
    return "";
}

static enum run_state run_state_of(const char *name)
{
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        if (strcmp(run_state_name((enum run_state)i), name) == 0)
            return (enum run_state)i;
    return RUN_STATE_COUNT;
}

static const char *run_canary_name(enum run_canary canary)
{
    switch (canary) {
        RUN_CANARIES(NAMED_CASE)
    case RUN_CANARY_COUNT:
        break;
    }
    return "";
}

static enum run_canary run_canary_of(const char *name)
{
    for (int i = 0; i < RUN_CANARY_COUNT; i++)
        if (strcmp(run_canary_name((enum run_canary)i), name) == 0)
            return (enum run_canary)i;
    return RUN_CANARY_COUNT;
}

/* --- creating -------------------------------------------------------------------------------- */

static int refuse_key(const struct new_delivery *delivery, struct error *error)
{
    return error_set(
        error, ERROR_SYSTEM, _("two deliveries of the run have the same key: %s %s '%s' (%s)"),
        delivery->municipality, delivery->channel, delivery->account, delivery->language);
}

/* Where a key would begin to look for its slot: it is part of a hash already. */
static size_t first_slot(const unsigned char *key)
{
    uint64_t number;

    memcpy(&number, key, sizeof(number));
    return (size_t)number;
}

/* The key is what keeps a delivery from being sent twice: it must name one delivery only. Four
 * bytes for each, in a table that is never more than half full: there may be a million. */
static int check_keys(const struct new_deliveries *deliveries, struct error *error)
{
    size_t capacity = 2;
    int result = 0;

    while (capacity < deliveries->count * 2)
        capacity *= 2;
    if (deliveries->count >= UINT32_MAX)
        return error_set(error, ERROR_SYSTEM, _("a run cannot have %zu deliveries"),
                         deliveries->count);
    uint32_t *slots = memory_alloc_array(capacity, sizeof(*slots)); /* 0: free; else index + 1 */
    for (size_t i = 0; i < deliveries->count && result == 0; i++) {
        const struct new_delivery delivery = new_delivery_at(deliveries, i);
        size_t slot = first_slot(delivery.key) & (capacity - 1);
        for (; slots[slot] && result == 0; slot = (slot + 1) & (capacity - 1)) {
            const struct new_delivery other = new_delivery_at(deliveries, slots[slot] - 1);
            if (memcmp(other.key, delivery.key, sizeof(delivery.key)) == 0)
                result = refuse_key(&delivery, error);
        }
        if (result == 0)
            slots[slot] = (uint32_t)i + 1;
    }
    memory_free(slots);
    return result;
}

static int add_run(struct store *store, struct run_record *run, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUN_ADD, error);

    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, run->id);
    sqlite_bind_text(statement, 2, run->plan);
    sqlite_bind_text(statement, 3, run->plan_file);
    sqlite_bind_text(statement, 4, run->message);
    sqlite_bind_text(statement, 5, run->kind);
    sqlite_bind_text(statement, 6, run_mode_name(run->mode));
    sqlite_bind_text(statement, 7, run_state_name(run->state));
    sqlite_bind_number(statement, 8, run->threshold);
    sqlite_bind_number(statement, 9, run->started_unix_ms);
    sqlite_bind_number(statement, 10, run->expires_unix_ms);
    sqlite_bind_number(statement, 11, run->finished_unix_ms);
    sqlite_bind_number(statement, 12, (int64_t)run->municipality_count);
    sqlite_bind_number(statement, 13, (int64_t)run->delivery_count);
    sqlite_bind_bytes(statement, 14, run->plan_sha256, sizeof(run->plan_sha256));
    sqlite_bind_text(statement, 15, run->approval ? run->approval : "{}");
    sqlite_bind_text(statement, 16, run->follows ? run->follows : "");
    sqlite_bind_text(statement, 17, run_canary_name(run->canary));
    if (sqlite_run(store, statement, creating, error) < 0)
        return -1;
    run->row = sqlite3_last_insert_rowid(store->database);
    return 0;
}

/* A JSON array; `overflowed` where a part is not UTF-8. */
static void add_parts(struct text *out, const struct draft *draft)
{
    text_add_char(out, '[');
    for (size_t i = 0; i < draft->part_count; i++)
        json_add_string(out, draft->parts[i]);
    text_add_char(out, ']');
}

static int add_draft(struct store *store, int64_t run_row, const struct draft *draft, int64_t *row,
                     struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DRAFT_ADD, error);
    struct text parts;
    int result = -1;

    text_init(&parts, PARTS_MAX_BYTES);
    add_parts(&parts, draft);
    if (parts.overflowed)
        error_set(error, ERROR_INPUT, _("a text for channel %s (%s) is not UTF-8"), draft->channel,
                  draft->language);
    if (parts.overflowed || !statement)
        goto out;
    sqlite_bind_number(statement, 1, run_row);
    sqlite_bind_text(statement, 2, draft->channel);
    sqlite_bind_text(statement, 3, draft->language);
    sqlite_bind_text(statement, 4, draft->headline ? draft->headline : "");
    sqlite_bind_text(statement, 5, parts.bytes);
    sqlite_bind_text(statement, 6, draft->link);
    sqlite_bind_text(statement, 7, draft->document);
    result = sqlite_run(store, statement, creating, error);
    *row = sqlite3_last_insert_rowid(store->database);
    if (result == 0)
        result = media_add(store, *row, draft, error);
out:
    text_release(&parts);
    return result;
}

static int add_delivery(struct store *store, int64_t run_row, const struct new_delivery *delivery,
                        int64_t draft_row, size_t part_count, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_DELIVERY_ADD, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    sqlite_bind_bytes(statement, 2, delivery->key, sizeof(delivery->key));
    sqlite_bind_text(statement, 3, delivery->municipality);
    sqlite_bind_text(statement, 4, delivery->municipality_name);
    sqlite_bind_text(statement, 5, delivery->channel);
    sqlite_bind_text(statement, 6, delivery->account);
    sqlite_bind_text(statement, 7, delivery->language);
    sqlite_bind_number(statement, 8, draft_row);
    sqlite_bind_text(statement, 9, delivery_state_name(DELIVERY_QUEUED));
    sqlite_bind_number(statement, 10, (int64_t)part_count);
    sqlite_bind_number(statement, 11, delivery->is_canary);
    return sqlite_run(store, statement, creating, error);
}

static int fill_run(struct store *store, struct run_record *run, const struct draft *drafts,
                    size_t draft_count, const struct new_deliveries *deliveries,
                    const struct text *entry, struct error *error)
{
    int64_t *draft_rows = memory_alloc_array(draft_count + 1, sizeof(*draft_rows));
    int result = add_run(store, run, error);

    for (size_t i = 0; i < draft_count && result == 0; i++)
        result = add_draft(store, run->row, &drafts[i], &draft_rows[i], error);
    for (size_t i = 0; i < deliveries->count && result == 0; i++) {
        const struct new_delivery delivery = new_delivery_at(deliveries, i);
        size_t draft = delivery.draft;
        result = draft < draft_count ? add_delivery(store, run->row, &delivery, draft_rows[draft],
                                                    drafts[draft].part_count, error)
                                     : error_set(error, ERROR_SYSTEM, _("a delivery has no text"));
    }
    if (result == 0)
        result = log_append(store, entry, error);
    memory_free(draft_rows);
    return result;
}

int store_run_create(struct store *store, struct run_record *run, const struct draft *drafts,
                     size_t draft_count, const struct new_deliveries *deliveries,
                     const struct text *entry, struct error *error)
{
    run->row = 0;
    run->delivery_count = deliveries->count;
    if (check_keys(deliveries, error) < 0 || sqlite_begin(store, error) < 0)
        return -1;
    int result = fill_run(store, run, drafts, draft_count, deliveries, entry, error);
    result = sqlite_end(store, result, error);
    if (result < 0)
        run->row = 0;
    return result;
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_run(struct store *store, sqlite3_stmt *statement, struct arena *arena,
                    struct run_record *out, struct error *error)
{
    *out = (struct run_record){
        .row = sqlite3_column_int64(statement, 0),
        .id = sqlite_text_copy(statement, 1, arena),
        .plan = sqlite_text_copy(statement, 2, arena),
        .plan_file = sqlite_text_copy(statement, 3, arena),
        .message = sqlite_text_copy(statement, 4, arena),
        .kind = sqlite_text_copy(statement, 5, arena),
        .mode = run_mode_of(sqlite_text(statement, 6)),
        .state = run_state_of(sqlite_text(statement, 7)),
        .threshold = (unsigned)sqlite3_column_int(statement, 8),
        .started_unix_ms = sqlite3_column_int64(statement, 9),
        .expires_unix_ms = sqlite3_column_int64(statement, 10),
        .finished_unix_ms = sqlite3_column_int64(statement, 11),
        .municipality_count = (size_t)sqlite3_column_int64(statement, 12),
        .delivery_count = (size_t)sqlite3_column_int64(statement, 13),
        .approval = sqlite_text_copy(statement, 15, arena),
        .follows = sqlite_text_copy(statement, 16, arena),
        .canary = run_canary_of(sqlite_text(statement, 17)),
    };
    if (out->mode == RUN_MODE_COUNT || out->state == RUN_STATE_COUNT ||
        out->canary == RUN_CANARY_COUNT ||
        !sqlite_bytes(statement, 14, out->plan_sha256, sizeof(out->plan_sha256)))
        return sqlite_damaged(store, N_("the record of a run"), error);
    return 0;
}

/* The one row of a bound statement, which is ended. */
static int find_run(struct store *store, sqlite3_stmt *statement, struct arena *arena,
                    struct run_record *out, bool *out_found, struct error *error)
{
    int row = sqlite_next(store, statement, reading, error);

    *out_found = row == 1;
    if (row == 1 && read_run(store, statement, arena, out, error) < 0)
        row = -1;
    sqlite_done(statement);
    if (row < 0)
        *out_found = false;
    return row < 0 ? -1 : 0;
}

int store_run_find(struct store *store, struct arena *arena, const char *id, struct run_record *out,
                   bool *out_found, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, id ? SQL_RUN_BY_ID : SQL_RUN_LATEST, error);

    *out_found = false;
    if (!statement)
        return -1;
    if (id)
        sqlite_bind_text(statement, 1, id);
    return find_run(store, statement, arena, out, out_found, error);
}

int store_run_latest_of(struct store *store, struct arena *arena, const char *plan,
                        const char *message, enum run_mode mode, int64_t since_unix_ms,
                        struct run_record *out, bool *out_found, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUN_LATEST_OF, error);

    *out_found = false;
    if (!statement)
        return -1;
    sqlite_bind_text(statement, 1, plan);
    sqlite_bind_text(statement, 2, message);
    sqlite_bind_text(statement, 3, run_mode_name(mode));
    sqlite_bind_number(statement, 4, since_unix_ms);
    return find_run(store, statement, arena, out, out_found, error);
}

int store_runs(struct store *store, struct arena *arena, struct run_record **out, size_t *out_count,
               struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUNS, error);
    struct run_record *runs = NULL;
    size_t count = 0, capacity = 0;
    int row;

    *out = NULL;
    *out_count = 0;
    if (!statement)
        return -1;
    while ((row = sqlite_next(store, statement, reading, error)) == 1) {
        runs = arena_grow(arena, runs, count, &capacity, sizeof(*runs));
        if (read_run(store, statement, arena, &runs[count++], error) < 0) {
            row = -1;
            break;
        }
    }
    sqlite_done(statement);
    if (row < 0)
        return -1;
    *out = runs;
    *out_count = count;
    return 0;
}

/* --- changing -------------------------------------------------------------------------------- */

static int set_state(struct store *store, int64_t run_row, enum run_state state, int64_t unix_ms,
                     const struct text *entry, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUN_SET_STATE, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    sqlite_bind_text(statement, 2, run_state_name(state));
    sqlite_bind_number(statement, 3, state == RUN_UNFINISHED ? 0 : unix_ms);
    if (sqlite_run(store, statement, N_("cannot change the run"), error) < 0)
        return -1;
    if (sqlite3_changes(store->database) == 0)
        return error_set(error, ERROR_SYSTEM, _("there is no run %lld"), (long long)run_row);
    return log_append(store, entry, error);
}

int store_run_set_state(struct store *store, int64_t run_row, enum run_state state, int64_t unix_ms,
                        const struct text *entry, struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, set_state(store, run_row, state, unix_ms, entry, error), error);
}

static int run_on(struct store *store, enum statement name, int64_t run_row, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, name, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    return sqlite_run(store, statement, N_("cannot change the run"), error);
}

static int stop(struct store *store, int64_t run_row, bool with_rest, int64_t unix_ms,
                const struct text *entry, bool *out_marked, struct error *error)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQL_RUN_STOP, error);

    if (!statement)
        return -1;
    sqlite_bind_number(statement, 1, run_row);
    sqlite_bind_number(statement, 2, unix_ms);
    if (sqlite_run(store, statement, N_("cannot stop the run"), error) < 0)
        return -1;
    *out_marked = sqlite3_changes(store->database) > 0;
    if (!*out_marked)
        return 0;
    if (with_rest && run_on(store, SQL_RUN_STOP_REST, run_row, error) < 0)
        return -1;
    return log_append(store, entry, error);
}

int store_run_stop(struct store *store, int64_t run_row, bool with_rest, int64_t unix_ms,
                   const struct text *entry, bool *out_marked, struct error *error)
{
    *out_marked = false;
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = stop(store, run_row, with_rest, unix_ms, entry, out_marked, error);
    result = sqlite_end(store, result, error);
    if (result < 0)
        *out_marked = false;
    return result;
}

int store_run_resume(struct store *store, int64_t run_row, const struct text *entry,
                     struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    int result = set_state(store, run_row, RUN_UNFINISHED, 0, entry, error);
    if (result == 0)
        result = run_on(store, SQL_RUN_QUEUE_STOPPED, run_row, error);
    return sqlite_end(store, result, error);
}

static int pass_canary(struct store *store, int64_t run_row, const struct text *entry,
                       struct error *error)
{
    if (run_on(store, SQL_RUN_PASS_CANARY, run_row, error) < 0)
        return -1;
    if (sqlite3_changes(store->database) == 0)
        return error_set(error, ERROR_SYSTEM, _("the rest of the run does not wait for canaries"));
    return log_append(store, entry, error);
}

int store_run_pass_canary(struct store *store, int64_t run_row, const struct text *entry,
                          struct error *error)
{
    if (sqlite_begin(store, error) < 0)
        return -1;
    return sqlite_end(store, pass_canary(store, run_row, entry, error), error);
}

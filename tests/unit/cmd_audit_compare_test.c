/* No cell of the database that the audit log tells of can be changed without `audit verify` finding
 * it, and the first entry that does not fit is named. */
#include <stdlib.h>

#include "store_fixture.h"

#include "base/civil_time.h"
#include "base/encode.h"
#include "dispatch/progress.h"
#include "dispatch/run.h"
#include "dispatch/texts.h"
#include "store/rehearsals.h"
#include "store/sqlite.h"

#include "cmd/audit_compare.h"
#include "cmd/audit_verify.h"

#include "property.h"

enum { CELL_SIZE = 1024, WORDS_SIZE = 512, ROUNDS = 2500 };

/* --- a store in which much has happened ------------------------------------------------------- */

static const char two_posts[] = "[{\"id\":\"1\",\"url\":\"https://x.example/"
                                "1\"},{\"id\":\"2\",\"url\":\"https://x.example/2\"}]";

/* What became of each delivery of a run: the states that were told, the last one as it stands. */
struct history {
    const char *municipality;
    struct {
        enum delivery_state state;
        bool is_told;
        unsigned attempts;
        const char *posts;
        enum failure_kind failure;
    } steps[4];
    size_t count;
};

static const struct history live[] = {
    {"0301",
     {{DELIVERY_SENDING, true, 1, NULL, FAILURE_NONE},
      {DELIVERY_POSTED, true, 1, two_posts, FAILURE_NONE}},
     2},
    {"1103",
     {{DELIVERY_SENDING, true, 1, NULL, FAILURE_NONE},
      {DELIVERY_FAILED, true, 1, NULL, FAILURE_CONTENT}},
     2},
    {"4601",
     {{DELIVERY_SENDING, true, 1, NULL, FAILURE_NONE},
      {DELIVERY_IN_DOUBT, true, 1, NULL, FAILURE_NETWORK}},
     2},
    {"4640",
     {{DELIVERY_SENDING, true, 1, NULL, FAILURE_NONE},
      {DELIVERY_WAITING, true, 1, "[]", FAILURE_RATE_LIMIT}},
     2},
    {"5001", {{DELIVERY_SENDING, true, 1, NULL, FAILURE_NONE}}, 1},
    {"5501", {{DELIVERY_SENDING, false, 1, NULL, FAILURE_NONE}}, 1},
    {"5601", {{DELIVERY_QUEUED, false, 0, NULL, FAILURE_NONE}}, 0},
    {"5603",
     {{DELIVERY_SENDING, true, 1, NULL, FAILURE_NONE},
      {DELIVERY_IN_DOUBT, true, 1, NULL, FAILURE_NETWORK},
      {DELIVERY_QUEUED, false, 1, NULL, FAILURE_NONE}},
     3},
};
static const struct history dry[] = {
    {"0301", {{DELIVERY_WOULD_POST, false, 0, NULL, FAILURE_NONE}}, 1},
    {"1103", {{DELIVERY_FAILED, false, 0, NULL, FAILURE_CONTENT}}, 1},
    {"4601", {{DELIVERY_QUEUED, false, 0, NULL, FAILURE_NONE}}, 0},
};

static void tell_start(const struct run_record *run, const struct new_delivery *deliveries,
                       size_t count, struct text *entry)
{
    char expires[RFC3339_SIZE];
    unsigned char texts[SHA256_SIZE];
    struct text hex;

    text_init(&hex, SHA256_SIZE * 2);
    hex_add(&hex, run->plan_sha256, SHA256_SIZE);
    rfc3339_format_seconds(run->expires_unix_ms, expires);
    entry_begin(entry, run->mode == MODE_DRY_RUN ? ENTRY_DRY_RUN : ENTRY_RUN_STARTED, "coordinator",
                now_ms);
    entry_add(entry, "run", run->id);
    entry_add(entry, "plan", run->plan);
    entry_add(entry, "plan-sha256", hex.bytes);
    entry_add(entry, "message", run->message);
    entry_add(entry, "kind", run->kind);
    entry_add(entry, "mode", run_mode_name(run->mode));
    entry_add(entry, "expires", expires);
    entry_add_number(entry, "threshold", run->threshold);
    entry_add_number(entry, "municipalities", (int64_t)run->municipality_count);
    entry_add_number(entry, "deliveries", (int64_t)count);
    texts_of_new(drafts, 2, &(struct new_deliveries){.count = count, .all = deliveries}, texts);
    text_reset(&hex);
    hex_add(&hex, texts, SHA256_SIZE);
    entry_add(entry, "deliveries-sha256", hex.bytes);
    text_release(&hex);
}

static int64_t make_run(struct fixture *fixture, const char *id, enum run_mode mode,
                        const struct history *histories, size_t count)
{
    struct run_record run = run_of(id);
    struct new_delivery *deliveries = calloc(count, sizeof(*deliveries));
    struct text entry;

    run.mode = mode;
    for (size_t i = 0; i < count; i++) {
        deliveries[i] = (struct new_delivery){
            .municipality = histories[i].municipality,
            .municipality_name = "Name",
            .channel = "x",
            .account = "default",
            .language = "nb",
        };
        run_delivery_key(id, histories[i].municipality, "x", "default", "nb", deliveries[i].key);
    }
    tell_start(&run, deliveries, count, &entry);
    assert_int_equal(store_run_create(fixture->store, &run, drafts, 2,
                                      &(struct new_deliveries){.count = count, .all = deliveries},
                                      &entry, &fixture->error),
                     0);
    text_release(&entry);
    free(deliveries);
    return run.row;
}

static void tell_step(const char *run, const struct history *history, size_t step,
                      struct text *entry)
{
    const char *posts = history->steps[step].posts;
    enum delivery_state state = history->steps[step].state;
    struct post list[THREAD_PARTS_MAX];
    unsigned char key[16];
    struct text name;
    size_t count = 0;

    run_delivery_key(run, history->municipality, "x", "default", "nb", key);
    text_init(&name, 32);
    base64url_add(&name, key, sizeof(key));
    entry_begin(entry, state == DELIVERY_SENDING ? ENTRY_ATTEMPT : ENTRY_OUTCOME, "dispatcher",
                now_ms);
    entry_add(entry, "run", run);
    entry_add(entry, "delivery", name.bytes);
    entry_add_number(entry, "attempt", history->steps[step].attempts);
    if (state != DELIVERY_SENDING)
        entry_add(entry, "state", delivery_state_name(state));
    if (history->steps[step].failure != FAILURE_NONE) {
        entry_add(entry, "failure", failure_kind_name(history->steps[step].failure));
        entry_add(entry, "code", "190/463");
    }
    if (posts)
        assert_true(posts_read(posts, list, &count));
    for (size_t i = 0; i < count; i++) {
        entry_add(entry, "post", list[i].id);
        entry_add(entry, "url", list[i].url);
    }
    text_release(&name);
}

static void live_through(struct fixture *fixture, const char *run, int64_t row,
                         const struct history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        struct failure failure = {.kind = history->steps[i].failure, .code = "190/463"};
        struct text entry;
        struct delivery_change change = {
            .row = row,
            .state = history->steps[i].state,
            .attempts = history->steps[i].attempts,
            .posts = history->steps[i].posts,
            .failure = failure.kind == FAILURE_NONE ? NULL : &failure,
            .done_unix_ms =
                delivery_state_is_final(history->steps[i].state) ? now_ms + (int64_t)i : 0,
            .entry = history->steps[i].is_told ? &entry : NULL,
        };
        tell_step(run, history, i, &entry);
        assert_int_equal(store_commit(fixture->store, &change, 1, now_ms, &fixture->error), 0);
        text_release(&entry);
    }
}

static void rehearse(struct fixture *fixture, const char *id, int64_t finished_unix_ms)
{
    static const int64_t times[] = {180, 240, 900};
    struct rehearsal_record rehearsal = {
        .id = id,
        .plan = "flom",
        .message = "alert",
        .started_unix_ms = finished_unix_ms - 1000,
        .finished_unix_ms = finished_unix_ms,
        .municipality_count = 3,
        .delivery_count = 5,
        .failed_count = 1,
        .in_doubt_count = 1,
        .posts = {times, 3},
        .places = {times, 2},
        .correction = "",
    };
    struct text entry;

    entry_begin(&entry, ENTRY_REHEARSED, "coordinator", finished_unix_ms);
    entry_add(&entry, "rehearsal", id);
    entry_add(&entry, "plan", "flom");
    entry_add(&entry, "message", "alert");
    entry_add_number(&entry, "municipalities", 3);
    entry_add_number(&entry, "deliveries", 5);
    entry_add_number(&entry, "posted", 3);
    entry_add_number(&entry, "failed", 1);
    entry_add_number(&entry, "in-doubt", 1);
    assert_int_equal(store_rehearsal_add(fixture->store, &rehearsal, &entry, &fixture->error), 0);
    text_release(&entry);
}

static void make_history(struct fixture *fixture)
{
    enum { LIVE = sizeof(live) / sizeof(live[0]), DRY = sizeof(dry) / sizeof(dry[0]) };
    struct text entry;

    int64_t first = make_run(fixture, "flom.alert.a", MODE_LIVE, live, LIVE);
    struct seen rows = deliveries_of(fixture, first, 16);
    for (size_t i = 0; i < LIVE; i++)
        live_through(fixture, "flom.alert.a", rows.rows[i], &live[i]);
    int64_t second = make_run(fixture, "flom.alert.b", MODE_LIVE, live, 1);
    rows = deliveries_of(fixture, second, 16);
    live_through(fixture, "flom.alert.b", rows.rows[0], &live[0]);
    entry_begin(&entry, ENTRY_RUN_FINISHED, "coordinator", now_ms);
    entry_add(&entry, "run", "flom.alert.b");
    assert_int_equal(
        store_run_set_state(fixture->store, second, RUN_FINISHED, now_ms, &entry, &fixture->error),
        0);
    text_release(&entry);
    int64_t third = make_run(fixture, "flom.alert.c", MODE_DRY_RUN, dry, DRY);
    rows = deliveries_of(fixture, third, 16);
    for (size_t i = 0; i < DRY; i++)
        live_through(fixture, "flom.alert.c", rows.rows[i], &dry[i]);
    rehearse(fixture, "flom.alert.d", now_ms);
    rehearse(fixture, "flom.alert.e", now_ms + 5000);
}

/* --- verifying ------------------------------------------------------------------------------- */

static int verify(struct fixture *fixture)
{
    struct audit_verification verification;
    struct audit_comparison comparison;
    struct told *told = told_new(NULL);

    error_clear(&fixture->error);
    int result = audit_verify(fixture->store, told, &verification, &fixture->error);
    if (result == 0)
        result = audit_compare(fixture->store, told, &comparison, &fixture->error);
    told_free(told);
    return result;
}

/* One run, or all: NULL. */
static int compare(struct fixture *fixture, const char *run, struct audit_comparison *out)
{
    struct told *told = told_new(run);

    int result = told_read(told, fixture->store, &fixture->error);
    if (result == 0)
        result = audit_compare(fixture->store, told, out, &fixture->error);
    told_free(told);
    return result;
}

static void execute(struct fixture *fixture, const char *sql)
{
    if (sqlite3_exec(fixture->store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(fixture->store->database));
}

static void assert_found(struct fixture *fixture, const char *what)
{
    if (verify(fixture) == 0)
        fail_msg("not found: %s", what);
    if (fixture->error.kind != ERROR_VERIFICATION || !strstr(fixture->error.message, "entry "))
        fail_msg("%s: %s", what, fixture->error.message);
}

static void what_has_happened_verifies(void **state)
{
    struct fixture *fixture = *state;
    struct audit_comparison comparison;

    make_history(fixture);
    if (verify(fixture) < 0)
        fail_msg("%s", fixture->error.message);
    assert_int_equal(compare(fixture, NULL, &comparison), 0);
    assert_int_equal(comparison.run_count, 3);
    assert_int_equal(comparison.delivery_count, 12);
}

/* When something happened is part of what the entries tell. */
static void another_time_is_found(void **state)
{
    static const char *const changes[] = {
        "UPDATE deliveries SET done_ms = done_ms + 60000 WHERE row = 1",
        "UPDATE deliveries SET done_ms = done_ms - 60000 WHERE row = 2",
        "UPDATE deliveries SET done_ms = 0 WHERE row = 1",
        "UPDATE deliveries SET done_ms = 'today' WHERE row = 1",
        "UPDATE runs SET started_ms = started_ms + 60000 WHERE row = 1",
        "UPDATE runs SET finished_ms = finished_ms - 60000 WHERE row = 2",
    };
    struct fixture *fixture = *state;

    make_history(fixture);
    assert_int_equal(verify(fixture), 0);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        execute(fixture, "SAVEPOINT before");
        execute(fixture, changes[i]);
        assert_found(fixture, changes[i]);
        execute(fixture, "ROLLBACK TO before");
        execute(fixture, "RELEASE before");
    }
    assert_int_equal(verify(fixture), 0);
}

/* Of a rehearsal's posts it is told how many there were. */
static void other_rehearsals_are_found(void **state)
{
    static const char *const changes[] = {
        "UPDATE rehearsals SET posts_ms = '[180,240]' WHERE row = 1",
        "UPDATE rehearsals SET posts_ms = '[180,240,900,901]' WHERE row = 1",
        "UPDATE rehearsals SET posts_ms = '[180,240,900' WHERE row = 2",
        "UPDATE rehearsals SET posts_ms = '[180,,900]' WHERE row = 2",
        "UPDATE rehearsals SET posts_ms = '' WHERE row = 2",
        "UPDATE rehearsals SET row = 3 WHERE row = 1",
        "DELETE FROM rehearsals",
    };
    struct fixture *fixture = *state;
    struct audit_comparison comparison;

    make_history(fixture);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        execute(fixture, "SAVEPOINT before");
        execute(fixture, changes[i]);
        assert_found(fixture, changes[i]);
        error_clear(&fixture->error);
        assert_int_equal(compare(fixture, "flom.alert.a", &comparison), 0);
        execute(fixture, "ROLLBACK TO before");
        execute(fixture, "RELEASE before");
    }
    assert_int_equal(verify(fixture), 0);
}

/* A run is judged by its own rows and entries, whatever was done to others. */
static void one_run_is_compared_alone(void **state)
{
    struct fixture *fixture = *state;
    struct audit_comparison comparison;

    make_history(fixture);
    assert_int_equal(compare(fixture, "flom.alert.a", &comparison), 0);
    assert_int_equal(comparison.run_count, 1);
    assert_int_equal(comparison.delivery_count, sizeof(live) / sizeof(live[0]));
    execute(fixture, "UPDATE deliveries SET attempts = attempts + 1 WHERE run = 1 AND row = 1");
    assert_int_equal(compare(fixture, "flom.alert.a", &comparison), -1);
    assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
    error_clear(&fixture->error);
    assert_int_equal(compare(fixture, "flom.alert.b", &comparison), 0);
    assert_int_equal(comparison.run_count, 1);
    execute(fixture, "UPDATE runs SET threshold = 9 WHERE row = 2");
    assert_int_equal(compare(fixture, "flom.alert.b", &comparison), -1);
    assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
}

/* --- one cell -------------------------------------------------------------------------------- */

static const struct column {
    const char *table, *row, *name;
    bool is_number;
} columns[] = {
    {"entries", "sequence", "sequence", true},
    {"entries", "sequence", "bytes", false},
    {"entries", "sequence", "leaf", false},
    {"heads", "size", "size", true},
    {"heads", "size", "root", false},
    {"heads", "size", "unix_ms", true},
    {"heads", "size", "edge", false},
    {"runs", "row", "id", false},
    {"runs", "row", "plan", false},
    {"runs", "row", "plan_sha256", false},
    {"runs", "row", "message", false},
    {"runs", "row", "kind", false},
    {"runs", "row", "mode", false},
    {"runs", "row", "state", false},
    {"runs", "row", "threshold", true},
    {"runs", "row", "municipality_count", true},
    {"runs", "row", "delivery_count", true},
    {"deliveries", "row", "run", true},
    {"deliveries", "row", "key", false},
    {"deliveries", "row", "municipality", false},
    {"deliveries", "row", "channel", false},
    {"deliveries", "row", "account", false},
    {"deliveries", "row", "language", false},
    {"deliveries", "row", "state", false},
    {"deliveries", "row", "attempts", true},
    {"deliveries", "row", "posts", false},
    {"deliveries", "row", "failure_kind", false},
    {"deliveries", "row", "failure_code", false},
    {"rehearsals", "row", "id", false},
    {"rehearsals", "row", "plan", false},
    {"rehearsals", "row", "message", false},
    {"rehearsals", "row", "finished_ms", true},
    {"rehearsals", "row", "municipality_count", true},
    {"rehearsals", "row", "delivery_count", true},
    {"rehearsals", "row", "failed_count", true},
    {"rehearsals", "row", "in_doubt_count", true},
};
enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

struct cell {
    bool is_null;
    size_t size;
    unsigned char bytes[CELL_SIZE];
};

static sqlite3_stmt *prepare(struct fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(fixture->store->database, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(fixture->store->database));
    return statement;
}

/* The primary key of one of the table's rows. */
static int64_t pick_row(struct fixture *fixture, const struct column *column, uint64_t *random)
{
    char sql[WORDS_SIZE];
    int64_t rows[128];
    size_t count = 0;

    (void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s", column->row, column->table);
    sqlite3_stmt *statement = prepare(fixture, sql);
    while (sqlite3_step(statement) == SQLITE_ROW && count < 128)
        rows[count++] = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_true(count > 0);
    return rows[property_below(random, count)];
}

static struct cell read_cell(struct fixture *fixture, const struct column *column, int64_t row)
{
    struct cell cell = {0};
    char sql[WORDS_SIZE];

    (void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE %s = %lld", column->name,
                   column->table, column->row, (long long)row);
    sqlite3_stmt *statement = prepare(fixture, sql);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        cell.is_null = sqlite3_column_type(statement, 0) == SQLITE_NULL;
        const void *bytes = sqlite3_column_blob(statement, 0);
        cell.size = (size_t)sqlite3_column_bytes(statement, 0);
        assert_true(cell.size < CELL_SIZE);
        if (cell.size > 0)
            memcpy(cell.bytes, bytes, cell.size);
    }
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return cell;
}

/* False when the database itself refuses the value (two rows of the same key). */
static bool write_cell(struct fixture *fixture, const struct column *column, int64_t row,
                       const struct cell *cell, bool is_blob)
{
    char sql[WORDS_SIZE];

    (void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?1 WHERE %s = %lld", column->table,
                   column->name, column->row, (long long)row);
    sqlite3_stmt *statement = prepare(fixture, sql);
    if (is_blob)
        (void)sqlite3_bind_blob(statement, 1, cell->bytes, (int)cell->size, SQLITE_STATIC);
    else
        (void)sqlite3_bind_text(statement, 1, (const char *)cell->bytes, (int)cell->size,
                                SQLITE_STATIC);
    bool is_written = sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_finalize(statement);
    return is_written;
}

static bool is_blob(const struct column *column)
{
    static const char *const names[] = {"bytes", "leaf", "root", "edge", "plan_sha256", "key"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], column->name) == 0)
            return true;
    return false;
}

static void change_bytes(struct cell *cell, uint64_t *random)
{
    size_t at = cell->size > 0 ? property_below(random, cell->size) : 0;

    switch (cell->size > 0 ? property_below(random, 4) : 1) {
    case 0: /* flipped */
        cell->bytes[at] = (unsigned char)(cell->bytes[at] ^ (1U << property_below(random, 8)));
        break;
    case 1: /* added */
        memmove(cell->bytes + at + 1, cell->bytes + at, cell->size - at);
        cell->bytes[at] = (unsigned char)property_below(random, 256);
        cell->size++;
        break;
    case 2: /* dropped */
        cell->size--;
        memmove(cell->bytes + at, cell->bytes + at + 1, cell->size - at);
        break;
    default: /* cut */
        cell->size = at;
        break;
    }
}

static void change_number(struct cell *cell, uint64_t *random)
{
    static const int64_t steps[] = {-1, 1, -2, 2, 1000, -1000, INT64_C(1) << 33};

    cell->bytes[cell->size] = '\0';
    int64_t value = strtoll((const char *)cell->bytes, NULL, 10);
    value += steps[property_below(random, sizeof(steps) / sizeof(steps[0]))];
    cell->size = (size_t)snprintf((char *)cell->bytes, CELL_SIZE, "%lld", (long long)value);
}

/* What a delivery under way may have that no entry tells of yet (audit_compare.h). */
static bool is_open(struct fixture *fixture, const struct column *column, int64_t row)
{
    static const struct column state = {"deliveries", "row", "state", false};

    if (strcmp(column->table, "deliveries") != 0)
        return false;
    struct cell now = read_cell(fixture, &state, row);
    bool is_sending = now.size == 7 && memcmp(now.bytes, "sending", 7) == 0;
    return is_sending &&
           (strcmp(column->name, "posts") == 0 || strcmp(column->name, "attempts") == 0);
}

/* Of a dry run's delivery nothing is told but that it was not sent. */
static bool is_dry(struct fixture *fixture, const struct column *column, int64_t row)
{
    static const struct column run = {"deliveries", "row", "run", true};

    if (strcmp(column->table, "deliveries") != 0 || strncmp(column->name, "failure", 7) != 0)
        return false;
    struct cell of = read_cell(fixture, &run, row);
    return of.size == 1 && of.bytes[0] == '3';
}

static void every_changed_cell_is_found(void **state)
{
    struct fixture *fixture = *state;
    uint64_t random = 5;
    size_t changes = 0;
    char what[WORDS_SIZE];

    make_history(fixture);
    execute(fixture, "PRAGMA foreign_keys = OFF");
    for (int round = 0; round < ROUNDS; round++) {
        const struct column *column = &columns[property_below(&random, COLUMN_COUNT)];
        int64_t row = pick_row(fixture, column, &random);
        struct cell before = read_cell(fixture, column, row), cell = before;
        if (is_open(fixture, column, row) || is_dry(fixture, column, row))
            continue;
        if (column->is_number)
            change_number(&cell, &random);
        else
            change_bytes(&cell, &random);
        (void)snprintf(what, sizeof(what), "round %d: %s.%s of row %lld: '%.*s' is '%.*s'", round,
                       column->table, column->name, (long long)row, (int)before.size,
                       (const char *)before.bytes, (int)cell.size, (const char *)cell.bytes);
        execute(fixture, "SAVEPOINT before");
        if (write_cell(fixture, column, row, &cell, is_blob(column)) &&
            (cell.size != before.size || memcmp(cell.bytes, before.bytes, cell.size) != 0)) {
            assert_found(fixture, what);
            changes++;
        }
        execute(fixture, "ROLLBACK TO before");
        execute(fixture, "RELEASE before");
    }
    assert_true(changes > 2000);
    assert_int_equal(verify(fixture), 0);
}

/* --- rows ------------------------------------------------------------------------------------ */

static void every_lost_row_is_found(void **state)
{
    static const struct column tables[] = {{"entries", "sequence", "", false},
                                           {"heads", "size", "", false},
                                           {"runs", "row", "", false},
                                           {"deliveries", "row", "", false},
                                           {"rehearsals", "row", "", false}};
    struct fixture *fixture = *state;
    char sql[WORDS_SIZE];

    make_history(fixture);
    execute(fixture, "PRAGMA foreign_keys = OFF");
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (int64_t row = 0; row < 32; row++) {
            (void)snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE %s = %lld", tables[i].table,
                           tables[i].row, (long long)row);
            execute(fixture, "SAVEPOINT before");
            execute(fixture, sql);
            /* A head in the middle may be missing: the later ones cover what it covered. */
            if (sqlite3_changes(fixture->store->database) == 1 && i != 1)
                assert_found(fixture, sql);
            execute(fixture, "ROLLBACK TO before");
            execute(fixture, "RELEASE before");
        }
}

static void every_added_row_is_found(void **state)
{
    static const char *const added[] = {
        "INSERT INTO entries SELECT -1, bytes, leaf FROM entries WHERE sequence = 1",
        "INSERT INTO entries SELECT 1000, bytes, leaf FROM entries WHERE sequence = 1",
        "INSERT INTO entries SELECT max(sequence) + 1, bytes, leaf FROM entries",
        "INSERT INTO heads SELECT -1, root, unix_ms, edge FROM heads WHERE size = 1",
        "INSERT INTO heads SELECT max(size) + 1, root, unix_ms, edge FROM heads",
        "INSERT INTO rehearsals SELECT max(row) + 1, id, plan, message, plan_sha256, seed, "
        "started_ms, finished_ms, municipality_count, reached_count, delivery_count, failed_count, "
        "in_doubt_count, posts_ms, places_ms, correction, correction_most_ms, correction_last_ms "
        "FROM rehearsals",
        "INSERT INTO deliveries (run, key, municipality, municipality_name, channel, account, "
        "language, draft, part_count, state) SELECT run, key, municipality, municipality_name, "
        "channel, account, language, draft, part_count, state FROM deliveries WHERE row = 1",
        "INSERT INTO deliveries (run, key, municipality, municipality_name, channel, account, "
        "language, draft, part_count, state) SELECT 99, key, municipality, municipality_name, "
        "channel, account, language, draft, part_count, state FROM deliveries WHERE row = 1",
        "INSERT INTO runs (id, plan, plan_file, message, kind, follows, mode, state, threshold, "
        "started_ms, expires_ms, finished_ms, municipality_count, delivery_count, plan_sha256, "
        "approval, first_delivery) SELECT 'other', plan, plan_file, message, kind, follows, mode, "
        "state, threshold, started_ms, expires_ms, finished_ms, municipality_count, 0, "
        "plan_sha256, approval, 100 FROM runs WHERE row = 1",
    };
    struct fixture *fixture = *state;

    make_history(fixture);
    execute(fixture, "PRAGMA foreign_keys = OFF");
    for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
        execute(fixture, "SAVEPOINT before");
        execute(fixture, added[i]);
        assert_int_equal(sqlite3_changes(fixture->store->database), 1);
        assert_int_equal(verify(fixture), -1);
        assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
        execute(fixture, "ROLLBACK TO before");
        execute(fixture, "RELEASE before");
    }
}

/* --- states ---------------------------------------------------------------------------------- */

/* The changes that the program itself makes without an entry, and no others. */
static bool may_be(size_t delivery, enum delivery_state state)
{
    switch (delivery) {
    case 5: /* a request that changes nothing is under way, or it never was */
        return state == DELIVERY_SENDING;
    case 6: /* queued */
        return state == DELIVERY_QUEUED || state == DELIVERY_SENDING;
    case 7: /* in doubt, and queued again since */
        return state == DELIVERY_QUEUED || state == DELIVERY_SENDING;
    default:
        return state == live[delivery].steps[live[delivery].count - 1].state;
    }
}

static void every_other_state_is_found(void **state)
{
    struct fixture *fixture = *state;
    char sql[WORDS_SIZE];

    make_history(fixture);
    for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++)
        for (int other = 0; other < DELIVERY_STATE_COUNT; other++) {
            (void)snprintf(sql, sizeof(sql), "UPDATE deliveries SET state = '%s' WHERE row = %zu",
                           delivery_state_name((enum delivery_state)other), i + 1);
            execute(fixture, "SAVEPOINT before");
            execute(fixture, sql);
            if (!may_be(i, (enum delivery_state)other))
                assert_found(fixture, sql);
            else if (verify(fixture) < 0)
                fail_msg("%s: %s", sql, fixture->error.message);
            execute(fixture, "ROLLBACK TO before");
            execute(fixture, "RELEASE before");
        }
}

/* Entries 1 to 4 are of the first two deliveries, and 12 begins the second run. */
static void the_first_entry_that_does_not_fit_is_named(void **state)
{
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"UPDATE deliveries SET state = 'failed' WHERE row = 1", "entry 2 tells otherwise"},
        {"UPDATE deliveries SET posts = NULL WHERE row = 1", "entry 2 tells otherwise"},
        {"UPDATE deliveries SET state = 'posted' WHERE row = 2", "entry 4 tells otherwise"},
        {"UPDATE deliveries SET state = 'posted' WHERE row IN (1, 2, 3)",
         "entry 4 tells otherwise"},
        {"UPDATE deliveries SET state = 'posted' WHERE row = 7", "entry 0 begins a run"},
        {"UPDATE runs SET plan = 'brann' WHERE row = 2", "entry 12 tells otherwise of the run"},
        {"UPDATE runs SET state = 'unfinished' WHERE row = 2", "entry 15 is the last on the run"},
        {"DELETE FROM deliveries WHERE row = 9", "entry 12 tells of a run"},
    };
    struct fixture *fixture = *state;

    make_history(fixture);
    execute(fixture, "PRAGMA foreign_keys = OFF");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        execute(fixture, "SAVEPOINT before");
        execute(fixture, cases[i].sql);
        assert_found(fixture, cases[i].sql);
        if (!strstr(fixture->error.message, cases[i].words))
            fail_msg("%s: %s", cases[i].sql, fixture->error.message);
        assert_true(fixture->error.next[0] != '\0');
        execute(fixture, "ROLLBACK TO before");
        execute(fixture, "RELEASE before");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_has_happened_verifies),
        STORE_TEST(another_time_is_found),
        STORE_TEST(other_rehearsals_are_found),
        STORE_TEST(one_run_is_compared_alone),
        STORE_TEST(every_changed_cell_is_found),
        STORE_TEST(every_lost_row_is_found),
        STORE_TEST(every_added_row_is_found),
        STORE_TEST(every_other_state_is_found),
        STORE_TEST(the_first_entry_that_does_not_fit_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "dispatch/journal.h"
#include "net/loop.h"

/* --- a journal on a store with one run ------------------------------------------------------ */

enum { CALLS_MAX = 512 };

struct journal_fixture {
    struct fixture base;
    struct loop *loop;
    struct journal *journal;
    int64_t run, rows[3];
    int calls[CALLS_MAX]; /* which callbacks came, in order */
    size_t call_count;
    unsigned failures;
    struct error failure;
    struct store *reader; /* looks at the disk from within callbacks */
    enum delivery_state seen[3];
};

static void on_failed(void *context, const struct error *error)
{
    struct journal_fixture *fixture = context;
    fixture->failures++;
    fixture->failure = *error;
}

static int set_up_journal(void **state)
{
    void *base;
    struct journal_fixture *fixture = calloc(1, sizeof(*fixture));

    assert_int_equal(set_up(&base), 0);
    fixture->base = *(struct fixture *)base;
    free(base);
    fixture->run = create(&fixture->base, "run");
    struct seen seen = deliveries_of(&fixture->base, fixture->run, 0);
    memcpy(fixture->rows, seen.rows, sizeof(fixture->rows));
    fixture->reader = open_second(&fixture->base, STORE_READ);
    fixture->loop = loop_new();
    fixture->journal = journal_new(fixture->loop, fixture->base.store, on_failed, fixture);
    *state = fixture;
    return 0;
}

static int tear_down_journal(void **state)
{
    struct journal_fixture *fixture = *state;
    void *base = calloc(1, sizeof(struct fixture));

    assert_true(journal_is_idle(fixture->journal));
    journal_free(fixture->journal);
    loop_free(fixture->loop);
    store_close(fixture->reader);
    memcpy(base, &fixture->base, sizeof(struct fixture));
    free(fixture);
    return tear_down(&base);
}

struct call {
    struct journal_fixture *fixture;
    int number;
};

static bool see_state(void *context, const struct delivery_record *record)
{
    struct journal_fixture *fixture = context;
    for (size_t i = 0; i < 3; i++)
        if (fixture->rows[i] == record->row)
            fixture->seen[i] = record->state;
    return true;
}

/* Notes that the callback came, and what was on disk then. */
static void on_durable(void *context)
{
    struct call *call = context;
    struct journal_fixture *fixture = call->fixture;
    struct error error = {0};

    assert_true(fixture->call_count < CALLS_MAX);
    fixture->calls[fixture->call_count++] = call->number;
    assert_int_equal(store_deliveries(fixture->reader, fixture->run, see_state, fixture, &error),
                     0);
}

static void record_row(struct journal_fixture *fixture, int64_t row, enum delivery_state from,
                       enum delivery_state to, struct call *call)
{
    struct journal_change change = {.row = row,
                                    .from = from,
                                    .to = to,
                                    .attempts = 1,
                                    .durable = call ? on_durable : NULL,
                                    .context = call};

    entry_begin(&change.entry, ENTRY_ATTEMPT, "dispatcher", now_ms);
    entry_add(&change.entry, "state", delivery_state_name(to));
    text_init(&change.progress, 64);
    text_add(&change.progress, "{\"stage\":1}");
    journal_record(fixture->journal, &change);
    /* It has taken the texts over. */
    assert_int_equal(change.entry.length, 0);
    assert_int_equal(change.progress.length, 0);
    text_release(&change.entry);
    text_release(&change.progress);
}

static void record(struct journal_fixture *fixture, size_t delivery, enum delivery_state from,
                   enum delivery_state to, struct call *call)
{
    record_row(fixture, fixture->rows[delivery], from, to, call);
}

static bool count_head(void *context, const struct stored_head *head)
{
    size_t *count = context;
    assert_true(head->size > 0);
    (*count)++;
    return true;
}

/* Each commit that told of something has left one head. */
static size_t commits(struct journal_fixture *fixture)
{
    size_t count = 0;
    assert_int_equal(store_heads(fixture->reader, 0, count_head, &count, &fixture->base.error), 0);
    return count;
}

static enum delivery_state state_of(struct journal_fixture *fixture, size_t delivery)
{
    assert_int_equal(
        store_deliveries(fixture->reader, fixture->run, see_state, fixture, &fixture->base.error),
        0);
    return fixture->seen[delivery];
}

static void run_until_idle(struct journal_fixture *fixture)
{
    while (!journal_is_idle(fixture->journal))
        loop_turn(fixture->loop);
}

/* --- group commit --------------------------------------------------------------------------- */

static void changes_of_one_turn_share_a_commit(void **state)
{
    struct journal_fixture *fixture = *state;
    struct call calls[3];
    size_t before = commits(fixture);

    assert_true(journal_is_idle(fixture->journal));
    for (int i = 0; i < 3; i++) {
        calls[i] = (struct call){fixture, i};
        record(fixture, (size_t)i, DELIVERY_QUEUED, DELIVERY_SENDING, &calls[i]);
    }
    assert_false(journal_is_idle(fixture->journal));
    assert_int_equal(fixture->call_count, 0); /* never from within journal_record */
    assert_int_equal(state_of(fixture, 0), DELIVERY_QUEUED);
    run_until_idle(fixture);
    assert_int_equal(commits(fixture), before + 1);
    assert_int_equal(fixture->call_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fixture->calls[i], i); /* in the order of recording */
        assert_int_equal(fixture->seen[i], DELIVERY_SENDING);
    }
    assert_int_equal(fixture->failures, 0);
}

/* The first one gives out the rest while the disk is free again. */
struct burst {
    struct call call;
    struct call more[3];
};

static void on_first(void *context)
{
    struct burst *burst = context;
    struct journal_fixture *fixture = burst->call.fixture;

    on_durable(&burst->call);
    assert_int_equal(state_of(fixture, 0), DELIVERY_SENDING); /* on disk before it is told */
    for (int i = 0; i < 3; i++)
        record(fixture, (size_t)i, i == 0 ? DELIVERY_SENDING : DELIVERY_QUEUED,
               i == 0 ? DELIVERY_POSTED : DELIVERY_SENDING, &burst->more[i]);
}

static void what_comes_during_a_commit_goes_into_the_next(void **state)
{
    struct journal_fixture *fixture = *state;
    struct burst burst = {.call = {fixture, 0}};
    size_t before = commits(fixture);
    struct journal_change change = {.row = fixture->rows[0],
                                    .from = DELIVERY_QUEUED,
                                    .to = DELIVERY_SENDING,
                                    .durable = on_first,
                                    .context = &burst};

    for (int i = 0; i < 3; i++)
        burst.more[i] = (struct call){fixture, 1 + i};
    entry_begin(&change.entry, ENTRY_ATTEMPT, "dispatcher", now_ms);
    journal_record(fixture->journal, &change);
    run_until_idle(fixture);
    assert_int_equal(commits(fixture), before + 2);
    assert_int_equal(fixture->call_count, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(fixture->calls[i], i);
    assert_int_equal(state_of(fixture, 0), DELIVERY_POSTED);
    assert_int_equal(state_of(fixture, 2), DELIVERY_SENDING);
}

static void a_large_burst_keeps_its_order(void **state)
{
    struct journal_fixture *fixture = *state;
    struct call calls[300];
    size_t before = commits(fixture);

    for (int i = 0; i < 300; i++) {
        calls[i] = (struct call){fixture, i};
        record(fixture, 0, i == 0 ? DELIVERY_QUEUED : DELIVERY_SENDING, DELIVERY_SENDING,
               &calls[i]);
    }
    run_until_idle(fixture);
    assert_int_equal(commits(fixture), before + 1);
    assert_int_equal(fixture->call_count, 300);
    for (int i = 0; i < 300; i++)
        assert_int_equal(fixture->calls[i], i);
}

static void nobody_needs_to_listen(void **state)
{
    struct journal_fixture *fixture = *state;

    record(fixture, 1, DELIVERY_QUEUED, DELIVERY_STOPPED, NULL);
    run_until_idle(fixture);
    assert_int_equal(state_of(fixture, 1), DELIVERY_STOPPED);
    assert_int_equal(fixture->call_count, 0);
}

static void what_was_never_committed_is_released(void **state)
{
    struct journal_fixture *fixture = *state;
    struct journal *journal = journal_new(fixture->loop, fixture->base.store, on_failed, fixture);
    struct journal *first = fixture->journal;

    fixture->journal = journal;
    record(fixture, 1, DELIVERY_QUEUED, DELIVERY_SENDING, NULL);
    journal_free(journal);
    fixture->journal = first;
    assert_int_equal(state_of(fixture, 1), DELIVERY_QUEUED);
    journal_free(NULL);
}

/* --- the table of states -------------------------------------------------------------------- */

/* What may follow each state, by the specification. */
static const struct {
    enum delivery_state from;
    enum delivery_state to[DELIVERY_STATE_COUNT];
    size_t count;
} followers[] = {
    {DELIVERY_QUEUED,
     {DELIVERY_SENDING, DELIVERY_WAITING, DELIVERY_FAILED, DELIVERY_IN_DOUBT, DELIVERY_SKIPPED,
      DELIVERY_STOPPED, DELIVERY_WOULD_POST, DELIVERY_QUEUED, DELIVERY_RETRACTED},
     9},
    {DELIVERY_SENDING,
     {DELIVERY_SENDING, DELIVERY_POSTED, DELIVERY_WAITING, DELIVERY_FAILED, DELIVERY_IN_DOUBT,
      DELIVERY_QUEUED, DELIVERY_RETRACTED},
     7},
    {DELIVERY_WAITING,
     {DELIVERY_SENDING, DELIVERY_WAITING, DELIVERY_FAILED, DELIVERY_IN_DOUBT, DELIVERY_SKIPPED,
      DELIVERY_STOPPED},
     6},
    {DELIVERY_IN_DOUBT,
     {DELIVERY_IN_DOUBT, DELIVERY_POSTED, DELIVERY_QUEUED, DELIVERY_WAITING, DELIVERY_FAILED,
      DELIVERY_RETRACTED},
     6},
    {DELIVERY_STOPPED,
     {DELIVERY_SENDING, DELIVERY_WAITING, DELIVERY_FAILED, DELIVERY_IN_DOUBT, DELIVERY_POSTED,
      DELIVERY_STOPPED, DELIVERY_RETRACTED},
     7},
    {DELIVERY_FAILED, {DELIVERY_FAILED, DELIVERY_RETRACTED}, 2},
    {DELIVERY_POSTED, {DELIVERY_POSTED, DELIVERY_RETRACTED}, 2},
};

static bool may_follow(enum delivery_state from, enum delivery_state to)
{
    for (size_t i = 0; i < sizeof(followers) / sizeof(followers[0]); i++)
        for (size_t k = 0; followers[i].from == from && k < followers[i].count; k++)
            if (followers[i].to[k] == to)
                return true;
    return false;
}

static void a_transition_outside_the_table_fails_the_journal(void **state)
{
    struct journal_fixture *fixture = *state;
    struct journal *first = fixture->journal;
    struct call call = {fixture, 1};
    size_t before = commits(fixture);

    for (int n = 0; n < DELIVERY_STATE_COUNT * DELIVERY_STATE_COUNT; n++) {
        enum delivery_state from = (enum delivery_state)(n / DELIVERY_STATE_COUNT);
        enum delivery_state to = (enum delivery_state)(n % DELIVERY_STATE_COUNT);
        fixture->journal = journal_new(fixture->loop, fixture->base.store, on_failed, fixture);
        fixture->failures = 0;
        record(fixture, 0, from, to, &call);
        bool refused = journal_has_failed(fixture->journal);
        if (refused == may_follow(from, to))
            fail_msg("%s -> %s: %s", delivery_state_name(from), delivery_state_name(to),
                     refused ? "refused" : "taken");
        assert_int_equal(fixture->failures, refused);
        if (refused) {
            assert_int_equal(fixture->failure.kind, ERROR_SYSTEM);
            assert_non_null(strstr(fixture->failure.message, delivery_state_name(to)));
        }
        journal_free(fixture->journal);
    }
    fixture->journal = first;
    assert_int_equal(commits(fixture), before);
    assert_int_equal(fixture->call_count, 0);
}

static void a_forbidden_transition_takes_what_gathered_with_it(void **state)
{
    struct journal_fixture *fixture = *state;
    struct call call = {fixture, 1};

    record(fixture, 0, DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    record(fixture, 1, DELIVERY_POSTED, DELIVERY_SENDING, &call);
    record(fixture, 2, DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    record(fixture, 2, DELIVERY_POSTED, DELIVERY_QUEUED, &call);
    run_until_idle(fixture);
    loop_run(fixture->loop);
    assert_int_equal(fixture->failures, 1);
    assert_int_equal(fixture->call_count, 0);
    assert_int_equal(state_of(fixture, 0), DELIVERY_QUEUED);
    assert_int_equal(state_of(fixture, 2), DELIVERY_QUEUED);
}

/* --- when the store fails ------------------------------------------------------------------- */

static void a_failing_store_is_told_once(void **state)
{
    struct journal_fixture *fixture = *state;
    struct call call = {fixture, 1};
    size_t before = commits(fixture);

    record(fixture, 0, DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    record_row(fixture, INT64_C(999999), DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    record(fixture, 1, DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    run_until_idle(fixture);
    assert_true(journal_has_failed(fixture->journal));
    assert_int_equal(fixture->failures, 1);
    assert_int_equal(fixture->failure.kind, ERROR_SYSTEM);
    assert_int_equal(fixture->call_count, 0);

    /* Nothing more is written, and nobody is told that it was. */
    record(fixture, 2, DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    assert_true(journal_is_idle(fixture->journal));
    loop_run(fixture->loop);
    assert_int_equal(fixture->failures, 1);
    assert_int_equal(fixture->call_count, 0);
    assert_int_equal(commits(fixture), before);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(state_of(fixture, i), DELIVERY_QUEUED); /* all of a commit, or none */
}

static void on_first_then_break(void *context)
{
    struct call *call = context;
    struct journal_fixture *fixture = call->fixture;

    on_durable(call);
    record(fixture, 1, DELIVERY_QUEUED, DELIVERY_SENDING, call);
    record_row(fixture, INT64_C(999999), DELIVERY_QUEUED, DELIVERY_SENDING, call);
}

static void what_was_written_before_stands(void **state)
{
    struct journal_fixture *fixture = *state;
    struct call call = {fixture, 1};
    struct journal_change change = {.row = fixture->rows[0],
                                    .from = DELIVERY_QUEUED,
                                    .to = DELIVERY_SENDING,
                                    .durable = on_first_then_break,
                                    .context = &call};

    journal_record(fixture->journal, &change);
    run_until_idle(fixture);
    assert_int_equal(fixture->failures, 1);
    assert_int_equal(fixture->call_count, 1);
    assert_int_equal(state_of(fixture, 0), DELIVERY_SENDING);
    assert_int_equal(state_of(fixture, 1), DELIVERY_QUEUED);
}

/* One commit is under way when a fault of the program fails the journal. */
static void nothing_is_told_after_a_failure(void **state)
{
    struct journal_fixture *fixture = *state;
    struct call call = {fixture, 1};

    record(fixture, 0, DELIVERY_QUEUED, DELIVERY_SENDING, &call);
    loop_turn(fixture->loop); /* the commit begins */
    if (fixture->call_count > 0)
        return; /* it has ended already: nothing to see here */
    record(fixture, 1, DELIVERY_POSTED, DELIVERY_QUEUED, &call);
    run_until_idle(fixture);
    assert_int_equal(fixture->failures, 1);
    assert_int_equal(fixture->call_count, 0);
    assert_int_equal(state_of(fixture, 0), DELIVERY_SENDING); /* it was on its way to the disk */
}

#define JOURNAL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_journal, tear_down_journal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOURNAL_TEST(changes_of_one_turn_share_a_commit),
        JOURNAL_TEST(what_comes_during_a_commit_goes_into_the_next),
        JOURNAL_TEST(a_large_burst_keeps_its_order),
        JOURNAL_TEST(nobody_needs_to_listen),
        JOURNAL_TEST(what_was_never_committed_is_released),
        JOURNAL_TEST(a_transition_outside_the_table_fails_the_journal),
        JOURNAL_TEST(a_forbidden_transition_takes_what_gathered_with_it),
        JOURNAL_TEST(a_failing_store_is_told_once),
        JOURNAL_TEST(what_was_written_before_stands),
        JOURNAL_TEST(nothing_is_told_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

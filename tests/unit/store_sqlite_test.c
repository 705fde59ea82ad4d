#include "store_fixture.h"

#include "model/credential.h"

/* --- accounts ------------------------------------------------------------------------------- */

static const struct setting page_setting[] = {{"page", "1234"}, {"url", "https://oslo.example/"}};

static struct stored_account account_of(const char *municipality, const char *channel,
                                        const char *sealed)
{
    return (struct stored_account){
        .account = {municipality, channel, "default", page_setting, 2},
        .sealed = sealed,
        .sealed_size_bytes = sealed ? strlen(sealed) : 0,
        .registered_unix_ms = now_ms,
    };
}

static void put(struct fixture *fixture, const struct stored_account *accounts, size_t count)
{
    struct text entries[4] = {0};

    for (size_t i = 0; i < count; i++)
        entry_begin(&entries[i], ENTRY_REGISTERED, "coordinator", now_ms);
    assert_int_equal(store_accounts_put(fixture->store, accounts, count, entries, &fixture->error),
                     0);
    for (size_t i = 0; i < count; i++)
        text_release(&entries[i]);
}

static struct stored_account *all_accounts(struct fixture *fixture, size_t expected)
{
    struct stored_account *accounts;
    size_t count;

    assert_int_equal(
        store_accounts(fixture->store, fixture->arena, &accounts, &count, &fixture->error), 0);
    assert_int_equal(count, expected);
    return accounts;
}

static char *keep_scheme_of_x(const char *channel, const char *name, char *value)
{
    if (strcmp(channel, "x") != 0 || strcmp(name, "url") != 0)
        return NULL;
    value[strlen("https")] = '\0';
    return value;
}

static void accounts_are_listed_without_their_credentials(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account given[] = {account_of("1103", "x", "sealed-x"),
                                           account_of("0301", "x", "sealed-y"),
                                           account_of("0301", "feed", NULL)};
    struct account *all, *some;
    size_t count;

    put(fixture, given, 3);
    assert_int_equal(
        store_account_list(fixture->store, fixture->arena, NULL, &all, &count, &fixture->error), 0);
    assert_int_equal(count, 3);
    assert_string_equal(all[0].channel, "feed");
    assert_string_equal(account_setting(&all[0], "page"), "1234");
    assert_string_equal(all[2].municipality, "1103");
    assert_ptr_equal(all[1].label, all[2].label); /* what is the same is kept once */
    assert_int_equal(store_account_list(fixture->store, fixture->arena, keep_scheme_of_x, &some,
                                        &count, &fixture->error),
                     0);
    assert_int_equal(count, 3);
    assert_int_equal(some[0].setting_count, 0);
    assert_int_equal(some[2].setting_count, 1);
    assert_string_equal(account_setting(&some[2], "url"), "https");
    assert_ptr_equal(some[1].settings[0].value, some[2].settings[0].value);
}

static void one_account_is_found_by_its_names(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account given[] = {account_of("0301", "x", "sealed-y")};
    struct stored_account found;
    bool is_found;

    put(fixture, given, 1);
    assert_int_equal(store_account(fixture->store, fixture->arena, "0301", "x", "default", &found,
                                   &is_found, &fixture->error),
                     0);
    assert_true(is_found);
    assert_true(found.row > 0);
    assert_memory_equal(found.sealed, "sealed-y", 8);
    assert_int_equal(store_account(fixture->store, fixture->arena, "0301", "x", "second", &found,
                                   &is_found, &fixture->error),
                     0);
    assert_false(is_found);
}

struct seen_rows {
    size_t count;
    int64_t rows[4];
    bool has_account[4], is_thread[4];
};

static bool see_queued(void *context, const struct queued_delivery *delivery)
{
    struct seen_rows *seen = context;

    assert_int_equal(delivery->state, DELIVERY_QUEUED);
    assert_string_equal(delivery->channel, "x");
    seen->rows[seen->count] = delivery->row;
    seen->is_thread[seen->count] = delivery->part_count > 1;
    seen->has_account[seen->count++] = delivery->settings != NULL;
    return true;
}

static bool see_one(void *context, const struct delivery_record *delivery)
{
    struct seen_rows *seen = context;

    assert_string_equal(delivery->municipality, "0301");
    seen->rows[seen->count++] = delivery->row;
    return true;
}

/* In order, with the settings of those whose account is registered. */
static void a_queue_is_read_row_by_row(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account given[] = {account_of("0301", "x", NULL)};
    struct seen_rows queued = {0}, one = {0};

    put(fixture, given, 1);
    create(fixture, "run-a");
    int64_t run = create(fixture, "run-b");
    assert_int_equal(store_queue(fixture->store, run, see_queued, &queued, &fixture->error), 0);
    assert_int_equal(queued.count, 3);
    assert_false(queued.has_account[0]); /* of municipality 1103 */
    assert_true(queued.has_account[1] && queued.has_account[2]);
    assert_true(queued.is_thread[1] && !queued.is_thread[2]);
    assert_int_equal(queued.rows[1], queued.rows[0] + 1);
    assert_int_equal(store_delivery(fixture->store, queued.rows[2], see_one, &one, &fixture->error),
                     0);
    assert_int_equal(one.count, 1);
    assert_int_equal(one.rows[0], queued.rows[2]);
    assert_int_equal(store_delivery(fixture->store, 99, see_one, &one, &fixture->error), 0);
    assert_int_equal(one.count, 1);
}

static void accounts_come_back_in_order(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account given[] = {account_of("1103", "x", "sealed-x"),
                                           account_of("0301", "x", "sealed-y"),
                                           account_of("0301", "feed", NULL)};

    all_accounts(fixture, 0);
    put(fixture, given, 3);
    struct stored_account *accounts = all_accounts(fixture, 3);
    assert_string_equal(accounts[0].account.municipality, "0301");
    assert_string_equal(accounts[0].account.channel, "feed");
    assert_null(accounts[0].sealed);
    assert_string_equal(accounts[1].account.channel, "x");
    assert_string_equal(accounts[2].account.municipality, "1103");
    assert_memory_equal(accounts[2].sealed, "sealed-x", 8);
    assert_int_equal(accounts[2].sealed_size_bytes, 8);
    assert_int_equal(accounts[2].account.setting_count, 2);
    assert_string_equal(accounts[2].account.settings[0].name, "page");
    assert_string_equal(account_setting(&accounts[2].account, "url"), "https://oslo.example/");
    assert_int_equal(accounts[2].registered_unix_ms, now_ms);
}

static void an_account_put_again_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct stored_account account = account_of("0301", "x", "old");

    put(fixture, &account, 1);
    int64_t row = all_accounts(fixture, 1)[0].row;
    account.sealed = "new one";
    account.sealed_size_bytes = 7;
    put(fixture, &account, 1);
    struct stored_account *accounts = all_accounts(fixture, 1);
    assert_memory_equal(accounts[0].sealed, "new one", 7);
    assert_int_equal(accounts[0].row, row);
}

static void a_removed_account_is_gone_from_the_file(void **state)
{
    static const char needle[] = "sealed-and-to-be-forgotten";
    struct fixture *fixture = *state;
    const struct stored_account account = account_of("0301", "x", needle);
    struct text entry;
    bool removed;
    char bytes[512 * 1024];

    put(fixture, &account, 1);
    entry_begin(&entry, ENTRY_UNREGISTERED, "coordinator", now_ms);
    assert_int_equal(store_account_remove(fixture->store, "0301", "x", "default", &entry, &removed,
                                          &fixture->error),
                     0);
    assert_true(removed);
    assert_int_equal(store_account_remove(fixture->store, "0301", "x", "default", &entry, &removed,
                                          &fixture->error),
                     0);
    assert_false(removed);
    text_release(&entry);
    all_accounts(fixture, 0);

    FILE *file = fopen(fixture->path, "re");
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    assert_int_equal(fclose(file), 0);
    assert_null(memmem(bytes, size, needle, strlen(needle)));
}

static void a_check_leaves_what_it_learnt(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account account = account_of("0301", "x", "s");
    const struct setting learnt[] = {{"user", "99"}, {"expires-at", "2027-01-19T10:11:12Z"}};
    struct text entry;

    put(fixture, &account, 1);
    int64_t row = all_accounts(fixture, 1)[0].row;
    entry_begin(&entry, ENTRY_CHECKED, "coordinator", now_ms);
    assert_int_equal(
        store_account_proven(fixture->store, row, learnt, 2, now_ms, &entry, &fixture->error), 0);
    assert_int_equal(
        store_account_proven(fixture->store, row, NULL, 0, now_ms - 5, NULL, &fixture->error), 0);
    struct stored_account *accounts = all_accounts(fixture, 1);
    assert_int_equal(accounts[0].proven_unix_ms, now_ms);
    assert_string_equal(account_setting(&accounts[0].account, "user"), "99");
    assert_string_equal(account_setting(&accounts[0].account, "expires-at"),
                        "2027-01-19T10:11:12Z");
    assert_string_equal(account_setting(&accounts[0].account, "page"), "1234");
    assert_int_equal(
        store_account_proven(fixture->store, row + 1, learnt, 1, now_ms, &entry, &fixture->error),
        -1);
    text_release(&entry);
}

static void a_renewal_leaves_when_it_ends(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account account = account_of("0301", "threads", "s");

    put(fixture, &account, 1);
    const struct stored_account *stored = all_accounts(fixture, 1);
    struct delivery_change change = {
        .resealed_account_row = stored->row,
        .was_sealed = "other",
        .was_sealed_size_bytes = 5,
        .sealed = "new",
        .sealed_size_bytes = 3,
        .expires_unix_ms = INT64_C(1800353472000),
    };
    /* Registered anew meanwhile: nothing of it is changed. */
    assert_int_equal(store_commit(fixture->store, &change, 1, now_ms, &fixture->error), 0);
    assert_null(account_setting(&all_accounts(fixture, 1)->account, CREDENTIAL_EXPIRES));
    change.was_sealed = stored->sealed;
    change.was_sealed_size_bytes = stored->sealed_size_bytes;
    assert_int_equal(store_commit(fixture->store, &change, 1, now_ms, &fixture->error), 0);
    stored = all_accounts(fixture, 1);
    assert_memory_equal(stored->sealed, "new", 3);
    assert_string_equal(account_setting(&stored->account, CREDENTIAL_EXPIRES),
                        "2027-01-19T10:11:12Z");
}

/* --- runs ----------------------------------------------------------------------------------- */

static void a_run_is_found_again(void **state)
{
    struct fixture *fixture = *state;
    struct run_record run, *runs;
    size_t count;
    bool found;

    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, NULL, &run, &found, &fixture->error), 0);
    assert_false(found);
    create(fixture, "first");
    int64_t second = create(fixture, "second");
    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, NULL, &run, &found, &fixture->error), 0);
    assert_true(found);
    assert_int_equal(run.row, second);
    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, "first", &run, &found, &fixture->error), 0);
    assert_true(found);
    assert_string_equal(run.plan_file, "flom.yaml");
    assert_int_equal(run.mode, MODE_EXERCISE);
    assert_int_equal(run.state, RUN_UNFINISHED);
    assert_int_equal(run.threshold, 2);
    assert_int_equal(run.delivery_count, 3);
    assert_int_equal(run.municipality_count, 3);
    assert_int_equal(run.plan_sha256[2], 3);
    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, "third", &run, &found, &fixture->error), 0);
    assert_false(found);
    assert_int_equal(store_runs(fixture->store, fixture->arena, &runs, &count, &fixture->error), 0);
    assert_int_equal(count, 2);
    assert_string_equal(runs[0].id, "second");
}

static void a_run_changes_its_state(void **state)
{
    struct fixture *fixture = *state;
    struct run_record run;
    int64_t row = create(fixture, "run");
    bool found;

    assert_int_equal(
        store_run_set_state(fixture->store, row, RUN_FINISHED, now_ms + 9, NULL, &fixture->error),
        0);
    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, "run", &run, &found, &fixture->error), 0);
    assert_int_equal(run.state, RUN_FINISHED);
    assert_int_equal(run.finished_unix_ms, now_ms + 9);
    assert_int_equal(
        store_run_set_state(fixture->store, row + 1, RUN_STOPPED, now_ms, NULL, &fixture->error),
        -1);
}

static void the_latest_run_of_a_message_is_found_by_time(void **state)
{
    struct fixture *fixture = *state;
    struct run_record run;
    bool found;
    static const struct {
        const char *plan, *message;
        enum run_mode mode;
        int64_t after_ms;
        bool found;
    } cases[] = {
        {"flom", "alert", MODE_EXERCISE, 0, true},   {"flom", "alert", MODE_EXERCISE, 9, true},
        {"flom", "alert", MODE_EXERCISE, 10, false}, {"flom", "alert", MODE_LIVE, 0, false},
        {"flom", "update", MODE_EXERCISE, 0, false}, {"other", "alert", MODE_EXERCISE, 0, false},
    };

    int64_t row = create(fixture, "run");
    assert_int_equal(
        store_run_set_state(fixture->store, row, RUN_FINISHED, now_ms + 9, NULL, &fixture->error),
        0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(store_run_latest_of(fixture->store, fixture->arena, cases[i].plan,
                                             cases[i].message, cases[i].mode,
                                             now_ms + cases[i].after_ms, &run, &found,
                                             &fixture->error),
                         0);
        assert_int_equal(found, cases[i].found);
    }
}

static void deliveries_come_in_the_order_of_creation(void **state)
{
    struct fixture *fixture = *state;
    int64_t first = create(fixture, "first"), second = create(fixture, "second");
    struct draft draft;

    struct seen seen = deliveries_of(fixture, first, 0);
    assert_int_equal(seen.count, 3);
    assert_true(seen.rows[0] < seen.rows[1] && seen.rows[1] < seen.rows[2]);
    assert_int_equal(seen.states[2], DELIVERY_QUEUED);
    assert_int_equal(seen.last.key[15], 3);
    assert_string_equal(seen.posts, "[]");
    struct seen other = deliveries_of(fixture, second, 2);
    assert_int_equal(other.count, 2); /* each() said that it had enough */
    assert_true(other.rows[0] > seen.rows[2]);

    assert_int_equal(
        store_draft(fixture->store, fixture->arena, seen.draft_rows[1], &draft, &fixture->error),
        0);
    assert_string_equal(draft.channel, "mastodon");
    assert_string_equal(draft.headline, "Headline");
    assert_int_equal(draft.part_count, 2);
    assert_string_equal(draft.parts[0], thread_parts[0]);
    assert_string_equal(draft.parts[1], thread_parts[1]);
    assert_null(draft.link);
    assert_string_equal(draft.document, "{\"a\":1}");
    assert_int_equal(store_draft(fixture->store, fixture->arena, 99, &draft, &fixture->error), -1);
}

static void a_key_given_twice_makes_no_run(void **state)
{
    struct fixture *fixture = *state;
    struct run_record run = run_of("run");
    struct new_delivery twice[2] = {{.municipality = "0301",
                                     .municipality_name = "Oslo",
                                     .channel = "x",
                                     .account = "default",
                                     .language = "nb"}};
    bool found;

    twice[1] = twice[0];
    assert_int_equal(store_run_create(fixture->store, &run, drafts, 2,
                                      &(struct new_deliveries){.count = 2, .all = twice}, NULL,
                                      &fixture->error),
                     -1);
    assert_int_equal(run.row, 0);
    assert_int_equal(
        store_run_find(fixture->store, fixture->arena, NULL, &run, &found, &fixture->error), 0);
    assert_false(found);
}

/* --- changes -------------------------------------------------------------------------------- */

static void a_text_that_is_not_utf8_makes_no_run(void **state)
{
    struct fixture *fixture = *state;
    static const char *const parts[] = {"Varsel", "Ra\xF8"
                                                  "d"};
    const struct draft draft = {"x", "nb", "", parts, 2, NULL, .document = NULL};
    struct run_record run = run_of("flom.alert.a");
    const struct new_deliveries none = {.count = 0};

    assert_int_equal(
        store_run_create(fixture->store, &run, &draft, 1, &none, NULL, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_INPUT);
    assert_string_equal(fixture->error.message, "a text for channel x (nb) is not UTF-8");
    assert_int_equal(run.row, 0);
}

static void a_change_keeps_what_it_does_not_name(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create(fixture, "run");
    int64_t row = deliveries_of(fixture, run, 0).rows[2];
    const struct failure failure = {FAILURE_NETWORK, "HTTP 502", "a gateway failed", "wait"};
    const struct delivery_change sending = {
        .row = row,
        .state = DELIVERY_IN_DOUBT,
        .attempts = 1,
        .progress = "stage-1",
        .progress_size_bytes = 7,
        .posts = "[{\"id\":\"1\"}]",
        .failure = &failure,
        .first_sent_unix_ms = now_ms,
    };
    const struct delivery_change posted = {
        .row = row, .state = DELIVERY_POSTED, .attempts = 2, .done_unix_ms = now_ms + 7};

    assert_int_equal(store_commit(fixture->store, &sending, 1, now_ms, &fixture->error), 0);
    struct seen seen = deliveries_of(fixture, run, 0);
    assert_int_equal(seen.last.state, DELIVERY_IN_DOUBT);
    assert_int_equal(seen.last.failure.kind, FAILURE_NETWORK);
    assert_string_equal(seen.last.failure.code, "HTTP 502");
    assert_string_equal(seen.last.failure.next, "wait");

    assert_int_equal(store_commit(fixture->store, &posted, 1, now_ms, &fixture->error), 0);
    seen = deliveries_of(fixture, run, 0);
    assert_int_equal(seen.last.state, DELIVERY_POSTED);
    assert_int_equal(seen.last.attempts, 2);
    assert_string_equal(seen.progress, "stage-1");
    assert_string_equal(seen.posts, "[{\"id\":\"1\"}]");
    assert_int_equal(seen.last.first_sent_unix_ms, now_ms);
    assert_int_equal(seen.last.done_unix_ms, now_ms + 7);
    assert_int_equal(seen.last.failure.kind, FAILURE_NONE);
}

static void counts_follow_the_states(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = create(fixture, "run");
    struct seen seen = deliveries_of(fixture, run, 0);
    size_t counts[DELIVERY_STATE_COUNT];
    const struct delivery_change change = {.row = seen.rows[1], .state = DELIVERY_FAILED};

    create(fixture, "another");
    assert_int_equal(store_commit(fixture->store, &change, 1, now_ms, &fixture->error), 0);
    assert_int_equal(store_delivery_counts(fixture->store, run, counts, &fixture->error), 0);
    assert_int_equal(counts[DELIVERY_QUEUED], 2);
    assert_int_equal(counts[DELIVERY_FAILED], 1);
    assert_int_equal(counts[DELIVERY_POSTED], 0);
}

static void a_post_proves_its_account(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account account = account_of("0301", "x", "s");
    int64_t run = create(fixture, "run");

    put(fixture, &account, 1);
    const struct delivery_change change = {.row = deliveries_of(fixture, run, 0).rows[0],
                                           .state = DELIVERY_POSTED,
                                           .proven_account_row = all_accounts(fixture, 1)[0].row};
    assert_int_equal(store_commit(fixture->store, &change, 1, now_ms + 3, &fixture->error), 0);
    assert_int_equal(all_accounts(fixture, 1)[0].proven_unix_ms, now_ms + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(accounts_come_back_in_order),
        STORE_TEST(accounts_are_listed_without_their_credentials),
        STORE_TEST(one_account_is_found_by_its_names),
        STORE_TEST(a_queue_is_read_row_by_row),
        STORE_TEST(an_account_put_again_is_replaced),
        STORE_TEST(a_removed_account_is_gone_from_the_file),
        STORE_TEST(a_check_leaves_what_it_learnt),
        STORE_TEST(a_renewal_leaves_when_it_ends),
        STORE_TEST(a_run_is_found_again),
        STORE_TEST(a_run_changes_its_state),
        STORE_TEST(the_latest_run_of_a_message_is_found_by_time),
        STORE_TEST(deliveries_come_in_the_order_of_creation),
        STORE_TEST(a_key_given_twice_makes_no_run),
        STORE_TEST(a_text_that_is_not_utf8_makes_no_run),
        STORE_TEST(a_change_keeps_what_it_does_not_name),
        STORE_TEST(counts_follow_the_states),
        STORE_TEST(a_post_proves_its_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

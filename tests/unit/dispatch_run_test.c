#include "store_fixture.h"

#include "base/encode.h"
#include "base/limits.h"
#include "dispatch/run.h"
#include "trust/approval.h"

/* --- names and times ------------------------------------------------------------------------ */

static void an_id_says_what_and_when(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *prefix = "flom-ostlandet.alert.20261123T030412Z.";
    const char *id = run_make_id(arena, "flom-ostlandet", "alert", INT64_C(1795403052123));
    const char *other = run_make_id(arena, "flom-ostlandet", "alert", INT64_C(1795403052123));

    assert_memory_equal(id, prefix, strlen(prefix));
    assert_int_equal(strlen(id), strlen(prefix) + 4);
    assert_int_equal(strspn(id + strlen(prefix), "0123456789abcdef"), 4);
    assert_memory_equal(other, prefix, strlen(prefix));
    arena_free(arena);
}

/* The first half of SHA-256 over the five names: printf 'r\n0301\nx\ndefault\nnb' | sha256sum */
static void a_key_is_a_hash_of_five_names(void **state)
{
    (void)state;
    static const unsigned char expected[16] = {0x5a, 0xda, 0x58, 0xe9, 0xab, 0x93, 0x44, 0xc9,
                                               0x6f, 0x84, 0x20, 0x5d, 0xc3, 0x45, 0x22, 0x3f};
    unsigned char key[16];

    run_delivery_key("r", "0301", "x", "default", "nb", key);
    assert_memory_equal(key, expected, sizeof(key));
}

static void each_name_changes_the_key(void **state)
{
    (void)state;
    static const char *const names[][5] = {
        {"r", "0301", "x", "default", "nb"}, {"r2", "0301", "x", "default", "nb"},
        {"r", "1103", "x", "default", "nb"}, {"r", "0301", "web", "default", "nb"},
        {"r", "0301", "x", "press", "nb"},   {"r", "0301", "x", "default", "se"},
        {"r", "0301x", "", "default", "nb"}, {"r", "0301", "xdefault", "", "nb"},
        {"r", "0301", "x", "defaultnb", ""},
    };
    enum { COUNT = sizeof(names) / sizeof(names[0]) };
    unsigned char keys[COUNT][16];

    for (size_t i = 0; i < COUNT; i++) {
        run_delivery_key(names[i][0], names[i][1], names[i][2], names[i][3], names[i][4], keys[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(keys[i], keys[j], 16);
    }
}

static void a_message_expires(void **state)
{
    (void)state;
    static const struct {
        int64_t at_unix_ms, after_ms, expected_unix_ms;
    } cases[] = {
        {0, 0, 5000 + EXPIRY_DEFAULT_MS},
        {0, 3600000, 5000 + 3600000},
        {70000, 0, 70000},
        {70000, 3600000, 70000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message message = {.expires_at_unix_ms = cases[i].at_unix_ms,
                                  .expires_after_ms = cases[i].after_ms};
        assert_int_equal(run_expires_unix_ms(&message, 5000), cases[i].expected_unix_ms);
    }
}

/* --- from a rendering to a run in the store ------------------------------------------------- */

static const char *const nb_parts[] = {"Varsel: hold dykk inne."};
static const char *const se_parts[] = {"1/2 Várrehus", "2/2 bisánehket siste"};
static struct draft rendered_drafts[] = {
    {"x", "nb", "", nb_parts, 1, .link = NULL},
    {"x", "se", "", se_parts, 2, .link = NULL},
};

static void sign(struct fixture *fixture, enum run_mode mode, const struct verified_run **out)
{
    static const char *const endpoints[] = {"https://127.0.0.1:8443"};
    struct approval_request request = {.plan = "flom",
                                       .message = "alert",
                                       .mode = mode,
                                       .endpoints = endpoints,
                                       .endpoint_count = 1};
    assert_int_equal(approval_decide(fixture->arena, &request, out, &fixture->error), 0);
}

static const struct municipality_name *names_of(struct arena *arena, const char *name)
{
    struct municipality_name *names = arena_alloc_array(arena, 1, sizeof(*names));
    names[0].language = "nb";
    names[0].name = name;
    return names;
}

static struct municipality municipality_of(struct fixture *fixture, const char *id,
                                           const char *name)
{
    return (struct municipality){
        .id = id, .names = names_of(fixture->arena, name), .name_count = 1};
}

struct told {
    bool seen;
    char bytes[1024];
};

static bool keep_entry(void *context, const struct stored_entry *entry)
{
    struct told *told = context;
    told->seen = true;
    (void)snprintf(told->bytes, sizeof(told->bytes), "%.*s", (int)entry->size_bytes, entry->bytes);
    return true;
}

static void assert_told(struct fixture *fixture, const char *words)
{
    struct told told = {0};
    assert_int_equal(store_entries(fixture->store, 0, keep_entry, &told, &fixture->error), 0);
    assert_true(told.seen);
    if (!strstr(told.bytes, words))
        fail_msg("'%s' does not say '%s'", told.bytes, words);
}

struct order {
    const char *run;
    size_t count;
};

static bool check_delivery(void *context, const struct delivery_record *record)
{
    static const char *const expected[3][4] = {
        {"0301", "Oslo", "default", "nb"},
        {"1806", "Narvik", "default", "nb"},
        {"1806", "Narvik", "press", "se"},
    };
    struct order *order = context;
    const char *const *one = expected[order->count];
    unsigned char key[16];

    assert_true(order->count < 3);
    assert_string_equal(record->municipality, one[0]);
    assert_string_equal(record->municipality_name, one[1]);
    assert_string_equal(record->channel, "x");
    assert_string_equal(record->account, one[2]);
    assert_string_equal(record->language, one[3]);
    assert_int_equal(record->state, DELIVERY_QUEUED);
    assert_int_equal(record->attempts, 0);
    assert_int_equal(record->part_count, order->count == 2 ? 2 : 1);
    run_delivery_key(order->run, one[0], "x", one[2], one[3], key);
    assert_memory_equal(record->key, key, sizeof(key));
    order->count++;
    return true;
}

static struct run_record *make_run_with(struct fixture *fixture, enum run_mode mode,
                                        const bool *canaries)
{
    static const struct account accounts[] = {
        {"0301", "x", "default", NULL, 0},
        {"1806", "x", "default", NULL, 0},
        {"1806", "x", "press", NULL, 0},
    };
    struct municipality places[] = {municipality_of(fixture, "0301", "Oslo"),
                                    municipality_of(fixture, "1806", "Narvik")};
    struct audience_member members[] = {{.municipality = &places[0]}, {.municipality = &places[1]}};
    struct rendered_delivery deliveries[] = {
        {&members[0], &accounts[0], "nb", 0},
        {&members[1], &accounts[1], "nb", 0},
        {&members[1], &accounts[2], "se", 1},
    };
    struct rendering rendering = {
        .drafts = rendered_drafts, .draft_count = 2, .deliveries = deliveries, .delivery_count = 3};
    struct plan plan = {.id = "flom", .file = "flom.yaml", .sha256 = {0xab, 0xcd}};
    struct message message = {
        .name = "alert", .kind = MESSAGE_ALL_CLEAR, .expires_after_ms = 3600000};
    struct render_request request = {.plan = &plan,
                                     .message = &message,
                                     .mode = mode,
                                     .run = "flom.alert.1",
                                     .sent_unix_ms = now_ms};
    const struct run_source source = {.plan_file = "/plans/flom.yaml",
                                      .approval = "{\"threshold\":0}",
                                      .canaries = canaries,
                                      .canary_words = canaries ? "0301 county=18" : NULL};
    const struct verified_run *verified;
    struct run_record *run = NULL;

    sign(fixture, mode, &verified);
    assert_int_equal(run_create(fixture->store, fixture->arena, &request, &rendering, verified,
                                &source, &run, &fixture->error),
                     0);
    return run;
}

static struct run_record *make_run(struct fixture *fixture, enum run_mode mode)
{
    return make_run_with(fixture, mode, NULL);
}

static void all_deliveries_are_queued(void **state)
{
    struct fixture *fixture = *state;
    struct run_record *run = make_run(fixture, MODE_EXERCISE);
    struct order order = {.run = run->id};
    struct run_record found;
    bool is_found;

    assert_int_equal(run->mode, MODE_EXERCISE);
    assert_int_equal(run->municipality_count, 2);
    assert_int_equal(run->expires_unix_ms, now_ms + 3600000);
    assert_int_equal(store_run_find(fixture->store, fixture->arena, "flom.alert.1", &found,
                                    &is_found, &fixture->error),
                     0);
    assert_true(is_found);
    assert_int_equal(found.row, run->row);
    assert_int_equal(found.mode, MODE_EXERCISE);
    assert_int_equal(found.state, RUN_UNFINISHED);
    assert_int_equal(found.delivery_count, 3);
    assert_string_equal(found.kind, "all-clear");
    assert_string_equal(found.plan_file, "/plans/flom.yaml");
    assert_string_equal(found.approval, "{\"threshold\":0}");
    assert_memory_equal(found.plan_sha256, run->plan_sha256, SHA256_SIZE);
    assert_int_equal(
        store_deliveries(fixture->store, run->row, check_delivery, &order, &fixture->error), 0);
    assert_int_equal(order.count, 3);
}

static void the_log_tells_of_it(void **state)
{
    struct fixture *fixture = *state;
    (void)make_run(fixture, MODE_EXERCISE);

    assert_told(fixture, "\ntype run-started\n");
    assert_told(fixture, "\nrun flom.alert.1\n");
    assert_told(fixture, "\nplan-sha256 abcd0000");
    assert_told(fixture, "\nkind all-clear\n");
    assert_told(fixture, "\nmode exercise\n");
    assert_told(fixture, "\nmunicipalities 2\n");
    assert_told(fixture, "\ndeliveries 3\n");
}

static bool add_canary(void *context, const struct delivery_record *record)
{
    unsigned *which = context;
    *which = *which << 1 | record->is_canary;
    return true;
}

static void those_that_go_first_are_known(void **state)
{
    struct fixture *fixture = *state;
    const bool canaries[3] = {true, false, true};
    struct run_record *run = make_run_with(fixture, MODE_EXERCISE, canaries);
    unsigned which = 0;

    assert_int_equal(run->canary, CANARY_FIRST);
    assert_int_equal(
        store_deliveries(fixture->store, run->row, add_canary, &which, &fixture->error), 0);
    assert_int_equal(which, 5);
    assert_told(fixture, "\ncanary 0301 county=18\n");
}

static void a_dry_run_is_told_as_one(void **state)
{
    struct fixture *fixture = *state;
    struct run_record *run = make_run(fixture, MODE_DRY_RUN);

    assert_int_equal(run->mode, MODE_DRY_RUN);
    assert_told(fixture, "\ntype dry-run\n");
    assert_told(fixture, "\nmode dry-run\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_says_what_and_when),
        cmocka_unit_test(a_key_is_a_hash_of_five_names),
        cmocka_unit_test(each_name_changes_the_key),
        cmocka_unit_test(a_message_expires),
        STORE_TEST(all_deliveries_are_queued),
        STORE_TEST(the_log_tells_of_it),
        STORE_TEST(those_that_go_first_are_known),
        STORE_TEST(a_dry_run_is_told_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

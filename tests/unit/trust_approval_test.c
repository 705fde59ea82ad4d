#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/approval.h"

#include "property.h"
#include "trust_signing.h"

static const char *const loopback[] = {"http://127.0.0.1:9001", "https://localhost:9443/graph"};
static const char *const outside[] = {"http://127.0.0.1:9001", "https://graph.facebook.com/v25.0"};

static const struct verified_run *decide(struct arena *arena, enum run_mode mode, unsigned plan,
                                         unsigned workspace, const char *const *endpoints,
                                         size_t count, struct error *error)
{
    const struct approval_request request = {
        .plan = "flom",
        .message = "alert",
        .mode = mode,
        .plan_threshold = plan,
        .workspace_threshold = workspace,
        .endpoints = endpoints,
        .endpoint_count = count,
    };
    const struct verified_run *run;

    *error = (struct error){0};
    int result = approval_decide(arena, &request, &run, error);
    assert_int_equal(result, run ? 0 : -1);
    if (!run)
        assert_int_equal(error->kind, ERROR_NOT_APPROVED);
    return run;
}

static void the_larger_threshold_counts(void **state)
{
    static const struct {
        enum run_mode mode;
        unsigned plan, workspace;
        bool passes;
        unsigned threshold;
    } cases[] = {
        {MODE_LIVE, 0, 0, true, 0},      {MODE_EXERCISE, 0, 0, true, 0},
        {MODE_LIVE, 1, 0, false, 1},     {MODE_LIVE, 0, 2, false, 2},
        {MODE_EXERCISE, 0, 1, false, 1}, {MODE_EXERCISE, 3, 2, false, 3},
        {MODE_DRY_RUN, 0, 0, true, 0},   {MODE_DRY_RUN, 3, 2, true, 3},
        {MODE_DRY_RUN, 1, 4, true, 4},
    };
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct verified_run *run =
            decide(arena, cases[i].mode, cases[i].plan, cases[i].workspace, loopback, 2, &error);
        assert_int_equal(run != NULL, cases[i].passes);
        if (!run)
            continue;
        assert_int_equal(verified_run_threshold(run), cases[i].threshold);
        assert_int_equal(verified_run_mode(run), cases[i].mode);
    }
    arena_free(arena);
}

static void without_approvals_only_loopback_is_reached(void **state)
{
    static const char *const beyond[] = {
        "https://graph.facebook.com",
        "https://127.0.0.1.example.no",
        "https://localhost.example.no",
        "http://10.0.0.1",
        "https://[2001:db8::1]",
        "http://127.0.0.1@example.no",
        "http://2130706433",
        "",
        "ftp://127.0.0.1",
    };
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        assert_null(decide(arena, MODE_LIVE, 0, 0, &beyond[i], 1, &error));
    assert_null(decide(arena, MODE_EXERCISE, 0, 0, outside, 2, &error));
    assert_non_null(strstr(error.message, "https://graph.facebook.com"));
    assert_true(error.next[0] != '\0');
    assert_non_null(decide(arena, MODE_DRY_RUN, 0, 0, outside, 2, &error));
    assert_non_null(decide(arena, MODE_LIVE, 0, 0, NULL, 0, &error));
    arena_free(arena);
}

static void a_refusal_does_not_show_the_path_of_an_address(void **state)
{
    static const char *const webhook[] = {"https://hooks.example.no/T0/very-secret"};
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    assert_null(decide(arena, MODE_LIVE, 0, 0, webhook, 1, &error));
    assert_null(strstr(error.message, "very-secret"));
    arena_free(arena);
}

static void a_run_reaches_only_what_was_let_through(void **state)
{
    struct arena *arena = arena_new();
    struct error error;
    (void)state;

    const struct verified_run *run = decide(arena, MODE_LIVE, 0, 0, loopback, 2, &error);
    assert_true(verified_run_allows(run, "http://127.0.0.1:9001"));
    assert_true(verified_run_allows(run, "http://127.0.0.1:9001/feed?x=1"));
    assert_true(verified_run_allows(run, "https://localhost:9443"));
    assert_false(verified_run_allows(run, "https://127.0.0.1:9001"));
    assert_false(verified_run_allows(run, "http://127.0.0.1:9002"));
    assert_false(verified_run_allows(run, "https://graph.facebook.com"));
    assert_false(verified_run_allows(run, "not a URL"));
    run = decide(arena, MODE_DRY_RUN, 0, 0, loopback, 2, &error);
    assert_false(verified_run_allows(run, "http://127.0.0.1:9001"));
    arena_free(arena);
}

static void a_run_is_taken_back_without_approvals_where_it_went(void **state)
{
    struct approval_request request = {
        .plan = "flom",
        .message = "alert",
        .mode = MODE_LIVE,
        .plan_threshold = 2,
        .endpoints = outside,
        .endpoint_count = 2,
    };
    struct arena *arena = arena_new();
    const struct verified_run *run;
    struct error error = {0};
    (void)state;

    assert_int_equal(approval_decide_retraction(arena, &request, &run, &error), 0);
    assert_false(verified_run_may_post(run));
    assert_true(verified_run_allows(run, "https://graph.facebook.com"));
    assert_false(verified_run_allows(run, "https://api.x.com"));
    request.plan_threshold = 0; /* a rehearsal: it went to loopback addresses */
    assert_int_equal(approval_decide_retraction(arena, &request, &run, &error), -1);
    assert_int_equal(error.kind, ERROR_NOT_APPROVED);
    assert_null(run);
    run = decide(arena, MODE_LIVE, 0, 0, loopback, 2, &error);
    assert_true(verified_run_may_post(run));
    arena_free(arena);
}

/* --- approvals ------------------------------------------------------------------------------- */

enum { FILES_MAX = 8, SIGNERS_MOST = 8 };

static const int64_t from = 1795402800000, until = 1795446000000, now = 1795410000000;

/* A request that is complete, and everything that it points to. */
struct world {
    struct arena *arena;
    struct statement wanted;
    struct signer signer_items[SIGNERS_MOST];
    struct signers signers;
    struct approval_file files[FILES_MAX];
    struct approval_request request;
};

static const char *const four[] = {"kari", "ola", "per", "anne"};
static const char *const emergency_names[] = {"vakt"};
static const char *const namespaces[] = {STATEMENT_NAMESPACE};
static const struct statement_variable variables[] = {{"level", "2"}, {"river", "Glomma"}};

static void add_signer(struct world *world, const char *principal, unsigned key)
{
    world->signer_items[world->signers.count++] = (struct signer){
        .principal = principal,
        .key = signing_test_key(key),
        .namespaces = namespaces,
        .namespace_count = 1,
    };
}

/* Two of kari (key 0), ola (1), per (2), anne (3); key 9 is nobody's. */
static void begin(struct world *world)
{
    *world = (struct world){.arena = arena_new()};
    world->wanted = (struct statement){
        .plan = "flom",
        .message = "alert",
        .mode = MODE_LIVE,
        .variables = variables,
        .variable_count = 2,
        .municipality_count = 199,
        .delivery_count = 1785,
        .has_media = true,
    };
    memset(world->wanted.media_sha256, 5, SHA256_SIZE);
    memset(world->wanted.plan_sha256, 1, SHA256_SIZE);
    memset(world->wanted.directory_sha256, 2, SHA256_SIZE);
    memset(world->wanted.audience_sha256, 3, SHA256_SIZE);
    memset(world->wanted.texts_sha256, 4, SHA256_SIZE);
    world->signers = (struct signers){.version = 1, .threshold = 2, .items = world->signer_items};
    for (unsigned i = 0; i < 4; i++)
        add_signer(world, four[i], i);
    world->request = (struct approval_request){
        .plan = "flom",
        .message = "alert",
        .mode = MODE_LIVE,
        .plan_threshold = 2,
        .endpoints = outside,
        .endpoint_count = 2,
        .wanted = &world->wanted,
        .approvers = four,
        .approver_count = 4,
        .signers = &world->signers,
        .files = world->files,
        .now_unix_ms = now,
    };
}

/* The statement as an approver would have made it: wanted, with a window and a nonce. */
static struct statement statement_of(const struct world *world)
{
    struct statement statement = world->wanted;
    statement.not_before_unix_ms = from;
    statement.not_after_unix_ms = until;
    memset(statement.nonce, 5, sizeof(statement.nonce));
    return statement;
}

static struct approval_file *add_file(struct world *world, const struct statement *statement,
                                      unsigned key)
{
    struct approval_file *file = &world->files[world->request.file_count++];
    struct text bytes;
    struct error error = {0};

    text_init(&bytes, STATEMENT_MAX_BYTES);
    if (statement_add(&bytes, statement, &error) < 0)
        fail_msg("%s", error.message);
    file->name = "someone-0123";
    file->statement = arena_strndup(world->arena, bytes.bytes, bytes.length);
    file->statement_size = bytes.length;
    file->signature = signing_test_sign(world->arena, key, STATEMENT_NAMESPACE, file->statement,
                                        file->statement_size);
    file->signature_size = strlen(file->signature);
    text_release(&bytes);
    return file;
}

static void approve(struct world *world, unsigned key)
{
    struct statement statement = statement_of(world);
    add_file(world, &statement, key);
}

static unsigned found(struct world *world)
{
    struct approval_finding *findings = approval_examine(world->arena, &world->request);
    return approval_count(findings, world->request.file_count);
}

/* Does the gate let it through? What it says otherwise is kept in *message. */
static const struct verified_run *pass(struct world *world, const char **message)
{
    const struct verified_run *run;
    struct error error = {0};
    int result = approval_decide(world->arena, &world->request, &run, &error);

    assert_int_equal(result, run ? 0 : -1);
    if (!run)
        assert_int_equal(error.kind, ERROR_NOT_APPROVED);
    if (message)
        *message = arena_strdup(world->arena, error.message);
    return run;
}

static void assert_says(const char *message, const char *words)
{
    if (!strstr(message, words))
        fail_msg("'%s' does not say '%s'", message, words);
}

static void k_of_n_approvers_let_it_through(void **state)
{
    struct world world;
    const char *message;
    size_t count;
    (void)state;

    for (unsigned threshold = 1; threshold <= 4; threshold++) {
        begin(&world);
        world.request.plan_threshold = threshold;
        for (unsigned signed_by = 0; signed_by <= 4; signed_by++) {
            assert_int_equal(found(&world), signed_by);
            const struct verified_run *run = pass(&world, &message);
            assert_int_equal(run != NULL, signed_by >= threshold);
            if (run) {
                verified_run_approvals(run, &count);
                assert_int_equal(count, signed_by);
                assert_false(verified_run_is_emergency(run));
                assert_true(verified_run_allows(run, "https://graph.facebook.com/v25.0/1/feed"));
                assert_false(verified_run_allows(run, "https://api.x.com"));
            } else {
                assert_says(message, "for mode live, and has ");
            }
            if (signed_by < 4)
                approve(&world, signed_by);
        }
        arena_free(world.arena);
    }
}

static void the_floor_of_the_workspace_counts_too(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    world.request.plan_threshold = 0;
    world.request.workspace_threshold = 2;
    approve(&world, 0);
    assert_null(pass(&world, NULL));
    approve(&world, 1);
    assert_int_equal(verified_run_threshold(pass(&world, NULL)), 2);
    arena_free(world.arena);
}

static void one_key_under_two_names_counts_once(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    world.signer_items[1].key = signing_test_key(0);
    approve(&world, 0);
    approve(&world, 0);
    assert_int_equal(found(&world), 1);
    assert_null(pass(&world, NULL));
    approve(&world, 2);
    assert_int_equal(found(&world), 2);
    assert_non_null(pass(&world, NULL));
    arena_free(world.arena);
}

static void one_person_with_two_keys_counts_once(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    add_signer(&world, "kari", 4);
    approve(&world, 0);
    approve(&world, 4);
    approve(&world, 0);
    assert_int_equal(found(&world), 1);
    assert_null(pass(&world, NULL));
    approve(&world, 3);
    assert_non_null(pass(&world, NULL));
    arena_free(world.arena);
}

/* The most pairs among edges at..count that share neither a principal nor a key. */
static unsigned most_pairs(const unsigned (*edges)[2], size_t count, size_t at,
                           unsigned used_principals, unsigned used_keys)
{
    if (at == count)
        return 0;
    unsigned principal = 1u << edges[at][0], key = 1u << edges[at][1];
    unsigned without = most_pairs(edges, count, at + 1, used_principals, used_keys), with = 0;
    if (!(used_principals & principal) && !(used_keys & key))
        with = 1 + most_pairs(edges, count, at + 1, used_principals | principal, used_keys | key);
    return with > without ? with : without;
}

static void as_many_as_can_be_paired_off_are_counted(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct ssh_key keys[5];
    uint64_t random = 20261124;
    (void)state;

    for (unsigned i = 0; i < 5; i++)
        keys[i] = signing_test_key(i);
    for (int round = 0; round < 2000; round++) {
        struct approval_finding findings[11] = {0};
        unsigned edges[11][2];
        size_t count = property_below(&random, 12), counting = 0;
        for (size_t i = 0; i < count; i++) {
            unsigned principal = (unsigned)property_below(&random, 5);
            unsigned key = (unsigned)property_below(&random, 5);
            findings[i].principal = names[principal];
            findings[i].key = keys[key];
            findings[i].counts = property_below(&random, 5) > 0;
            if (findings[i].counts) {
                edges[counting][0] = principal;
                edges[counting++][1] = key;
            }
        }
        assert_int_equal(approval_count(findings, count), most_pairs(edges, counting, 0, 0, 0));
    }
}

/* --- what does not count, and why ------------------------------------------------------------ */

static void of_another_plan(struct statement *statement)
{
    statement->plan = "skred";
}

static void with_another_plan_file(struct statement *statement)
{
    statement->plan_sha256[31] ^= 1;
}

static void with_another_directory(struct statement *statement)
{
    statement->directory_sha256[0] ^= 0x80;
}

static void with_another_picture(struct statement *statement)
{
    statement->media_sha256[0] ^= 1;
}

static void without_pictures(struct statement *statement)
{
    statement->has_media = false;
}

static void for_an_exercise(struct statement *statement)
{
    statement->mode = MODE_EXERCISE;
}

static void for_other_places(struct statement *statement)
{
    statement->audience_sha256[7] ^= 1;
}

static void for_one_municipality_less(struct statement *statement)
{
    statement->municipality_count--;
}

static void of_another_message(struct statement *statement)
{
    statement->message = "update";
}

static void with_another_value(struct statement *statement)
{
    static const struct statement_variable other[] = {{"level", "3"}, {"river", "Glomma"}};
    statement->variables = other;
}

static void with_another_variable(struct statement *statement)
{
    static const struct statement_variable other[] = {{"level", "2"}, {"rivers", "Glomma"}};
    statement->variables = other;
}

static void with_a_variable_less(struct statement *statement)
{
    statement->variable_count--;
}

static void for_one_delivery_more(struct statement *statement)
{
    statement->delivery_count++;
}

static void with_other_texts(struct statement *statement)
{
    statement->texts_sha256[16] ^= 1;
}

static void for_yesterday(struct statement *statement)
{
    statement->not_after_unix_ms = now / 1000 * 1000 - 1000;
}

static void for_tomorrow(struct statement *statement)
{
    statement->not_before_unix_ms = now / 1000 * 1000 + 1000;
}

static void every_difference_is_refused_and_named(void **state)
{
    static const struct {
        void (*change)(struct statement *statement);
        const char *reason;
        bool binds_standing; /* a standing approval is refused for it as well */
    } cases[] = {
        {of_another_plan, "it is for the plan 'skred'", true},
        {with_another_plan_file, "the plan file is not the one that was signed", true},
        {with_another_directory, "a directory file is not the one that was signed", true},
        {with_another_picture, "the pictures and films are not the ones that were signed", true},
        {without_pictures, "the pictures and films are not the ones that were signed", true},
        {for_an_exercise, "it is for mode exercise", true},
        {for_other_places, "(199 municipalities then, 199 now)", true},
        {for_one_municipality_less, "(198 municipalities then, 199 now)", true},
        {of_another_message, "it is for the message 'update'", false},
        {with_another_value, "the variables are not the ones that were signed", false},
        {with_another_variable, "the variables are not the ones that were signed", false},
        {with_a_variable_less, "the variables are not the ones that were signed", false},
        {for_one_delivery_more, "it is for 1786 deliveries, not 1785", false},
        {with_other_texts, "the texts are not the ones that were signed", false},
        {for_yesterday, "it expired at 2026-11-23T04:59:59Z", true},
        {for_tomorrow, "it is valid only from 2026-11-23T05:00:01Z", true},
    };
    struct world world;
    const char *message;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(&world);
        approve(&world, 0);
        struct statement statement = statement_of(&world);
        cases[i].change(&statement);
        add_file(&world, &statement, 1);
        assert_null(pass(&world, &message));
        assert_says(message, cases[i].reason);

        world.request.file_count = 1;
        statement.message = STATEMENT_EVERY_MESSAGE;
        statement.variable_count = 0;
        memset(statement.texts_sha256, 0, SHA256_SIZE);
        add_file(&world, &statement, 1);
        assert_int_equal(pass(&world, NULL) == NULL, cases[i].binds_standing);
        arena_free(world.arena);
    }
}

static void what_is_wrong_with_a_file_is_named(void **state)
{
    struct world world;
    struct approval_file *file;
    const char *message;
    (void)state;

    begin(&world);
    world.request.plan_threshold = 1;
    struct statement statement = statement_of(&world);

    file = add_file(&world, &statement, 0);
    file->signature = NULL;
    assert_null(pass(&world, &message));
    assert_says(message, "someone-0123: it is not signed");

    world.request.file_count = 0;
    file = add_file(&world, &statement, 0);
    file->signature_size /= 2;
    assert_null(pass(&world, NULL));

    /* Signed by the same person, but not this. */
    world.request.file_count = 0;
    add_file(&world, &statement, 0);
    statement.nonce[0] ^= 1;
    file = add_file(&world, &statement, 0);
    file->signature = world.files[0].signature;
    file->signature_size = world.files[0].signature_size;
    world.files[0] = *file;
    world.request.file_count = 1;
    assert_null(pass(&world, &message));
    assert_says(message, "over these bytes");

    world.request.file_count = 0;
    file = add_file(&world, &statement, 0);
    file->signature = signing_test_sign(world.arena, 0, "crisis-approvers@v1", file->statement,
                                        file->statement_size);
    file->signature_size = strlen(file->signature);
    assert_null(pass(&world, &message));
    assert_says(message, "namespace");

    world.request.file_count = 0;
    file = add_file(&world, &statement, 0);
    file->statement = "";
    file->statement_size = 0;
    assert_null(pass(&world, NULL));
    arena_free(world.arena);
}

static void only_approvers_of_the_plan_who_may_sign_now_count(void **state)
{
    static const char *const others[] = {"crisis-approvers@v1"};
    struct world world;
    const char *message;
    (void)state;

    begin(&world);
    world.request.plan_threshold = 1;
    approve(&world, 9);
    assert_null(pass(&world, &message));
    assert_says(message, "is nobody's in the approvers file");

    add_signer(&world, "fremmed", 9);
    assert_null(pass(&world, &message));
    assert_says(message, "'fremmed' is not an approver of this plan");

    world.request.file_count = 0;
    approve(&world, 0);
    world.request.approvers = four + 1;
    world.request.approver_count = 3;
    assert_null(pass(&world, &message));
    assert_says(message, "'kari' is not an approver of this plan");
    world.request.approvers = four;

    world.signer_items[0].namespaces = others;
    assert_null(pass(&world, &message));
    assert_says(message, "may not sign for the namespace");
    world.signer_items[0].namespaces = namespaces;
    assert_non_null(pass(&world, NULL));

    world.signer_items[0].has_valid_before = true;
    world.signer_items[0].valid_before_unix_ms = now;
    assert_non_null(pass(&world, NULL));
    world.request.now_unix_ms = now + 1000;
    assert_null(pass(&world, NULL));

    world.request.signers = NULL;
    assert_null(pass(&world, NULL));
    arena_free(world.arena);
}

static void the_window_holds_to_the_second(void **state)
{
    static const struct {
        int64_t at;
        bool passes;
    } cases[] = {
        {from - 1000, false}, {from - 1, false},     {from, true},
        {until, true},        {until + 1000, false}, {0, false},
    };
    struct world world;
    (void)state;

    begin(&world);
    approve(&world, 0);
    approve(&world, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world.request.now_unix_ms = cases[i].at;
        assert_int_equal(pass(&world, NULL) != NULL, cases[i].passes);
    }
    arena_free(world.arena);
}

static struct statement standing_statement_of(const struct world *world)
{
    struct statement statement = statement_of(world);
    statement.message = STATEMENT_EVERY_MESSAGE;
    statement.variables = NULL;
    statement.variable_count = 0;
    memset(statement.texts_sha256, 0, SHA256_SIZE);
    return statement;
}

static void a_standing_approval_covers_every_message_unless_the_plan_forbids(void **state)
{
    struct world world;
    const char *message;
    (void)state;

    begin(&world);
    struct statement standing = standing_statement_of(&world);
    add_file(&world, &standing, 0);
    approve(&world, 1);
    assert_non_null(pass(&world, NULL)); /* one of each kind */
    world.wanted.message = "update";
    world.request.message = "update";
    assert_int_equal(found(&world), 1);
    world.request.file_count = 1;
    add_file(&world, &standing, 2);
    assert_non_null(pass(&world, NULL));

    world.request.specific_only = true;
    assert_null(pass(&world, &message));
    assert_says(message, "the plan wants an approval of this very message");
    arena_free(world.arena);
}

static void without_something_to_compare_nothing_counts(void **state)
{
    struct world world;
    const char *message;
    (void)state;

    begin(&world);
    approve(&world, 0);
    approve(&world, 1);
    world.request.wanted = NULL;
    assert_null(pass(&world, &message));
    assert_says(message, "there is nothing to compare it with");
    arena_free(world.arena);
}

static void a_list_that_is_not_in_force_decides_nothing(void **state)
{
    static const char *const vakt[] = {"kari"};
    struct world world;
    const char *message;
    (void)state;

    begin(&world);
    approve(&world, 0);
    approve(&world, 1);
    assert_non_null(pass(&world, NULL));
    world.request.list_fault = "the file was edited";
    assert_null(pass(&world, &message));
    assert_says(message, "cannot be approved: the file was edited");
    /* Nor does anybody act alone by it. */
    world.request.emergency_approvers = vakt;
    world.request.emergency_approver_count = 1;
    world.request.is_emergency_severity = true;
    assert_null(pass(&world, NULL));
    /* Where nobody needs to approve, it does not matter. */
    world.request.plan_threshold = 0;
    world.request.endpoints = loopback;
    assert_non_null(pass(&world, NULL));
    arena_free(world.arena);
}

static int64_t until_of(struct world *world, unsigned threshold)
{
    struct approval_finding *findings = approval_examine(world->arena, &world->request);
    return approval_until_unix_ms(world->arena, findings, world->request.file_count, threshold);
}

static void an_approval_holds_as_long_as_enough_of_it_does(void **state)
{
    enum { HOUR_MS = 3600 * 1000 };
    struct world world;
    (void)state;

    begin(&world);
    assert_int_equal(until_of(&world, 1), 0);
    for (unsigned i = 0; i < 3; i++) {
        struct statement statement = statement_of(&world);
        statement.not_after_unix_ms = until + i * HOUR_MS;
        add_file(&world, &statement, i);
    }
    assert_int_equal(until_of(&world, 1), until + 2 * HOUR_MS);
    assert_int_equal(until_of(&world, 2), until + HOUR_MS);
    assert_int_equal(until_of(&world, 3), until);
    assert_int_equal(until_of(&world, 4), 0);
    /* One who signs again, for longer, is still one. */
    struct statement longer = statement_of(&world);
    longer.not_after_unix_ms = until + 5 * HOUR_MS;
    add_file(&world, &longer, 2);
    assert_int_equal(until_of(&world, 2), until + HOUR_MS);
    assert_int_equal(until_of(&world, 1), until + 5 * HOUR_MS);
    arena_free(world.arena);
}

/* --- calling it off -------------------------------------------------------------------------- */

static void a_reversal_goes_out_on_the_approval_of_what_it_follows(void **state)
{
    static const char *const follows[] = {"update", "alert"};
    struct world world;
    const char *message;
    (void)state;

    begin(&world);
    world.request.specific_only = true;
    approve(&world, 0);
    approve(&world, 1);
    /* Another text, other values. */
    world.wanted.message = "cancel";
    world.wanted.variable_count = 0;
    world.wanted.delivery_count = 1700;
    world.wanted.texts_sha256[0] ^= 1;
    world.request.message = "cancel";
    assert_null(pass(&world, &message));
    assert_says(message, "it is for the message 'alert'");
    world.request.follows = follows;
    world.request.follows_count = 2;
    assert_non_null(pass(&world, NULL));
    world.request.follows_count = 1;
    assert_null(pass(&world, NULL));
    world.request.follows_count = 2;

    /* The same plan, directory, mode and places it must be. */
    static void (*const changes[])(struct statement *) = {
        of_another_plan, with_another_plan_file, with_another_directory,    with_another_picture,
        for_an_exercise, for_other_places,       for_one_municipality_less,
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct statement kept = world.wanted;
        changes[i](&world.wanted);
        assert_null(pass(&world, NULL));
        world.wanted = kept;
    }
    assert_non_null(pass(&world, NULL));
    arena_free(world.arena);
}

/* --- the emergency path ---------------------------------------------------------------------- */

static void in_an_emergency_one_named_person_may_act_alone(void **state)
{
    struct world world;
    const char *message;
    (void)state;

    begin(&world);
    world.request.emergency_approvers = emergency_names;
    world.request.emergency_approver_count = 1;
    add_signer(&world, "vakt", 5);
    approve(&world, 5);
    struct approval_finding *findings = approval_examine(world.arena, &world.request);
    assert_false(findings[0].counts);
    assert_int_equal(approval_count(findings, 1), 0);
    assert_null(pass(&world, &message));
    assert_says(message, "it counts in an emergency only");

    world.request.is_emergency_severity = true;
    findings = approval_examine(world.arena, &world.request);
    assert_true(findings[0].counts_alone);
    assert_int_equal(approval_count(findings, 1), 0);
    const struct verified_run *run = pass(&world, NULL);
    assert_non_null(run);
    assert_true(verified_run_is_emergency(run));

    /* With enough of the others it is no emergency. */
    approve(&world, 0);
    assert_true(verified_run_is_emergency(pass(&world, NULL)));
    approve(&world, 1);
    assert_false(verified_run_is_emergency(pass(&world, NULL)));

    /* Others cannot act alone, and what is signed must match here too. */
    world.request.file_count = 0;
    approve(&world, 0);
    assert_null(pass(&world, NULL));
    world.request.file_count = 0;
    struct statement statement = statement_of(&world);
    with_other_texts(&statement);
    add_file(&world, &statement, 5);
    assert_null(pass(&world, NULL));
    arena_free(world.arena);
}

static void an_emergency_approver_of_the_list_counts_as_one_of_it_too(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    world.request.emergency_approvers = four;
    world.request.emergency_approver_count = 1;
    approve(&world, 0);
    assert_null(pass(&world, NULL));
    approve(&world, 1);
    assert_false(verified_run_is_emergency(pass(&world, NULL)));
    world.request.is_emergency_severity = true;
    assert_false(verified_run_is_emergency(pass(&world, NULL)));
    world.request.file_count = 1;
    assert_true(verified_run_is_emergency(pass(&world, NULL)));
    arena_free(world.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_larger_threshold_counts),
        cmocka_unit_test(without_approvals_only_loopback_is_reached),
        cmocka_unit_test(a_refusal_does_not_show_the_path_of_an_address),
        cmocka_unit_test(a_run_reaches_only_what_was_let_through),
        cmocka_unit_test(a_run_is_taken_back_without_approvals_where_it_went),
        cmocka_unit_test(k_of_n_approvers_let_it_through),
        cmocka_unit_test(the_floor_of_the_workspace_counts_too),
        cmocka_unit_test(one_key_under_two_names_counts_once),
        cmocka_unit_test(one_person_with_two_keys_counts_once),
        cmocka_unit_test(as_many_as_can_be_paired_off_are_counted),
        cmocka_unit_test(every_difference_is_refused_and_named),
        cmocka_unit_test(what_is_wrong_with_a_file_is_named),
        cmocka_unit_test(only_approvers_of_the_plan_who_may_sign_now_count),
        cmocka_unit_test(the_window_holds_to_the_second),
        cmocka_unit_test(a_standing_approval_covers_every_message_unless_the_plan_forbids),
        cmocka_unit_test(without_something_to_compare_nothing_counts),
        cmocka_unit_test(a_list_that_is_not_in_force_decides_nothing),
        cmocka_unit_test(an_approval_holds_as_long_as_enough_of_it_does),
        cmocka_unit_test(a_reversal_goes_out_on_the_approval_of_what_it_follows),
        cmocka_unit_test(in_an_emergency_one_named_person_may_act_alone),
        cmocka_unit_test(an_emergency_approver_of_the_list_counts_as_one_of_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/succession.h"

#include "trust_signing.h"

enum { ITEMS_MAX = 6, SIGNATURES_MAX = 6 };

static const int64_t now = 1795410000000;
static const char *const both[] = {"crisis-approval@v1", SUCCESSION_NAMESPACE};
static const char *const approval_only[] = {"crisis-approval@v1"};
static const char next_bytes[] = "the bytes of the next list";

/* Two lists, and what signs the second. */
struct world {
    struct arena *arena;
    struct signer current_items[ITEMS_MAX], next_items[ITEMS_MAX];
    struct signers current, next;
    struct succession_signature signatures[SIGNATURES_MAX];
    struct succession succession;
    struct succession_state result;
};

static void add(struct signers *list, struct signer *items, const char *principal, unsigned key)
{
    items[list->count++] = (struct signer){
        .principal = principal,
        .key = signing_test_key(key),
        .namespaces = both,
        .namespace_count = 2,
    };
    list->items = items;
}

/* In force: kari (key 0), ola (1), per (2), 2 of them; next: kari, ola, anne (3), 2 of them. */
static void begin(struct world *world)
{
    *world = (struct world){.arena = arena_new()};
    world->current = (struct signers){.version = 3, .threshold = 2};
    memset(world->current.sha256, 7, SHA256_SIZE);
    add(&world->current, world->current_items, "kari", 0);
    add(&world->current, world->current_items, "ola", 1);
    add(&world->current, world->current_items, "per", 2);
    world->next = (struct signers){.version = 4, .threshold = 2, .has_previous = true};
    memset(world->next.previous_sha256, 7, SHA256_SIZE);
    add(&world->next, world->next_items, "kari", 0);
    add(&world->next, world->next_items, "ola", 1);
    add(&world->next, world->next_items, "anne", 3);
    world->succession = (struct succession){
        .current = &world->current,
        .next = &world->next,
        .next_bytes = next_bytes,
        .next_size = sizeof(next_bytes) - 1,
        .signatures = world->signatures,
        .now_unix_ms = now,
    };
}

static void sign_as(struct world *world, unsigned key, const char *namespace_name,
                    const char *bytes)
{
    struct succession_signature *signature =
        &world->signatures[world->succession.signature_count++];
    signature->name = "approvers.next.someone.sig";
    signature->armour = signing_test_sign(world->arena, key, namespace_name, bytes, strlen(bytes));
    signature->size = strlen(signature->armour);
}

static void sign(struct world *world, unsigned key)
{
    sign_as(world, key, SUCCESSION_NAMESPACE, next_bytes);
}

static bool complete(struct world *world)
{
    struct error error = {0};

    if (succession_examine(world->arena, &world->succession, &world->result, &error) < 0)
        fail_msg("%s", error.message);
    return succession_is_complete(&world->result);
}

static void assert_no_successor(struct world *world, const char *reason)
{
    struct error error = {0};

    assert_int_equal(succession_examine(world->arena, &world->succession, &world->result, &error),
                     -1);
    assert_int_equal(error.kind, ERROR_NOT_APPROVED);
    if (!strstr(error.message, reason))
        fail_msg("'%s' does not say '%s'", error.message, reason);
}

static void both_lists_must_consent(void **state)
{
    static const struct {
        unsigned keys[3];
        size_t count;
        unsigned current, next;
        bool is_complete;
    } cases[] = {
        {{0}, 0, 0, 0, false},      {{0}, 1, 1, 1, false},      {{0, 1}, 2, 2, 2, true},
        {{0, 2}, 2, 2, 1, false},   {{0, 3}, 2, 1, 2, false},   {{2, 3}, 2, 1, 1, false},
        {{0, 2, 3}, 3, 2, 2, true}, {{1, 2, 3}, 3, 2, 2, true}, {{0, 0}, 2, 1, 1, false},
    };
    struct world world;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(&world);
        for (size_t j = 0; j < cases[i].count; j++)
            sign(&world, cases[i].keys[j]);
        assert_int_equal(complete(&world), cases[i].is_complete);
        assert_true(world.result.needs_signatures);
        assert_int_equal(world.result.current_signed, cases[i].current);
        assert_int_equal(world.result.next_signed, cases[i].next);
        assert_int_equal(world.result.current_threshold, 2);
        arena_free(world.arena);
    }
}

static void each_list_has_its_own_threshold(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    world.next.threshold = 3;
    sign(&world, 0);
    sign(&world, 1);
    assert_false(complete(&world));
    sign(&world, 3);
    assert_true(complete(&world));

    world.next.threshold = 1;
    world.succession.signature_count = 1;
    assert_false(complete(&world));
    sign(&world, 2);
    assert_true(complete(&world));
    arena_free(world.arena);
}

static void what_does_not_count_is_told(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    sign(&world, 0);
    sign(&world, 9);
    sign_as(&world, 1, "crisis-approval@v1", next_bytes);
    sign_as(&world, 1, SUCCESSION_NAMESPACE, "other bytes");
    sign(&world, 1);
    world.signatures[4].size -= 10;
    assert_false(complete(&world));
    assert_null(world.result.refusals[0]);
    assert_non_null(strstr(world.result.refusals[1], "nobody's in either list"));
    assert_non_null(strstr(world.result.refusals[2], "namespace"));
    assert_non_null(strstr(world.result.refusals[3], "over these bytes"));
    assert_non_null(world.result.refusals[4]);
    assert_int_equal(world.result.current_signed, 1);
    arena_free(world.arena);
}

static void a_key_that_may_not_sign_lists_does_not_count(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    sign(&world, 0);
    sign(&world, 1);
    world.current_items[1].namespaces = approval_only;
    world.current_items[1].namespace_count = 1;
    assert_false(complete(&world));
    assert_int_equal(world.result.current_signed, 1);
    assert_int_equal(world.result.next_signed, 2);
    world.current_items[1].namespaces = both;
    world.current_items[1].namespace_count = 2;
    world.current_items[1].has_valid_before = true;
    world.current_items[1].valid_before_unix_ms = now - 1000;
    assert_false(complete(&world));
    arena_free(world.arena);
}

static void one_key_and_one_person_count_once(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    add(&world.current, world.current_items, "kari", 4);
    add(&world.next, world.next_items, "kari", 4);
    sign(&world, 0);
    sign(&world, 4);
    assert_false(complete(&world));
    assert_int_equal(world.result.current_signed, 1);
    assert_int_equal(world.result.next_signed, 1);
    assert_int_equal(succession_principals(&world.current), 3);
    arena_free(world.arena);

    begin(&world);
    world.current_items[1].key = signing_test_key(0);
    world.next_items[1].key = signing_test_key(0);
    sign(&world, 0);
    sign(&world, 0);
    assert_false(complete(&world));
    assert_int_equal(succession_principals(&world.current), 2);
    arena_free(world.arena);
}

static void a_list_that_follows_nothing_is_no_successor(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    sign(&world, 0);
    sign(&world, 1);
    world.next.version = 5;
    assert_no_successor(&world, "the new list is version 5, not 4");
    world.next.version = 3;
    assert_no_successor(&world, "the new list is version 3, not 4");
    world.next.version = 4;
    world.next.previous_sha256[31] ^= 1;
    assert_no_successor(&world, "from another version of the present one");
    world.next.previous_sha256[31] ^= 1;
    world.next.has_previous = false;
    assert_no_successor(&world, "from another version of the present one");
    world.next.has_previous = true;
    world.next.threshold = 4;
    assert_no_successor(&world, "the new list has 3 approvers, and asks for 4");
    world.next.threshold = 0;
    assert_no_successor(&world, "asks for 0");
    world.next.threshold = 2;
    assert_true(complete(&world));
    arena_free(world.arena);
}

static void a_list_that_cannot_consent_yet_is_changed_without_signatures(void **state)
{
    struct world world;
    (void)state;

    begin(&world);
    world.current.count = 1;
    assert_true(complete(&world));
    assert_false(world.result.needs_signatures);
    world.current.count = 2;
    assert_false(complete(&world));
    world.succession.current = NULL;
    assert_true(complete(&world));
    assert_false(world.result.needs_signatures);
    assert_int_equal(succession_principals(NULL), 0);
    arena_free(world.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_lists_must_consent),
        cmocka_unit_test(each_list_has_its_own_threshold),
        cmocka_unit_test(what_does_not_count_is_told),
        cmocka_unit_test(a_key_that_may_not_sign_lists_does_not_count),
        cmocka_unit_test(one_key_and_one_person_count_once),
        cmocka_unit_test(a_list_that_follows_nothing_is_no_successor),
        cmocka_unit_test(a_list_that_cannot_consent_yet_is_changed_without_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch/texts.h"

#include "store_fixture.h"

enum { DELIVERIES = 3 };

static const struct new_delivery places[DELIVERIES] = {
    {{1}, "0301", "Oslo", "x", "default", "nb", 0, false},
    {{2}, "4640", "Sogndal", "x", "default", "nb", 0, false},
    {{3}, "5610", "Karasjok", "mastodon", "default", "se", 1, false},
};

static void hash_of(const struct draft list[2], const struct new_delivery deliveries[DELIVERIES],
                    unsigned char out[SHA256_SIZE])
{
    texts_of_new(list, 2, &(struct new_deliveries){.count = DELIVERIES, .all = deliveries}, out);
}

/* What is stored hashes as what was about to be stored, whatever is empty or not there. */
static void the_store_has_the_texts_that_it_was_given(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct run_record run = run_of("flom.alert.a");
    unsigned char before[SHA256_SIZE], after[SHA256_SIZE];

    hash_of(drafts, places, before);
    assert_int_equal(store_run_create(store, &run, drafts, 2,
                                      &(struct new_deliveries){.count = DELIVERIES, .all = places},
                                      NULL, &fixture->error),
                     0);
    assert_int_equal(texts_of_run(store, run.row, after, &fixture->error), 0);
    assert_memory_equal(before, after, SHA256_SIZE);
}

/* Nothing can be changed, left out, or moved from one field to the next. */
static void every_field_counts(void **state)
{
    (void)state;
    static const char *const one[] = {"Varsel"}, *const other[] = {"Varsel", ""};
    static const struct media picture = {.sha256 = "00ff", .alt = "Kart"};
    static const struct media without = {.sha256 = "00ff", .alt = ""};
    static const struct media hosted = {.sha256 = "00ff", .alt = "Kart", .url = "https://x.no/k"};
    static const struct draft variants[] = {
        {.channel = "x", .language = "nb", .headline = "", .parts = one, .part_count = 1},
        {.channel = "xn", .language = "b", .headline = "", .parts = one, .part_count = 1},
        {.channel = "x", .language = "nb", .headline = "V", .parts = one, .part_count = 1},
        {.channel = "x", .language = "nb", .headline = "", .parts = other, .part_count = 2},
        {.channel = "x", .language = "nb", .headline = "", .parts = one, .part_count = 0},
        {"x", "nb", "", one, 1, .link = ""},
        {"x", "nb", "", one, 1, .link = "https://krise.no"},
        {"x", "nb", "", one, 1, .document = "https://krise.no"},
        {"x", "nb", "", one, 1, .media = &picture, .media_count = 1},
        {"x", "nb", "", one, 1, .media = &without, .media_count = 1},
        {"x", "nb", "", one, 1, .media = &hosted, .media_count = 1},
    };
    enum { COUNT = sizeof(variants) / sizeof(variants[0]) };
    unsigned char hashes[COUNT][SHA256_SIZE];

    for (size_t i = 0; i < COUNT; i++) {
        const struct draft pair[] = {variants[i], drafts[1]};
        hash_of(pair, places, hashes[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(hashes[i], hashes[j], SHA256_SIZE);
    }
}

static void which_text_goes_where_counts(void **state)
{
    (void)state;
    struct new_delivery moved[DELIVERIES];
    unsigned char before[SHA256_SIZE], after[SHA256_SIZE];

    hash_of(drafts, places, before);
    memcpy(moved, places, sizeof(moved));
    moved[0].draft = 1;
    hash_of(drafts, moved, after);
    assert_memory_not_equal(before, after, SHA256_SIZE);
    memcpy(moved, places, sizeof(moved));
    moved[1].key[15] = 1;
    hash_of(drafts, moved, after);
    assert_memory_not_equal(before, after, SHA256_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_store_has_the_texts_that_it_was_given, set_up,
                                        tear_down),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(which_text_goes_where_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

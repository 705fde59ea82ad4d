/* What a report counts: times, causes, who was not reached, and the texts that were said. */
#include "report_fixture.h"

#include "property.h"

enum { ROUNDS = 300 };

struct fixture {
    struct arena *arena;
    struct run_record run;
    struct figures figures;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new();
    fixture->run = run_in_mode(MODE_LIVE);
    figures_begin(&fixture->figures, fixture->arena, &fixture->run);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    figures_release(&fixture->figures);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

/* --- times ----------------------------------------------------------------------------------- */

static void shares_are_of_all_not_of_what_came(void **state)
{
    struct times times = {0};
    (void)state;

    for (int64_t i = 10; i >= 1; i--)
        times_add(&times, i * 100);
    times_sort(&times);
    assert_int_equal(times_first(&times), 100);
    assert_int_equal(times_last(&times), 1000);
    assert_int_equal(times_at(&times, 10, 50), 500);
    assert_int_equal(times_at(&times, 10, 90), 900);
    assert_int_equal(times_at(&times, 10, 91), 1000);
    assert_int_equal(times_at(&times, 10, 100), 1000);
    assert_int_equal(times_at(&times, 20, 50), 1000);
    assert_int_equal(times_at(&times, 20, 51), -1);
    assert_int_equal(times_at(&times, 3, 1), 100); /* a part of one is one */
    assert_int_equal(times_by(&times, 99), 0);
    assert_int_equal(times_by(&times, 100), 1);
    assert_int_equal(times_by(&times, 5000), 10);
    times_release(&times);
}

static void nothing_has_no_times(void **state)
{
    struct times times = {0};
    (void)state;

    times_sort(&times);
    assert_int_equal(times_first(&times), -1);
    assert_int_equal(times_last(&times), -1);
    assert_int_equal(times_at(&times, 0, 50), -1);
    assert_int_equal(times_at(&times, 7, 50), -1);
    times_release(&times);
}

/* A share is reached at the first moment when that many had come, for any times. */
static void shares_of_any_times(void **state)
{
    uint64_t random = 3;
    (void)state;

    for (int round = 0; round < ROUNDS; round++) {
        struct times times = {0};
        size_t count = (size_t)property_below(&random, 400);
        size_t total = count + (size_t)property_below(&random, 50);
        unsigned percent = 1 + (unsigned)property_below(&random, 100);
        for (size_t i = 0; i < count; i++)
            times_add(&times, (int64_t)property_below(&random, 5000) - 10);
        times_sort(&times);
        int64_t at_ms = times_at(&times, total, percent);
        if (at_ms < 0) {
            assert_true(count * 100 < total * percent || total == 0);
        } else {
            assert_true(times_by(&times, at_ms) * 100 >= total * percent);
            assert_true(times_by(&times, at_ms - 1) * 100 < total * percent);
        }
        times_release(&times);
    }
}

/* --- counts ---------------------------------------------------------------------------------- */

static void add(struct fixture *fixture, struct delivery_record delivery)
{
    figures_add(&fixture->figures, &delivery);
}

static void municipalities_are_reached_by_their_first_post(void **state)
{
    struct fixture *fixture = *state;
    const struct figures *figures = &fixture->figures;

    add(fixture, delivery_of("0301", "Oslo", "facebook", DELIVERY_POSTED, 900));
    add(fixture, delivery_of("0301", "Oslo", "x", DELIVERY_POSTED, 300));
    add(fixture, delivery_of("1103", "Stavanger", "facebook", DELIVERY_FAILED, 100));
    add(fixture, delivery_of("1103", "Stavanger", "x", DELIVERY_QUEUED, -1));
    add(fixture, delivery_of("4601", "Bergen", "facebook", DELIVERY_IN_DOUBT, -1));
    add(fixture, delivery_of("4601", "Bergen", "x", DELIVERY_POSTED, -1 + 2));
    figures_end(&fixture->figures);
    assert_int_equal(figures->tally.total, 6);
    assert_int_equal(figures->tally.municipality_count, 3);
    assert_int_equal(figures_reached(figures), 2);
    assert_int_equal(figures->tally.unreached_count, 1);
    assert_string_equal(figures->tally.unreached[0], "1103 Stavanger");
    assert_int_equal(figures->posts.count, 3);
    assert_int_equal(times_last(&figures->posts), 900);
    assert_int_equal(figures->places.count, 2);
    assert_int_equal(times_first(&figures->places), 1);
    assert_int_equal(times_last(&figures->places), 300);
    assert_int_equal(figures_end_ms(figures), 4000);
}

static void a_clock_that_was_set_back_gives_no_time_before_the_start(void **state)
{
    struct fixture *fixture = *state;
    struct delivery_record early = delivery_of("0301", "Oslo", "x", DELIVERY_POSTED, 0);

    early.done_unix_ms = run_began_ms - 5000;
    add(fixture, early);
    figures_end(&fixture->figures);
    assert_int_equal(times_first(&fixture->figures.posts), 0);
    assert_int_equal(times_first(&fixture->figures.places), 0);
}

static void trouble_is_told_apart_by_its_cause(void **state)
{
    static const struct {
        const char *municipality, *channel, *message, *next;
    } failures[] = {
        {"0301", "x", "HTTP/2 stream 7 was closed", "wait"},
        {"0302", "x", "HTTP/2 stream 135 was closed", "wait"},
        {"0303", "x", "the token has expired", "crisis invite 0303"},
        {"0304", "x", "the token has expired", "crisis invite 0304"},
        {"0305", "facebook", "the token has expired", "crisis invite 0305"},
        {"0306", "x", "the token has expired 7", "crisis invite 0306"},
    };
    struct fixture *fixture = *state;
    const struct tally *tally = &fixture->figures.tally;

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct delivery_record delivery =
            delivery_of(failures[i].municipality, "Name", failures[i].channel, DELIVERY_FAILED, 5);
        fail_with(&delivery, FAILURE_CREDENTIAL, failures[i].message, failures[i].next);
        add(fixture, delivery);
    }
    figures_end(&fixture->figures);
    assert_int_equal(tally->trouble_count, 4);
    assert_int_equal(tally->troubles[0].count, 2);
    assert_false(tally->troubles[0].has_own_next);
    assert_string_equal(tally->troubles[0].places[1].municipality, "0302");
    assert_int_equal(tally->troubles[1].count, 2);
    assert_true(tally->troubles[1].has_own_next);
    assert_string_equal(tally->troubles[1].places[1].next, "crisis invite 0304");
    assert_string_equal(tally->troubles[2].channel, "facebook");
    assert_int_equal(tally->unreached_count, 6);
}

/* A thousand reasons: none is lost from the counts, and the table does not grow with them. */
static void there_may_be_more_causes_than_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    const struct tally *tally = &fixture->figures.tally;
    size_t told = 0;

    for (unsigned i = 0; i < 1000; i++) {
        char message[16];
        (void)snprintf(message, sizeof(message), "%c%c", 'a' + i / 32, '@' + i % 32);
        struct delivery_record delivery = delivery_of("0301", "Oslo", "x", DELIVERY_FAILED, 5);
        fail_with(&delivery, FAILURE_SERVER, message, "");
        add(fixture, delivery);
    }
    figures_end(&fixture->figures);
    for (size_t i = 0; i < tally->trouble_count; i++)
        told += tally->troubles[i].count;
    assert_int_equal(told + tally->other_trouble_count, 1000);
    assert_true(tally->other_trouble_count > 0 && tally->trouble_count <= 200);
    assert_int_equal(tally->counts[DELIVERY_FAILED], 1000);
}

/* --- texts ----------------------------------------------------------------------------------- */

static void say(struct fixture *fixture, const char *municipality, const char *name,
                const char *channel, int64_t row, const char *text)
{
    struct delivery_record delivery = delivery_of(municipality, name, channel, DELIVERY_POSTED, 5);
    const char *const parts[] = {text};
    struct draft draft = {
        .channel = channel, .language = "nb", .headline = "", .parts = parts, .part_count = 1};

    delivery.draft_row = row;
    figures_add(&fixture->figures, &delivery);
    if (!said_texts_count(&fixture->figures.texts, &delivery))
        said_texts_add(&fixture->figures.texts, &delivery, &draft);
}

static void texts_are_the_same_but_for_names_numbers_and_addresses(void **state)
{
    struct fixture *fixture = *state;
    const struct said_texts *texts = &fixture->figures.texts;

    say(fixture, "0301", "Oslo", "x", 1, "Oslo (0301): Flom! https://oslo.kommune.no/a Hold ut.");
    say(fixture, "4601", "Bergen", "x", 2, "Bergen (4601): Flom! http://www.bergen.no Hold ut.");
    say(fixture, "3044", "Hol", "x", 3, "Hol (3044): Flom! https://hol.no Hold ut.");
    say(fixture, "3044", "Hol", "facebook", 4, "Hol (3044): Flom! https://hol.no Hold ut.");
    say(fixture, "3044", "Hol", "x", 5, "Hol (3044): Brann! https://hol.no Hold ut.");
    say(fixture, "3045", "Sigdal", "x", 5, "");
    figures_end(&fixture->figures);
    assert_int_equal(texts->count, 3);
    assert_int_equal(texts->items[0].delivery_count, 3);
    assert_int_equal(texts->items[0].variant_count, 3);
    assert_string_equal(texts->items[0].municipality, "0301");
    assert_int_equal(texts->items[1].draft_row, 4);
    assert_int_equal(texts->items[2].delivery_count, 2); /* the second shares its draft */
    assert_int_equal(texts->items[2].variant_count, 1);
}

/* Numbers that matter are not taken for a municipality's own, nor is a name inside a word. */
static void texts_that_say_something_else_are_kept_apart(void **state)
{
    struct fixture *fixture = *state;

    say(fixture, "0301", "Hol", "x", 1, "Hold deg unna sone 2");
    say(fixture, "4601", "Hol", "x", 2, "Hold deg unna sone 3");
    say(fixture, "4602", "Old", "x", 3, "Told deg unna sone 2");
    figures_end(&fixture->figures);
    assert_int_equal(fixture->figures.texts.count, 3);
}

static void many_texts_are_found_again(void **state)
{
    enum { MANY = 2000 };
    struct fixture *fixture = *state;
    char text[32];

    for (int again = 0; again < 2; again++)
        for (int64_t row = 1; row <= MANY; row++) {
            (void)snprintf(text, sizeof(text), "text %d", (int)row % 500);
            say(fixture, "0301", "Oslo", "x", row, text);
        }
    figures_end(&fixture->figures);
    assert_int_equal(fixture->figures.texts.count, 500);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(fixture->figures.texts.items[i].variant_count, MANY / 500);
        assert_int_equal(fixture->figures.texts.items[i].delivery_count, 2 * MANY / 500);
    }
}

#define FIGURES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_of_all_not_of_what_came),
        cmocka_unit_test(nothing_has_no_times),
        cmocka_unit_test(shares_of_any_times),
        FIGURES_TEST(municipalities_are_reached_by_their_first_post),
        FIGURES_TEST(a_clock_that_was_set_back_gives_no_time_before_the_start),
        FIGURES_TEST(trouble_is_told_apart_by_its_cause),
        FIGURES_TEST(there_may_be_more_causes_than_are_told_apart),
        FIGURES_TEST(texts_are_the_same_but_for_names_numbers_and_addresses),
        FIGURES_TEST(texts_that_say_something_else_are_kept_apart),
        FIGURES_TEST(many_texts_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

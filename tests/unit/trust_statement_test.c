#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil_time.h"
#include "trust/statement.h"

#include "property.h"

#define A8 "aaaaaaaa"
#define A64 A8 A8 A8 A8 A8 A8 A8 A8
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D64 "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static const char specific[] = "crisis-approval/v1\n"
                               "plan flom-ostlandet\n"
                               "plan-sha256 " A64 "\n"
                               "directory-sha256 " B64 "\n"
                               "message alert\n"
                               "mode live\n"
                               "set level=rødt\n"
                               "set river=Glomma = stor\n"
                               "audience-sha256 " C64 "\n"
                               "audience 199 municipalities, 1785 deliveries\n"
                               "texts-sha256 " D64 "\n"
                               "not-before 2026-11-23T03:00:00Z\n"
                               "not-after 2026-11-23T15:00:00Z\n"
                               "nonce 4b1e00112233445566778899aabbccdd\n";

static const char standing[] = "crisis-approval/v1\n"
                               "plan flom\n"
                               "plan-sha256 " A64 "\n"
                               "directory-sha256 " B64 "\n"
                               "message *\n"
                               "mode exercise\n"
                               "audience-sha256 " C64 "\n"
                               "audience 1 municipalities, 1 deliveries\n"
                               "not-before 2026-11-23T03:00:00Z\n"
                               "not-after 2026-11-23T03:00:00Z\n"
                               "nonce 00000000000000000000000000000000\n";

static const char with_media[] = "crisis-approval/v1\n"
                                 "plan flom\n"
                                 "plan-sha256 " A64 "\n"
                                 "directory-sha256 " B64 "\n"
                                 "media-sha256 " D64 "\n"
                                 "message *\n"
                                 "mode exercise\n"
                                 "audience-sha256 " C64 "\n"
                                 "audience 1 municipalities, 1 deliveries\n"
                                 "not-before 2026-11-23T03:00:00Z\n"
                                 "not-after 2026-11-23T03:00:00Z\n"
                                 "nonce 00000000000000000000000000000000\n";

static int64_t at(const char *time)
{
    int64_t unix_ms;

    assert_true(rfc3339_parse(time, &unix_ms));
    return unix_ms;
}

static const struct statement *read_fine(struct arena *arena, const char *text)
{
    const struct statement *statement;
    struct error error = {0};

    assert_int_equal(statement_read(arena, text, strlen(text), &statement, &error), 0);
    return statement;
}

static void a_specific_statement_is_read(void **state)
{
    struct arena *arena = arena_new();
    const struct statement *statement = read_fine(arena, specific);
    (void)state;

    assert_false(statement_is_standing(statement));
    assert_string_equal(statement->plan, "flom-ostlandet");
    assert_string_equal(statement->message, "alert");
    assert_int_equal(statement->mode, MODE_LIVE);
    assert_int_equal(statement->variable_count, 2);
    assert_string_equal(statement->variables[0].value, "rødt");
    assert_string_equal(statement->variables[1].name, "river");
    assert_string_equal(statement->variables[1].value, "Glomma = stor");
    assert_int_equal(statement->plan_sha256[0], 0xaa);
    assert_int_equal(statement->directory_sha256[31], 0xbb);
    assert_int_equal(statement->audience_sha256[7], 0xcc);
    assert_int_equal(statement->texts_sha256[7], 0xdd);
    assert_int_equal(statement->municipality_count, 199);
    assert_int_equal(statement->delivery_count, 1785);
    assert_int_equal(statement->nonce[1], 0x1e);
    assert_int_equal(statement->not_before_unix_ms, at("2026-11-23T03:00:00Z"));
    assert_false(statement_is_current(statement, at("2026-11-23T02:59:59.999Z")));
    assert_true(statement_is_current(statement, at("2026-11-23T03:00:00Z")));
    assert_true(statement_is_current(statement, at("2026-11-23T15:00:00Z")));
    assert_false(statement_is_current(statement, at("2026-11-23T15:00:00.001Z")));
    arena_free(arena);
}

static void a_standing_statement_is_read(void **state)
{
    struct arena *arena = arena_new();
    const struct statement *statement = read_fine(arena, standing);
    (void)state;

    assert_true(statement_is_standing(statement));
    assert_int_equal(statement->mode, MODE_EXERCISE);
    assert_int_equal(statement->variable_count, 0);
    arena_free(arena);
}

static void media_are_named_where_there_are_some(void **state)
{
    struct arena *arena = arena_new();
    const struct statement *statement = read_fine(arena, with_media);
    (void)state;

    assert_true(statement->has_media);
    assert_int_equal(statement->media_sha256[31], 0xdd);
    statement = read_fine(arena, standing);
    assert_false(statement->has_media);
    arena_free(arena);
}

static void what_is_read_is_written_the_same(void **state)
{
    static const char *const texts[] = {specific, standing, with_media};
    (void)state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct arena *arena = arena_new();
        struct text again;
        struct error error = {0};
        text_init(&again, STATEMENT_MAX_BYTES);
        assert_int_equal(statement_add(&again, read_fine(arena, texts[i]), &error), 0);
        assert_string_equal(again.bytes, texts[i]);
        text_release(&again);
        arena_free(arena);
    }
}

static void assert_refused(const char *bytes, size_t size)
{
    struct arena *arena = arena_new();
    const struct statement *statement;
    struct error error = {0};

    if (statement_read(arena, bytes, size, &statement, &error) == 0)
        fail_msg("accepted: %.*s", (int)size, bytes);
    assert_null(statement);
    assert_int_equal(error.kind, ERROR_NOT_APPROVED);
    arena_free(arena);
}

static const struct {
    const char *text, *old, *new;
} spoilt_statements[] = {
    {specific, "/v1", "/v2"},
    {specific, "crisis-approval",
     "\xef\xbb\xbf"
     "crisis-approval"},
    {specific, "plan flom", "plan  flom"},
    {specific, "plan flom", "Plan flom"},
    {specific, "plan flom-ostlandet\n", ""},
    {specific, "plan flom-ostlandet\n", "plan flom-ostlandet\nplan flom-ostlandet\n"},
    {specific, "plan flom-ostlandet\n", "plan flom ostlandet\n"},
    {specific, "plan flom-ostlandet\n", "plan \n"},
    {specific, "plan flom-ostlandet\n", "plan flom-ostlandet \n"},
    {specific, "plan flom-ostlandet\n", "plan flom-ostlandet\r\n"},
    {specific, "plan-sha256 aa", "plan-sha256 AA"},
    {specific, "plan-sha256 aa", "plan-sha256 a"},
    {specific, "plan-sha256 aa", "plan-sha256 aaaa"},
    {specific, "message alert", "message "},
    {specific, "message alert", "message al*"},
    {specific, "message alert", "message *"},
    {specific, "mode live", "mode dry-run"},
    {specific, "mode live", "mode LIVE"},
    {specific, "mode live", "mode test"},
    {specific, "set level", "set river"},
    {specific, "set level", "set zebra"},
    {specific, "set level", "set  level"},
    {specific, "set level=", "set ="},
    {specific, "set level=rødt", "set level"},
    {specific, "set level=rødt",
     "set level=r\xf8"
     "dt"},
    {specific, "set level=rødt",
     "set level=r\xe2\x80\xa8"
     "dt"},
    {specific, "set level=rødt", "set level=\xe2\x80\xae"},
    {specific, "set level=rødt", "set level=\x01"},
    {specific, "audience 199", "audience 0199"},
    {specific, "audience 199", "audience +199"},
    {specific, "audience 199", "audience 0"},
    {specific, "audience 199", "audience 9999999999"},
    {specific, "1785 deliveries", "1785 delivery"},
    {specific, ", 1785", ",1785"},
    {specific, "texts-sha256 " D64 "\n", ""},
    {specific, "not-before 2026-11-23T03:00:00Z", "not-before 2026-11-23T03:00:00.000Z"},
    {specific, "not-before 2026-11-23T03:00:00Z", "not-before 2026-11-23T04:00:00+01:00"},
    {specific, "not-before 2026-11-23T03:00:00Z", "not-before 2026-11-23t03:00:00z"},
    {specific, "not-before 2026-11-23T03:00:00Z", "not-before 2026-11-22T24:00:00Z"},
    {specific, "not-before 2026-11-23T03:00:00Z", "not-before 2026-11-23T02:59:60Z"},
    {specific, "not-before 2026-11-23T03:00:00Z", "not-before 2026-11-24T03:00:00Z"},
    {specific, "nonce 4b1e", "nonce 4B1E"},
    {specific, "nonce 4b1e", "nonce 4b1e00"},
    {specific, "ccdd\n", "ccdd"},
    {specific, "ccdd\n", "ccdd\n\n"},
    {specific, "ccdd\n", "ccdd\nset a=b\n"},
    {standing, "audience-sha256", "set a=b\naudience-sha256"},
    {standing, "not-before", "texts-sha256 " D64 "\nnot-before"},
    {standing, "message *", "message alert"},
};

static void anything_else_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(spoilt_statements) / sizeof(spoilt_statements[0]); i++) {
        struct text changed;
        const char *found = strstr(spoilt_statements[i].text, spoilt_statements[i].old);
        assert_non_null(found);
        text_init(&changed, STATEMENT_MAX_BYTES);
        text_add_bytes(&changed, spoilt_statements[i].text,
                       (size_t)(found - spoilt_statements[i].text));
        text_add(&changed, spoilt_statements[i].new);
        text_add(&changed, found + strlen(spoilt_statements[i].old));
        assert_refused(changed.bytes, changed.length);
        text_release(&changed);
    }
    for (size_t size = 0; size < strlen(specific); size++)
        assert_refused(specific, size);
    char with_zero[sizeof(specific) + 1];
    memcpy(with_zero, specific, sizeof(specific));
    assert_refused(with_zero, sizeof(specific)); /* the NUL too */
    with_zero[sizeof(specific)] = 'x';
    assert_refused(with_zero, sizeof(with_zero));
}

/* A byte changed at random makes another statement or none, never the same one. */
static void no_two_texts_are_one_statement(void **state)
{
    uint64_t random = 20261123;
    char changed[sizeof(specific)];
    (void)state;

    for (int i = 0; i < 20000; i++) {
        struct arena *arena = arena_new();
        const struct statement *statement;
        struct text again;
        struct error error = {0};
        memcpy(changed, specific, sizeof(changed));
        changed[property_below(&random, sizeof(changed) - 1)] = (char)property_below(&random, 256);
        if (statement_read(arena, changed, sizeof(changed) - 1, &statement, &error) == 0) {
            text_init(&again, STATEMENT_MAX_BYTES);
            assert_int_equal(statement_add(&again, statement, &error), 0);
            assert_memory_equal(again.bytes, changed, sizeof(changed) - 1);
            text_release(&again);
        }
        arena_free(arena);
    }
}

static struct statement sample(void)
{
    return (struct statement){
        .plan = "flom",
        .message = "alert",
        .mode = MODE_LIVE,
        .municipality_count = 2,
        .delivery_count = 4,
        .not_before_unix_ms = 1000,
        .not_after_unix_ms = 2000,
    };
}

static void assert_not_written(const struct statement *statement, const char *reason)
{
    struct text out;
    struct error error = {0};

    text_init(&out, STATEMENT_MAX_BYTES);
    assert_int_equal(statement_add(&out, statement, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(out.length, 0);
    if (!strstr(error.message, reason))
        fail_msg("'%s' does not say '%s'", error.message, reason);
    text_release(&out);
}

static void values_that_make_no_statement_are_not_written(void **state)
{
    static const struct statement_variable unsorted[] = {{"b", "1"}, {"a", "2"}};
    static const struct statement_variable lines[] = {{"a", "1\nnonce 2"}};
    static const struct statement_variable name[] = {{"a=b", "1"}};
    struct statement statement;
    (void)state;

    statement = sample();
    statement.plan = "a b";
    assert_not_written(&statement, "plan has no name");
    statement = sample();
    statement.mode = MODE_DRY_RUN;
    assert_not_written(&statement, "mode");
    statement = sample();
    statement.delivery_count = 0;
    assert_not_written(&statement, "no audience");
    statement = sample();
    statement.not_before_unix_ms = 1500;
    assert_not_written(&statement, "whole seconds");
    statement = sample();
    statement.not_after_unix_ms = 0;
    assert_not_written(&statement, "ends before it begins");
    statement = sample();
    statement.variables = unsorted;
    statement.variable_count = 2;
    assert_not_written(&statement, "not sorted");
    statement.variables = lines;
    statement.variable_count = 1;
    assert_not_written(&statement, "not one line");
    statement.variables = name;
    assert_not_written(&statement, "name is none");
    statement.message = STATEMENT_EVERY_MESSAGE;
    assert_not_written(&statement, "every message");
}

static void nonces_differ_and_hashes_are_short(void **state)
{
    struct statement a = sample(), b = sample();
    char hash[STATEMENT_SHORT_HASH_SIZE];
    (void)state;

    statement_new_nonce(&a);
    statement_new_nonce(&b);
    assert_memory_not_equal(a.nonce, b.nonce, sizeof(a.nonce));
    statement_short_hash("abc", 3, hash);
    assert_string_equal(hash, "ba7816bf8f01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_specific_statement_is_read),
        cmocka_unit_test(a_standing_statement_is_read),
        cmocka_unit_test(media_are_named_where_there_are_some),
        cmocka_unit_test(what_is_read_is_written_the_same),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(no_two_texts_are_one_statement),
        cmocka_unit_test(values_that_make_no_statement_are_not_written),
        cmocka_unit_test(nonces_differ_and_hashes_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

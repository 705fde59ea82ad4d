#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/suggest.h"
#include "plan/select.h"

#include "problem_lines.h"

static const char *const nb[] = {"nb"};
static const char *const se_nb[] = {"se", "nb"};
static const char *const coast[] = {"coast", "islands"};

static const struct municipality oslo = {.id = "0301", .county_id = "03"};
static const struct municipality bergen = {.id = "4601",
                                           .county_id = "46",
                                           .languages = nb,
                                           .language_count = 1,
                                           .groups = coast,
                                           .group_count = 2};
static const struct municipality karasjok = {
    .id = "5610", .county_id = "56", .languages = se_nb, .language_count = 2};
static const struct municipality elsewhere = {.id = "9901"};

static const struct municipality *const all[] = {&oslo, &bergen, &karasjok, &elsewhere};
enum { ALL_COUNT = sizeof(all) / sizeof(all[0]) };

/* --- expressions ------------------------------------------------------------------------------ */

struct expression {
    const char *text;
    enum selector_kind kind;
    const char *value;
};

static void test_parse(void **state)
{
    static const struct expression expressions[] = {
        {"all", SELECT_ALL, ""},
        {"0301", SELECT_ID, "0301"},
        {"county=34", SELECT_COUNTY, "34"},
        {"group=sami area", SELECT_GROUP, "sami area"},
        {"group=a=b", SELECT_GROUP, "a=b"},
        {"language=nb-NO", SELECT_LANGUAGE, "nb-NO"},
        {"channel=facebook", SELECT_CHANNEL, "facebook"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        struct arena *arena = arena_new();
        struct selector selector;
        struct error error = {.kind = ERROR_NONE};
        assert_int_equal(selector_parse(arena, expressions[i].text, &selector, &error), 0);
        assert_int_equal(selector.kind, expressions[i].kind);
        assert_string_equal(selector.value, expressions[i].value);
        assert_string_equal(selector.expression, expressions[i].text);
        arena_free(arena);
    }
}

static void test_parse_refuses(void **state)
{
    static const char *const cases[][2] = {
        {"", "'' is no select expression: as an id it is not 1 to 63 characters long"},
        {"03 01", "'03 01' is no select expression: as an id it holds something other than "
                  "letters, digits, '.', '_' and '-'"},
        {"county=", "'county=' has nothing after '='"},
        {"=34", "unknown selector '': known are county, group, language, channel"},
        {"conty=34", "unknown selector 'conty', did you mean 'county'?"},
        {"County=34", "unknown selector 'County', did you mean 'county'?"},
        {"fylke=34", "unknown selector 'fylke': known are county, group, language, channel"},
        {"all=1", "unknown selector 'all': known are county, group, language, channel"},
        {"*", "'*' is no select expression: as an id it does not begin with a letter or digit"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct selector selector;
        struct error error = {.kind = ERROR_NONE};
        assert_int_equal(selector_parse(arena, cases[i][0], &selector, &error), -1);
        assert_string_equal(error.message, cases[i][1]);
        assert_int_equal(error.kind, ERROR_USAGE);
        arena_free(arena);
    }
}

struct match {
    const char *expression;
    bool expected[ALL_COUNT];
};

static void test_matches(void **state)
{
    static const struct match matches[] = {
        {"all", {true, true, true, true}},
        {"0301", {true, false, false, false}},
        {"301", {false, false, false, false}},
        {"county=46", {false, true, false, false}},
        {"county=4", {false, false, false, false}},
        {"group=islands", {false, true, false, false}},
        {"language=se", {false, false, true, false}},
        {"language=NB", {false, true, true, false}},
        {"language=nn", {true, false, false, true}}, /* the default of those that say nothing */
        {"channel=x", {false, false, false, false}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
        struct arena *arena = arena_new();
        struct selector selector;
        struct error error = {.kind = ERROR_NONE};
        assert_int_equal(selector_parse(arena, matches[i].expression, &selector, &error), 0);
        for (size_t j = 0; j < ALL_COUNT; j++)
            assert_int_equal(selector_matches_municipality(&selector, all[j], "nn"),
                             matches[i].expected[j]);
        arena_free(arena);
    }
}

static void test_matches_account(void **state)
{
    struct selector channel = {SELECT_CHANNEL, "x", "channel=x"};
    struct selector web = {SELECT_CHANNEL, "web", "channel=web"};
    struct selector id = {SELECT_ID, "0301", "0301"};
    (void)state;

    assert_true(selector_matches_account(&channel, &oslo, "nb", "x"));
    assert_false(selector_matches_account(&channel, &oslo, "nb", "facebook"));
    assert_true(selector_matches_account(&web, &oslo, "nb", "wordpress"));
    assert_true(selector_matches_account(&web, &oslo, "nb", "micropub"));
    assert_true(selector_matches_account(&web, &oslo, "nb", "webhook"));
    assert_true(selector_matches_account(&web, &oslo, "nb", "feed"));
    assert_false(selector_matches_account(&web, &oslo, "nb", "x"));
    assert_true(selector_matches_account(&id, &oslo, "nb", "x"));
    assert_false(selector_matches_account(&id, &bergen, "nb", "x"));
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(municipalities_find(all, ALL_COUNT, "0301"), 0);
    assert_int_equal(municipalities_find(all, ALL_COUNT, "9901"), 3);
    assert_int_equal(municipalities_find(all, ALL_COUNT, "5000"), -1);
    assert_int_equal(municipalities_find(all, 0, "0301"), -1);
}

/* --- choosing --------------------------------------------------------------------------------- */

enum { WORDS_MAX = 4 };

struct choice {
    const char *select[WORDS_MAX], *except[WORDS_MAX];
    const char *expected; /* one digit per municipality */
    const char *problems;
};

static size_t place_texts(const char *const *words, unsigned line, struct placed_text *out)
{
    size_t count = 0;

    for (; count < WORDS_MAX && words[count]; count++)
        out[count] =
            (struct placed_text){words[count], {"p.yaml", line, (unsigned)(10 * (count + 1))}};
    return count;
}

static void test_select_from(void **state)
{
    static const struct choice choices[] = {
        {{"all"}, {NULL}, "1111", ""},
        {{"county=56", "0301"}, {NULL}, "1010", ""},
        {{"0301", "county=03", "0301"}, {NULL}, "1000", ""},
        {{"all"}, {"4601", "language=nn"}, "0010", ""},
        {{"county=46"}, {"0301"}, "0100", ""},
        {{"county=99", "0301", "0302"},
         {"group=nowhere"},
         NULL,
         "p.yaml:1:10: 'county=99' matches no municipality of the directory file\n"
         "p.yaml:1:30: '0302' matches no municipality of the directory file\n"
         "p.yaml:2:10: 'group=nowhere' matches no municipality of the directory file\n"},
        {{"conty=34", "a b"},
         {"county="},
         NULL,
         "p.yaml:1:10: unknown selector 'conty', did you mean 'county'?\n"
         "p.yaml:1:20: 'a b' is no select expression: as an id it holds something other than "
         "letters, digits, '.', '_' and '-'\n"
         "p.yaml:2:10: 'county=' has nothing after '='\n"},
        {{"channel=x"},
         {NULL},
         NULL,
         "p.yaml:1:10: 'channel=x' chooses accounts, not municipalities: use the plan's "
         "'channels'\n"},
        {{"language=fi"},
         {NULL},
         NULL,
         "p.yaml:1:10: 'language=fi' matches no municipality of the directory file\n"},
        {{"county=03", "4601"},
         {"all"},
         NULL,
         "p.yaml:9:1: this chooses no municipality: 'except' takes away all that 'select' "
         "gives\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct placed_text select[WORDS_MAX], except[WORDS_MAX];
        bool chosen[ALL_COUNT] = {false};
        problems_init(&problems, arena);
        size_t select_count = place_texts(choices[i].select, 1, select);
        size_t except_count = place_texts(choices[i].except, 2, except);
        const struct selection selection = {
            .select = select,
            .except = except,
            .select_count = select_count,
            .except_count = except_count,
            .default_language = "nn",
            .whole = {"p.yaml", 9, 1},
        };
        bool fine = select_from(arena, &problems, all, ALL_COUNT, &selection, chosen);
        assert_string_equal(problem_lines(arena, &problems), choices[i].problems);
        assert_int_equal(fine, choices[i].expected != NULL);
        for (size_t j = 0; choices[i].expected && j < ALL_COUNT; j++)
            assert_int_equal(chosen[j], choices[i].expected[j] == '1');
        arena_free(arena);
    }
}

/* --- did you mean ----------------------------------------------------------------------------- */

static void test_suggestions(void **state)
{
    static const char *const known[] = {"messages", "name", "id", "Met", "all-clear", NULL};
    (void)state;

    assert_string_equal(suggest_word("mesages", known), "messages");
    assert_string_equal(suggest_word("mesagse", known), "messages");
    assert_string_equal(suggest_word("nmae", known), "name");
    assert_string_equal(suggest_word("NAME", known), "name");
    assert_string_equal(suggest_word("met", known), "Met");
    assert_string_equal(suggest_word("all_clear", known), "all-clear");
    assert_null(suggest_word("msgs", known));
    assert_null(suggest_word("xy", known));
    assert_null(suggest_word("", known));
    assert_null(suggest_word("a word that is longer than sixty-four bytes cannot be meant as a key",
                             known));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),       cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_matches),     cmocka_unit_test(test_matches_account),
        cmocka_unit_test(test_find),        cmocka_unit_test(test_select_from),
        cmocka_unit_test(test_suggestions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

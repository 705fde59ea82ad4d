#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "count/count.h"
#include "plan/fit.h"
#include "plan/links.h"

#include "property.h"

static const struct text_limits twenty = {TEXT_UNIT_CODE_POINTS, 20, false, 0, 0};
static const struct text_limits twenty_threads = {TEXT_UNIT_CODE_POINTS, 20, true, 0, 0};
static const struct text_limits twenty_bytes = {TEXT_UNIT_GRAPHEMES, 20, false, 22, 0};
static const struct text_limits unlimited = {TEXT_UNIT_CODE_POINTS, 0, false, 0, 0};
static const struct text_limits x = {TEXT_UNIT_X_WEIGHTED, 280, true, 0, 0};

static void one_post(void **state)
{
    static const struct {
        const struct text_limits *limits;
        const char *short_text, *long_text, *mark;
        const char *part; /* NULL: too long */
        bool is_short;
        size_t length_or_over;
    } cases[] = {
        {&twenty, "short", "a longer text", NULL, "a longer text", false, 13},
        {&twenty, "short", "12345678901234567890", NULL, "12345678901234567890", false, 20},
        {&twenty, "short", "123456789012345678901", NULL, "short", true, 5},
        {&twenty, "short is the longer", "long", NULL, "short is the longer", true, 19},
        {&twenty, NULL, "long", NULL, "long", false, 4},
        {&twenty, "short", NULL, NULL, "short", true, 5},
        {&twenty, "123456789012345678901", "1234567890123456789012", NULL, NULL, true, 1},
        {&twenty, NULL, "1234567890123456789012", NULL, NULL, false, 2},
        {&twenty, "ok", "12345678901", "ØVELSE", "ØVELSE\nok\nØVELSE", true, 16},
        {&twenty, "1234567", NULL, "ØVELSE", NULL, true, 1},
        {&unlimited, "short", "123456789012345678901", NULL, "123456789012345678901", false, 21},
        /* graphemes, but bytes as well */
        {&twenty_bytes, "ok", "ææææææææææææ", NULL, "ok", true, 2},
        {&twenty_bytes, "ææææææææææææ", NULL, NULL, NULL, true, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct fit_request request = {cases[i].limits, cases[i].long_text, cases[i].short_text,
                                      cases[i].mark};
        struct fit fit;
        fit_text(arena, &request, &fit);
        assert_int_equal(fit.is_short, cases[i].is_short);
        if (cases[i].part) {
            assert_int_equal(fit.end, FIT_WHOLE);
            assert_int_equal(fit.part_count, 1);
            assert_string_equal(fit.parts[0], cases[i].part);
            assert_int_equal(fit.lengths[0], cases[i].length_or_over);
        } else {
            assert_int_equal(fit.end, FIT_TOO_LONG);
            assert_int_equal(fit.over, cases[i].length_or_over);
            assert_int_equal(fit.in_bytes, cases[i].limits == &twenty_bytes);
            assert_int_equal(fit.limit, fit.in_bytes ? 22 : 20);
        }
        arena_free(arena);
    }
}

static void threads(void **state)
{
    struct arena *arena = arena_new();
    struct fit_request request = {&twenty_threads, "and this is a long text",
                                  "one two three four five", NULL};
    struct fit fit;

    (void)state;
    fit_text(arena, &request, &fit);
    assert_int_equal(fit.end, FIT_PARTS);
    assert_true(fit.is_short);
    assert_int_equal(fit.part_count, 2);
    assert_string_equal(fit.parts[0], "one two three (1/2)");
    assert_string_equal(fit.parts[1], "four five (2/2)");
    assert_int_equal(fit.lengths[0], 19);

    request.short_text = NULL;
    fit_text(arena, &request, &fit);
    assert_int_equal(fit.end, FIT_PARTS);
    assert_false(fit.is_short);

    request.long_text = "Donaudampfschifffahrtsgesellschaft";
    fit_text(arena, &request, &fit);
    assert_int_equal(fit.end, FIT_WORD_TOO_LONG);

    char words[10 * 40 + 1] = "";
    for (size_t i = 0; i + 10 < sizeof(words); i += 10)
        memcpy(words + i, "123456789 ", 11);
    request.long_text = words;
    fit_text(arena, &request, &fit);
    assert_int_equal(fit.end, FIT_TOO_MANY);
    assert_true(fit.part_count > THREAD_PARTS_MAX);
    arena_free(arena);
}

static void every_part_is_marked(void **state)
{
    static const struct text_limits limits = {TEXT_UNIT_CODE_POINTS, 40, true, 0, 0};
    struct arena *arena = arena_new();
    struct fit_request request = {&limits, "one two three four five six seven eight nine ten", NULL,
                                  "ØVELSE"};
    struct fit fit;

    (void)state;
    fit_text(arena, &request, &fit);
    assert_int_equal(fit.end, FIT_PARTS);
    for (size_t i = 0; i < fit.part_count; i++) {
        const char *part = fit.parts[i];
        assert_memory_equal(part, "ØVELSE\n", strlen("ØVELSE\n"));
        assert_string_equal(part + strlen(part) - strlen("\nØVELSE"), "\nØVELSE");
        assert_true(count_text(limits.unit, part, strlen(part)) <= limits.limit);
    }
    arena_free(arena);
}

/* The quick way to see that a text is over X's limit never says so of one that fits. */
static void the_longest_that_fits_wins_on_x(void **state)
{
    static const char *const pieces[] = {"word ",
                                         "https://example.org/a-very-long-path/that/counts/little ",
                                         "å",
                                         "漢字",
                                         "👨‍👩‍👧‍👦",
                                         "e\u0301",
                                         "1\uFE0F\u20E3",
                                         "\n",
                                         "example.no. ",
                                         "a.b.c ",
                                         "#️⃣",
                                         "x"};
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct arena *arena = arena_new();
        const char *text = "x";
        for (uint64_t n = property_below(&random, 90); n > 0; n--)
            text =
                arena_printf(arena, "%s%s", text,
                             pieces[property_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
        struct fit_request request = {&x, text, "s", NULL};
        struct fit fit;
        fit_text(arena, &request, &fit);
        assert_int_equal(fit.end, FIT_WHOLE);
        size_t length = count_text(x.unit, text, strlen(text));
        bool long_serves = length <= x.limit && length > 1;
        assert_int_equal(fit.is_short, !long_serves);
        arena_free(arena);
    }
}

static void links_are_found(void **state)
{
    static const struct {
        const char *text, *link;
    } cases[] = {
        {"", NULL},
        {"Les mer: www.example.no", NULL},
        {"Les mer: https://example.no", "https://example.no"},
        {"Les mer (https://example.no).", "https://example.no"},
        {"https://example.no/a_(b)", "https://example.no/a_(b)"},
        {"Se HTTP://example.no/a?b=c#d, nå!", "HTTP://example.no/a?b=c#d"},
        {"«https://example.no/»", "https://example.no/"},
        {"kl: 12 https://a.no https://b.no", "https://a.no"},
        {"https:// nothing", NULL},
        {"https://...", NULL},
        {"xhttps://example.no", NULL},
        {"http://127.0.0.1:8080/x\nmore", "http://127.0.0.1:8080/x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t length;
        const char *link = link_find(cases[i].text, &length);
        assert_int_equal(link != NULL, cases[i].link != NULL);
        if (!cases[i].link)
            continue;
        assert_int_equal(length, strlen(cases[i].link));
        assert_memory_equal(link, cases[i].link, length);
    }
}

static void links_are_left_out(void **state)
{
    static const struct {
        const char *text, *left;
    } cases[] = {
        {"no link", "no link"},
        {"Les mer: https://example.no", "Les mer:"},
        {"Se https://example.no for mer.", "Se for mer."},
        {"Se https://example.no.", "Se."},
        {"a\nhttps://example.no\nb", "a\nb"},
        {"a\n  https://example.no  \nb", "a\nb"},
        {"a\nhttps://example.no", "a"},
        {"https://example.no", ""},
        {"https://a.no https://b.no", ""},
        {"https://a.no og https://b.no", "og"},
        {"Råd (https://example.no) her", "Råd her"},
        {"Råd (https://example.no).", "Råd."},
        {"Råd (se https://example.no).", "Råd (se)."},
        {"a\n\nb https://example.no\n\nc", "a\n\nb\n\nc"},
        {"  indented\n  https://a.no x", "  indented\n  x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        assert_string_equal(link_omit_all(arena, cases[i].text), cases[i].left);
        arena_free(arena);
    }
}

static void large_texts_take_no_long_time(void **state)
{
    struct arena *arena = arena_new();
    char *text = arena_alloc(arena, TEXT_MAX_BYTES + 1);

    (void)state;
    memset(text, ')', TEXT_MAX_BYTES);
    memcpy(text, "https://a", 9);
    link_omit_all(arena, text);
    memset(text, '\n', TEXT_MAX_BYTES);
    memcpy(text + TEXT_MAX_BYTES - 9, "https://a", 9);
    link_omit_all(arena, text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_post),
        cmocka_unit_test(threads),
        cmocka_unit_test(every_part_is_marked),
        cmocka_unit_test(the_longest_that_fits_wins_on_x),
        cmocka_unit_test(links_are_found),
        cmocka_unit_test(links_are_left_out),
        cmocka_unit_test(large_texts_take_no_long_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

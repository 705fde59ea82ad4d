#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "count/count.h"

#include "property.h"

static void units_of_measure(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t x, utf16, bytes, code_points, graphemes, graphemes_links, emoji_bytes;
    } cases[] = {
        {"", 0, 0, 0, 0, 0, 0, 0},
        {"Flom", 4, 4, 4, 4, 4, 4, 4},
        {"Bærum", 5, 5, 6, 5, 5, 5, 5},
        {"e\xCC\x81", 1, 2, 3, 2, 1, 1, 2},
        {"🚨", 2, 2, 4, 1, 1, 1, 4},
        {"👨‍👩‍👧‍👦", 2, 11, 25, 7, 1, 1, 25},
        {"🇳🇴🇸🇪", 4, 8, 16, 4, 2, 2, 16},
        {"1️⃣", 2, 3, 7, 3, 1, 1, 7},
        {"a\r\nb", 4, 4, 4, 4, 3, 3, 4},
        {"kommune.no", 23, 10, 10, 10, 10, 10, 10},
        {"https://a.no", 23, 12, 12, 12, 12, 23, 12},
        {"Se https://a.no!", 27, 16, 16, 16, 16, 27, 16},
        {"Čáhcedulvi", 10, 10, 12, 10, 10, 10, 10},
        {"\xFF\xC3", 4, 2, 2, 2, 2, 2, 2},
        {"Hei 👋", 6, 6, 8, 5, 5, 5, 8},
        {"Ærlig", 5, 5, 6, 5, 5, 5, 5},
        {"⚠️ Flom ©", 9, 9, 14, 9, 8, 8, 14},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = cases[i].text;
        size_t length = strlen(text);

        assert_int_equal(count_text(TEXT_UNIT_X_WEIGHTED, text, length), cases[i].x);
        assert_int_equal(count_text(TEXT_UNIT_UTF16, text, length), cases[i].utf16);
        assert_int_equal(count_text(TEXT_UNIT_BYTES, text, length), cases[i].bytes);
        assert_int_equal(count_text(TEXT_UNIT_CODE_POINTS, text, length), cases[i].code_points);
        assert_int_equal(count_text(TEXT_UNIT_GRAPHEMES, text, length), cases[i].graphemes);
        assert_int_equal(count_text(TEXT_UNIT_GRAPHEMES_LINKS, text, length),
                         cases[i].graphemes_links);
        assert_int_equal(count_text(TEXT_UNIT_EMOJI_BYTES, text, length), cases[i].emoji_bytes);
    }
}

static void both_limits_hold(void **state)
{
    (void)state;
    struct text_limits limits = {.unit = TEXT_UNIT_GRAPHEMES, .limit = 2, .limit_bytes = 30};
    const char *family = "👨‍👩‍👧‍👦";

    assert_true(count_fits(&limits, family, strlen(family)));
    assert_true(count_fits(&limits, "ab", 2));
    assert_false(count_fits(&limits, "abc", 3));
    limits.limit_bytes = 24;
    assert_false(count_fits(&limits, family, strlen(family)));
    limits.limit_bytes = 0;
    assert_true(count_fits(&limits, family, strlen(family)));
}

static void atoms_are_links_and_clusters(void **state)
{
    (void)state;
    static const char text[] = "Å: https://a.no/b, 🇳🇴e\xCC\x81 kommune.no.";
    static const char *const wanted[] = {"Å",  ":",         " ", "https://a.no/b", ",", " ",
                                         "🇳🇴", "e\xCC\x81", " ", "kommune.no",     "."};
    struct count_atoms atoms;
    struct count_span span;
    size_t count = 0;

    count_atoms_init(&atoms, text, strlen(text));
    while (count_atoms_next(&atoms, &span)) {
        assert_true(count < sizeof(wanted) / sizeof(wanted[0]));
        assert_int_equal(span.end - span.start, strlen(wanted[count]));
        assert_memory_equal(text + span.start, wanted[count], strlen(wanted[count]));
        count++;
    }
    count_atoms_release(&atoms);
    assert_int_equal(count, sizeof(wanted) / sizeof(wanted[0]));
}

/* Any bytes: atoms leave no gap, and no unit counts more than there are bytes but for links and the
 * weight of X. */
static void any_bytes_can_be_counted(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",
                                         ".",
                                         "no",
                                         "https://",
                                         "/",
                                         "(",
                                         ")",
                                         "å",
                                         "漢",
                                         "🚨",
                                         "\xE2\x80\x8D",
                                         "\xEF\xB8\x8F",
                                         "1",
                                         "\xE2\x83\xA3",
                                         "\xCC\x81",
                                         "\xFF",
                                         "\xC3",
                                         " ",
                                         "\r\n",
                                         "?",
                                         "t.co",
                                         "_",
                                         "-",
                                         "🇳",
                                         "xn--",
                                         "。"};
    uint64_t seed = 20110722;

    for (int round = 0; round < 3000; round++) {
        char text[512];
        size_t length = 0, at = 0;
        struct count_atoms atoms;
        struct count_span span;

        for (uint64_t n = property_below(&seed, 40); n > 0; n--) {
            const char *piece = pieces[property_below(&seed, sizeof(pieces) / sizeof(pieces[0]))];

            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        assert_true(count_text(TEXT_UNIT_X_WEIGHTED, text, length) <= 23 * length);
        assert_true(count_text(TEXT_UNIT_UTF16, text, length) <= length);
        assert_true(count_text(TEXT_UNIT_CODE_POINTS, text, length) <= length);
        assert_true(count_text(TEXT_UNIT_EMOJI_BYTES, text, length) <= length);
        assert_true(count_text(TEXT_UNIT_EMOJI_BYTES, text, length) >=
                    count_text(TEXT_UNIT_CODE_POINTS, text, length));
        assert_true(count_text(TEXT_UNIT_GRAPHEMES, text, length) <=
                    count_text(TEXT_UNIT_CODE_POINTS, text, length));
        count_atoms_init(&atoms, text, length);
        while (count_atoms_next(&atoms, &span)) {
            assert_int_equal(span.start, at);
            assert_true(span.end > at);
            at = span.end;
        }
        count_atoms_release(&atoms);
        assert_int_equal(at, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_of_measure),
        cmocka_unit_test(both_limits_hold),
        cmocka_unit_test(atoms_are_links_and_clusters),
        cmocka_unit_test(any_bytes_can_be_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

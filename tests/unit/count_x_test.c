/* data/count_x.jsonl holds texts with the length that twitter-text 3.1.0 gives them, one JSON array
 * a line: each class of characters, links in all contexts, emoji with all that may join them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <utf8proc.h>

#include "count/count.h"
#include "count/nfc.h"

enum { VECTORS_MIN = 5000, LINE_MAX_BYTES = 16384, CODE_POINT_MAX = 0x10FFFF };

static size_t x_length(const char *text)
{
    return count_text(TEXT_UNIT_X_WEIGHTED, text, strlen(text));
}

static void lengths_are_those_of_twitter_text(void **state)
{
    (void)state;
    static char line[LINE_MAX_BYTES];
    size_t vectors = 0, wrong = 0;
    FILE *file = fopen(TEST_DATA "/count_x.jsonl", "r");

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);
        json_t *text = json_array_get(row, 1);
        size_t wanted = (size_t)json_integer_value(json_array_get(row, 0));
        size_t length;

        assert_true(json_is_string(text));
        length =
            count_text(TEXT_UNIT_X_WEIGHTED, json_string_value(text), json_string_length(text));
        if (length != wanted) {
            wrong++;
            print_error("%zu is not %s", length, line);
        }
        vectors++;
        json_decref(row);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(wrong, 0);
    assert_true(vectors > VECTORS_MIN);
}

static void newer_emoji_count_in_parts(void **state)
{
    (void)state;
    assert_int_equal(x_length("👩‍🚒"), 2);
    assert_int_equal(x_length("🧑‍🚒"), 5);
    assert_int_equal(x_length("❤️‍🔥"), 5);
    assert_int_equal(x_length("🇳🇴"), 2);
}

static void bad_bytes_weigh_two_each(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"\xFF", 2},
        {"a\x80"
         "b",
         4},
        {"\xC3", 2},
        {"\xED\xA0\x80", 6},
        {"\xF0\x9F\x9A", 6},
        {"\xC0\xAF", 4},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(x_length(cases[i].bytes), cases[i].length);
}

/* Marks in any order and number are sorted as they are one by one. */
static void long_runs_of_marks_are_ordered(void **state)
{
    (void)state;
    enum { PAIRS = 5000 };
    static char text[1 + 4 * PAIRS + 1];

    text[0] = 'q';
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(text + 1 + 4 * i, "\xCC\x87\xCC\xA3", 4);
    assert_int_equal(x_length(text), 1 + 2 * PAIRS);
    text[0] = 's'; /* with a dot below and a dot above it is one letter, U+1E69, of weight 2 */
    assert_int_equal(x_length(text), 2 + 2 * PAIRS - 2);
}

static bool is_second_of_pair[CODE_POINT_MAX + 1];

/* What is called inert is neither a mark, nor decomposed, nor the second half of a composition. */
static void inert_characters_are_inert(void **state)
{
    (void)state;
    for (int32_t point = 0; point <= CODE_POINT_MAX; point++) {
        int32_t parts[8];
        int boundary = 0;
        utf8proc_ssize_t count =
            utf8proc_decompose_char(point, parts, 8, UTF8PROC_DECOMPOSE, &boundary);

        for (utf8proc_ssize_t i = 1; i < count; i++)
            is_second_of_pair[parts[i]] = true;
    }
    for (int32_t point = 0; point <= CODE_POINT_MAX; point++) {
        size_t count = 0;
        int32_t *normal;

        if (!nfc_is_inert((uint32_t)point))
            continue;
        normal = nfc_normalize(&point, 1, &count);
        assert_int_equal(count, 1);
        assert_int_equal(normal[0], point);
        free(normal);
        assert_int_equal(utf8proc_get_property(point)->combining_class, 0);
        assert_false(is_second_of_pair[point]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_those_of_twitter_text),
        cmocka_unit_test(newer_emoji_count_in_parts),
        cmocka_unit_test(bad_bytes_weigh_two_each),
        cmocka_unit_test(long_runs_of_marks_are_ordered),
        cmocka_unit_test(inert_characters_are_inert),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

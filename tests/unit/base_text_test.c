#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#include "property.h"

/* Each case runs on a plain and on a secret text. */
static void (*const inits[])(struct text *, size_t) = {text_init, text_init_secret};

enum { KINDS = sizeof(inits) / sizeof(inits[0]) };

static void is_a_string_from_birth(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct text text;
        inits[i](&text, 10);
        assert_string_equal(text.bytes, "");
        assert_int_equal(text.length, 0);
        assert_false(text.overflowed);
        text_truncate(&text, 0);
        text_reset(&text);
        assert_string_equal(text.bytes, "");
        text_release(&text);
        text_release(&text);
        assert_string_equal(text.bytes, "");
    }
}

static void release_of_zeroed_memory_is_fine(void **state)
{
    (void)state;
    struct text text = {0};
    text_release(&text);
    text_release(&text);
}

static void additions_follow_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct text text;
        inits[i](&text, 1000);
        text_add(&text, "Varsel");
        text_add_char(&text, ':');
        text_add_bytes(&text, " flom i", 7);
        text_addf(&text, " %s, %d m", "Skien", 3);
        text_add(&text, "");
        text_add_bytes(&text, NULL, 0);
        assert_string_equal(text.bytes, "Varsel: flom i Skien, 3 m");
        assert_int_equal(text.length, strlen(text.bytes));
        text_release(&text);
    }
}

static void numbers_are_decimal(void **state)
{
    static const struct {
        int64_t number;
        const char *digits;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {-1, "-1"},
        {10, "10"},
        {1795403052123, "1795403052123"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        text_init(&text, 32);
        text_add_number(&text, cases[i].number);
        assert_string_equal(text.bytes, cases[i].digits);
        text_release(&text);
    }
}

/* Whatever room is left, and where it ends. */
static void a_format_fits_any_room(void **state)
{
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123"
        "456789012345678901234567890123456789012345678901234567890123456789";
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (size_t before = 0; before < 100; before++)
            for (size_t length = 0; length < 100; length++) {
                struct text text;
                inits[i](&text, 120);
                text_addf(&text, "%.*s", (int)before, longest);
                text_addf(&text, "%.*s", (int)length, longest);
                bool fits = before + length <= 120;
                assert_int_equal(text.overflowed, !fits);
                assert_int_equal(text.length, fits ? before + length : before);
                assert_int_equal(strlen(text.bytes), text.length);
                assert_memory_equal(text.bytes, longest, before);
                assert_memory_equal(text.bytes + before, longest, text.length - before);
                text_release(&text);
            }
}

static void any_bytes_are_kept(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 16);
    text_add_bytes(&text, "a\0\xFFz", 4);
    text_add_char(&text, '\0');
    assert_int_equal(text.length, 5);
    assert_memory_equal(text.bytes, "a\0\xFFz\0", 6);
    text_release(&text);
}

enum add_kind { ADD_BYTES, ADD_STRING, ADD_FORMAT, ADD_KINDS };

static void add(struct text *text, enum add_kind kind, const char *string)
{
    if (kind == ADD_BYTES)
        text_add_bytes(text, string, strlen(string));
    else if (kind == ADD_STRING)
        text_add(text, string);
    else
        text_addf(text, "%s", string);
}

static void the_ceiling_is_reached_but_not_passed(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (enum add_kind kind = 0; kind < ADD_KINDS; kind++) {
            struct text text;
            inits[i](&text, 10);
            add(&text, kind, "0123456");
            add(&text, kind, "789");
            assert_false(text.overflowed);
            assert_string_equal(text.bytes, "0123456789");
            add(&text, kind, "x");
            assert_true(text.overflowed);
            assert_string_equal(text.bytes, "0123456789");
            text_release(&text);
        }
}

static void an_addition_that_does_not_fit_adds_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (enum add_kind kind = 0; kind < ADD_KINDS; kind++) {
            struct text text;
            inits[i](&text, 10);
            add(&text, kind, "abcdefgh");
            add(&text, kind, "ijk");
            assert_true(text.overflowed);
            assert_string_equal(text.bytes, "abcdefgh");

            add(&text, kind, "i"); /* would fit, but the text is broken already */
            assert_true(text.overflowed);
            assert_string_equal(text.bytes, "abcdefgh");

            text_reset(&text);
            assert_false(text.overflowed);
            add(&text, kind, "new");
            assert_string_equal(text.bytes, "new");
            text_release(&text);
        }
}

static void a_ceiling_of_nothing_takes_nothing(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 0);
    text_add(&text, "");
    assert_false(text.overflowed);
    text_add_char(&text, 'a');
    assert_true(text.overflowed);
    assert_string_equal(text.bytes, "");
    text_release(&text);
}

static void truncate_only_shortens(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct text text;
        inits[i](&text, 100);
        text_add(&text, "Kristiansand");
        text_truncate(&text, 100);
        text_truncate(&text, 12);
        assert_string_equal(text.bytes, "Kristiansand");
        text_truncate(&text, 8);
        assert_string_equal(text.bytes, "Kristian");
        assert_int_equal(text.length, 8);
        text_add(&text, "sund");
        assert_string_equal(text.bytes, "Kristiansund");
        text_truncate(&text, 0);
        assert_string_equal(text.bytes, "");
        text_release(&text);
    }
}

static void a_released_text_can_be_filled_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct text text;
        inits[i](&text, 5);
        bool secret = text.secret;
        text_add(&text, "token!");
        text_release(&text);
        assert_false(text.overflowed);
        assert_int_equal(text.secret, secret);
        text_add(&text, "token");
        assert_string_equal(text.bytes, "token");
        text_release(&text);
    }
}

/* Truncated and reset bytes of a secret are gone from the memory it still holds. */
static void a_secret_wipes_what_it_drops(void **state)
{
    (void)state;
    static const char zeros[16];
    struct text text;

    text_init_secret(&text, 1000);
    text_add(&text, "0123456789abcdef");
    text_truncate(&text, 6);
    assert_memory_equal(text.bytes, "012345", 6);
    assert_memory_equal(text.bytes + 6, zeros, 10);
    text_reset(&text);
    assert_memory_equal(text.bytes, zeros, sizeof(zeros));
    text_release(&text);
}

enum { CEILING = 3000 };

static void behaves_like_an_array(void **state)
{
    (void)state;
    static char model[CEILING + 1], piece[200];
    uint64_t random = 1905;

    for (size_t i = 0; i < KINDS; i++) {
        struct text text;
        size_t length = 0;
        bool overflowed = false;
        inits[i](&text, CEILING);
        for (int step = 0; step < 3000; step++) {
            size_t size = property_below(&random, sizeof(piece));
            if (property_below(&random, 10) == 0) {
                text_truncate(&text, size);
                length = size < length ? size : length;
            } else if (property_below(&random, 200) == 0) {
                text_reset(&text);
                length = 0;
                overflowed = false;
            } else {
                property_fill(&random, piece, size);
                text_add_bytes(&text, piece, size);
                overflowed = overflowed || size > CEILING - length;
                if (!overflowed) {
                    memcpy(model + length, piece, size);
                    length += size;
                }
            }
            model[length] = '\0';
            assert_int_equal(text.overflowed, overflowed);
            assert_int_equal(text.length, length);
            assert_memory_equal(text.bytes, model, length + 1);
        }
        text_release(&text);
    }
}

static void numbers_are_written_in_decimal(void **state)
{
    (void)state;
    struct text text;

    text_init(&text, 100);
    text_add_number(&text, 0);
    text_add_char(&text, ' ');
    text_add_number(&text, -7);
    text_add_char(&text, ' ');
    text_add_number(&text, INT64_MAX);
    text_add_char(&text, ' ');
    text_add_number(&text, INT64_MIN);
    assert_string_equal(text.bytes, "0 -7 9223372036854775807 -9223372036854775808");
    text_release(&text);
}

static void room_is_made_as_far_as_the_ceiling(void **state)
{
    (void)state;

    for (size_t i = 0; i < KINDS; i++) {
        struct text text;
        inits[i](&text, 10);
        text_reserve(&text, 1000);
        assert_string_equal(text.bytes, "");
        assert_false(text.overflowed);
        char *grown = text_grow(&text, 4);
        assert_non_null(grown);
        memcpy(grown, "abcd", 4);
        text_reserve(&text, 5);
        assert_string_equal(text.bytes, "abcd");
        assert_null(text_grow(&text, 7));
        assert_true(text.overflowed);
        assert_string_equal(text.bytes, "abcd");
        text_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_string_from_birth),
        cmocka_unit_test(release_of_zeroed_memory_is_fine),
        cmocka_unit_test(additions_follow_each_other),
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(a_format_fits_any_room),
        cmocka_unit_test(any_bytes_are_kept),
        cmocka_unit_test(the_ceiling_is_reached_but_not_passed),
        cmocka_unit_test(an_addition_that_does_not_fit_adds_nothing),
        cmocka_unit_test(a_ceiling_of_nothing_takes_nothing),
        cmocka_unit_test(truncate_only_shortens),
        cmocka_unit_test(a_released_text_can_be_filled_again),
        cmocka_unit_test(a_secret_wipes_what_it_drops),
        cmocka_unit_test(behaves_like_an_array),
        cmocka_unit_test(numbers_are_written_in_decimal),
        cmocka_unit_test(room_is_made_as_far_as_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

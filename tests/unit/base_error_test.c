#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/utf8.h"

static void set_says_kind_and_message(void **state)
{
    (void)state;
    struct error error = {0};

    assert_int_equal(error_set(&error, ERROR_INPUT, "line %d of '%s' is wrong", 7, "plan.yaml"),
                     -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.message, "line 7 of 'plan.yaml' is wrong");
    assert_string_equal(error.next, "");
}

static void the_first_cause_stands(void **state)
{
    (void)state;
    struct error error = {0};

    error_set(&error, ERROR_SYSTEM, "the disk is full");
    assert_int_equal(error_set(&error, ERROR_USAGE, "something else"), -1);
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_string_equal(error.message, "the disk is full");
}

static void the_first_next_step_stands(void **state)
{
    (void)state;
    struct error error = {0};

    error_set(&error, ERROR_SYSTEM, "the disk is full");
    assert_int_equal(error_next(&error, "make room on %s", "/var"), -1);
    assert_int_equal(error_next(&error, "buy a disk"), -1);
    assert_string_equal(error.next, "make room on /var");
}

static void null_is_nobody_who_listens(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERROR_SYSTEM, "lost"), -1);
    assert_int_equal(error_next(NULL, "nothing"), -1);
}

static void clear_makes_room_for_another(void **state)
{
    (void)state;
    struct error error = {0};

    error_set(&error, ERROR_SYSTEM, "first");
    error_next(&error, "do this");
    error_clear(&error);
    assert_int_equal(error.kind, ERROR_NONE);
    assert_string_equal(error.message, "");
    assert_string_equal(error.next, "");
    error_set(&error, ERROR_USAGE, "second");
    assert_int_equal(error.kind, ERROR_USAGE);
    assert_string_equal(error.message, "second");
}

static void a_message_that_fits_is_whole(void **state)
{
    (void)state;
    struct error error = {0};
    char longest[sizeof(error.message)];

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    error_set(&error, ERROR_INPUT, "%s", longest);
    assert_string_equal(error.message, longest);
}

/* Wherever the cut falls, no character is left in half. */
static void a_cut_message_ends_in_an_ellipsis(void **state)
{
    (void)state;
    static const char *const letters[] = {"x", "ø", "ŋ", "–", "字", "🌊"};
    static char text[4096];

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        for (size_t shift = 0; shift < 4; shift++) {
            size_t length = strlen(letters[i]), at = shift;
            memset(text, 'a', shift);
            for (; at + length < sizeof(text); at += length)
                memcpy(text + at, letters[i], length);
            text[at] = '\0';

            struct error error = {0};
            error_set(&error, ERROR_INPUT, "%s", text);
            error_next(&error, "%s", text);
            const char *cut[] = {error.message, error.next};
            size_t sizes[] = {sizeof(error.message), sizeof(error.next)};
            for (size_t j = 0; j < 2; j++) {
                size_t cut_length = strlen(cut[j]);
                assert_true(cut_length < sizes[j] && cut_length > sizes[j] - 9);
                assert_int_equal(utf8_valid_prefix(cut[j], cut_length), cut_length);
                assert_string_equal(cut[j] + cut_length - 3, "…");
                assert_memory_equal(cut[j], text, cut_length - 3);
            }
        }
}

static void kinds_are_the_exit_codes(void **state)
{
    (void)state;
    static const int codes[][2] = {
        {ERROR_NONE, 0},       {ERROR_SYSTEM, 1},       {ERROR_USAGE, 2},
        {ERROR_INPUT, 3},      {ERROR_NOT_APPROVED, 4}, {ERROR_SOME_FAILED, 5},
        {ERROR_UNFINISHED, 6}, {ERROR_VERIFICATION, 7}, {ERROR_INTERRUPTED, 130},
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_int_equal(codes[i][0], codes[i][1]);
}

static void errno_is_said_in_words(void **state)
{
    (void)state;
    assert_string_equal(error_errno(ENOENT), "no such file or directory");
    assert_string_equal(error_errno(EACCES), "permission denied");
    assert_string_equal(error_errno(ENOSPC), "no space left on device");
    assert_non_null(strstr(error_errno(99999), "99999"));
    assert_non_null(strstr(error_errno(-5), "-5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_says_kind_and_message),
        cmocka_unit_test(the_first_cause_stands),
        cmocka_unit_test(the_first_next_step_stands),
        cmocka_unit_test(null_is_nobody_who_listens),
        cmocka_unit_test(clear_makes_room_for_another),
        cmocka_unit_test(a_message_that_fits_is_whole),
        cmocka_unit_test(a_cut_message_ends_in_an_ellipsis),
        cmocka_unit_test(kinds_are_the_exit_codes),
        cmocka_unit_test(errno_is_said_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/suggest.h"

static const char *const known[] = {"check",    "preview",   "send",     "resume",
                                    "register", "status",    "channels", "x",
                                    "web",      "all-clear", NULL};

static void the_nearest_word(void **state)
{
    (void)state;
    static const struct {
        const char *word, *expected;
    } cases[] = {
        {"check", "check"},
        {"chekc", "check"},  /* two swapped */
        {"chck", "check"},   /* one less */
        {"checkk", "check"}, /* one more */
        {"chack", "check"},  /* one other */
        {"CHECK", "check"},  /* case does not count */
        {"regsiter", "register"},
        {"registre", "register"},
        {"chanels", "channels"},
        {"prevue", "preview"}, /* two edits */
        {"perveu", NULL},      /* three */
        {"allclear", "all-clear"},
        {"wbe", "web"},
        {"sned", "send"},
        {"se", NULL}, /* half of a short word is too much */
        {"y", NULL},
        {"", NULL},
        {"retract", NULL},
        {"sendsendsend", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = suggest_word(cases[i].word, known);
        if ((got == NULL) != (cases[i].expected == NULL) ||
            (got && strcmp(got, cases[i].expected) != 0))
            fail_msg("'%s': '%s', not '%s'", cases[i].word, got ? got : "",
                     cases[i].expected ? cases[i].expected : "");
    }
}

static void the_first_of_several_that_are_as_near(void **state)
{
    (void)state;
    static const char *const words[] = {"mast", "must", "most", NULL};
    static const char *const closer[] = {"updates", "update", NULL};

    assert_string_equal(suggest_word("mist", words), "mast");
    assert_string_equal(suggest_word("updat", closer), "update");
}

static void long_words_are_no_slips(void **state)
{
    (void)state;
    char word[5001], almost[66];
    const char *const words[] = {word, NULL}, *const edge[] = {almost, NULL};

    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_null(suggest_word(word, words));
    assert_null(suggest_word("a", words));
    memset(almost, 'a', sizeof(almost));
    almost[64] = '\0';
    assert_ptr_equal(suggest_word(almost, edge), almost);
    almost[64] = 'a';
    almost[65] = '\0';
    assert_null(suggest_word(almost, edge));
}

static void no_words_no_suggestion(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    assert_null(suggest_word("check", none));
}

static void a_hint_names_one_or_all(void **state)
{
    (void)state;
    static const char *const two[] = {"facebook", "x", NULL};
    struct arena *arena = arena_new();
    const char *const *many;
    const char **words = arena_alloc_array(arena, 501, sizeof(*words));

    assert_string_equal(suggest_hint(arena, "facebok", two), ", did you mean 'facebook'?");
    assert_string_equal(suggest_hint(arena, "telegraph", two), ": known are facebook, x");
    for (size_t i = 0; i < 500; i++)
        words[i] = "eight888";
    many = words;
    const char *hint = suggest_hint(arena, "telegraph", many);
    assert_true(strlen(hint) < 3000);
    assert_string_equal(hint + strlen(hint) - strlen(", …"), ", …");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_word),
        cmocka_unit_test(the_first_of_several_that_are_as_near),
        cmocka_unit_test(long_words_are_no_slips),
        cmocka_unit_test(no_words_no_suggestion),
        cmocka_unit_test(a_hint_names_one_or_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "plan/exercise.h"

static void marks_are_in_the_language(void **state)
{
    static const struct {
        const char *language, *word;
        bool own;
    } cases[] = {
        {"nb", "ØVELSE", true},      {"nn", "ØVING", true},      {"en", "EXERCISE", true},
        {"se", "HÁRJEHUS", true},    {"sv", "ÖVNING", true},     {"da", "ØVELSE", true},
        {"fi", "HARJOITUS", true},   {"de", "ÜBUNG", true},      {"nn-NO", "ØVING", true},
        {"EN-gb", "EXERCISE", true}, {"sma", "EXERCISE", false}, {"smj", "EXERCISE", false},
        {"fkv", "EXERCISE", false},  {"", "EXERCISE", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exercise_mark mark = exercise_mark(cases[i].language);
        assert_string_equal(mark.word, cases[i].word);
        assert_int_equal(mark.own, cases[i].own);
    }
    assert_string_equal(exercise_mark("nb").line, "ØVELSE – ØVELSE – ØVELSE");
}

static void denials_are_found(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"Dette er ikke en øvelse.", "ikke en øvelse"},
        {"DETTE ER IKKE EN ØVELSE", "ikke en øvelse"},
        {"Dette er ikke øvelse", "ikke øvelse"},
        {"Dette er ikke\n  en \t øvelse!", "ikke en øvelse"},
        {"ikke\xC2\xA0"
         "en øvelse",
         "ikke en øvelse"},
        {"ikke en øv\xC2\xAD"
         "else",
         "ikke en øvelse"}, /* soft hyphen */
        {"ikke en øv\xE2\x80\x8B"
         "else",
         "ikke en øvelse"},                                         /* zero width space */
        {"ikke en Ø\xCC\x88velse er ikke en o\xCC\xB8velse", NULL}, /* other letters */
        {"ikke en «øvelse»", "ikke en øvelse"},
        {"ikke *en* __øvelse__", "ikke en øvelse"},
        {"“This is NOT a DRILL”", "not a drill"},
        {"This is not a\u2003"
         "drill.",
         "not a drill"},
        {"\uFF2E\uFF2F\uFF34 a drill", "not a drill"}, /* wide letters */
        {"This isn’t a drill", "isn't a drill"},
        {"This isn't an exercise", "isn't an exercise"},
        {"No drill. Act now.", "no drill"},
        {"This is not just a test", "not just a test"},
        {"Dette er ikkje ei øving.", "ikkje ei øving"},
        {"Detta är inte en övning", "inte en övning"},
        {"Det här är INTE EN O\xCC\x88VNING", "inte en övning"}, /* decomposed */
        {"Tämä ei ole harjoitus.", "ei ole harjoitus"},
        {"Das ist keine Übung!", "keine übung"},
        {"Dát ii leat hárjehus", "ii leat hárjehus"},
        {"Це не навчання", "не навчання"},
        {"Dette er en øvelse.", NULL},
        {"Dette er ikke en øvelsesplan for deg", NULL},
        {"Dette er ikke en ekte hendelse. Øvelsen er over.", NULL},
        {"This is not a real event.", NULL},
        {"You need not do anything. A drill is going on.", NULL},
        {"Casino drill", NULL},
        {"Are there others? No. Drill begins.", NULL},
        {"Vi øver på å varsle deg", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char words[EXERCISE_DENIAL_SIZE] = "";
        bool found = exercise_find_denial(cases[i].text, words);
        if (found != (cases[i].words != NULL))
            fail_msg("%s: %s", cases[i].text, words);
        if (cases[i].words)
            assert_string_equal(words, cases[i].words);
    }
}

static void marks_in_texts_are_seen(void **state)
{
    static const struct {
        const char *text;
        bool marked;
    } cases[] = {
        {"ØVELSE", true},
        {"ØVELSE – ØVELSE – ØVELSE\nFlom", true},
        {"ØVELSE: Flom i elva", true},
        {"  *ØVELSE* Flom", true},
        {"\n\n– EXERCISE –\nFlood", true},
        {"ØVING ØVING: Oslo", true},
        {"Øvelse gjør mester", false},
        {"ØVELSER i hele landet", false},
        {"Flom\nØVELSE", false},
        {"", false},
        {"…", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(exercise_begins_with_mark(cases[i].text), cases[i].marked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_in_the_language),
        cmocka_unit_test(denials_are_found),
        cmocka_unit_test(marks_in_texts_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

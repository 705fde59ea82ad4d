#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/check.h"
#include "plan/differences.h"

#include "plan_fixture.h"

/* A plan of one message in these languages; each text is the short one, on a line of its own from
 * line 8 on. */
static void load(struct plan_fixture *fixture, const char *const texts[][2])
{
    char yaml[4096];
    size_t used = 0;

    used += (size_t)snprintf(yaml, sizeof(yaml), "plan: p\nlanguages: [");
    for (size_t i = 0; texts[i][0]; i++)
        used +=
            (size_t)snprintf(yaml + used, sizeof(yaml) - used, "%s%s", i ? ", " : "", texts[i][0]);
    used += (size_t)snprintf(yaml + used, sizeof(yaml) - used,
                             "]\nmunicipalities: [{id: \"0301\", name: Oslo}, {id: \"3303\", name: "
                             "Kongsberg}]\nmessages:\n  m:\n    kind: information\n    text:\n");
    for (size_t i = 0; texts[i][0]; i++)
        used += (size_t)snprintf(yaml + used, sizeof(yaml) - used, "      %s: {short: \"%s\"}\n",
                                 texts[i][0], texts[i][1]);
    fixture_load(fixture, yaml);
    assert_non_null(fixture->plan);
    size_t count;
    const struct difference *differences =
        differences_find(fixture->arena, fixture->plan, &fixture->plan->messages[0], &count);
    differences_report(differences, count, &fixture->problems);
}

static void differences_are_told_of_the_fewer(void **state)
{
    static const struct {
        const char *texts[5][2];
        const char *told;
    } cases[] = {
        {{{"nb", "Nivå 4"}}, ""},
        {{{"nb", "Nivå 4 kl. 7"}, {"nn", "Nivå 4 kl. 07.00"}, {"en", "Level 4 at 7 a.m."}}, ""},
        {{{"nb", "Nivå 4"}, {"en", "Level 3"}},
         "9: warning: the short text in en differs from nb: it lacks '4' and adds '3'\n"},
        {{{"nb", "Nivå 4"}, {"en", "Level"}},
         "9: warning: the short text in en differs from nb: it lacks '4'\n"},
        {{{"nb", "Nivå"}, {"en", "Level 3"}},
         "9: warning: the short text in en differs from nb: it adds '3'\n"},
        {{{"nb", "Nivå 3"}, {"nn", "Nivå 4"}, {"en", "Level 4"}},
         "8: warning: the short text in nb differs from nn and en: it lacks '4' and adds '3'\n"},
        {{{"nb", "1, 112"}, {"nn", "112"}, {"en", "112"}, {"se", "113"}},
         "8: warning: the short text in nb differs from nn, en and se: it adds '1'\n"
         "11: warning: the short text in se differs from nb, nn and en: it lacks '112' and adds "
         "'113'\n"},
        {{{"nb", "13, 14, 15, 16, 17, 18, 19"}, {"en", "."}},
         "9: warning: the short text in en differs from nb: it lacks '13', '14', '15', '16', '17' "
         "and 2 more\n"},
        {{{"nb", "{{municipality.name}}: Ring {{municipality.phone}}"}, {"en", "Call us"}},
         "9: warning: the short text in en differs from nb: it lacks '{{municipality.name}}', "
         "'{{municipality.phone}}'\n"},
        /* in words: neither lacks it, whoever says it in digits */
        {{{"nb", "Kok i fem minutter"}, {"nn", "Kok i 5 minutt"}, {"en", "Boil it"}},
         "10: warning: the short text in en differs from nb and nn: it lacks '5'\n"},
        {{{"nb", "Kok i fem minutter"}, {"en", "Boil for 5 minutes"}}, ""},
        /* names of places */
        {{{"nb", "Dra mot Kongsberg"}, {"en", "Go towards Oslo"}},
         "9: warning: the short text in en differs from nb: it lacks 'Kongsberg' and adds "
         "'Oslo'\n"},
        /* other names: those that two families of languages write alike */
        {{{"nb", "Stengt ved Glomma"}, {"nn", "Stengt ved Vorma"}, {"en", "Closed at Glomma"}},
         "9: warning: the short text in nn differs from nb and en: it lacks 'Glomma'\n"},
        {{{"nb", "Hør på Mattilsynet"},
          {"nn", "Høyr på Mattilsynet"},
          {"en", "Ask the Food "
                 "Authority"}},
         ""},
        {{{"nb", "Noreg og Norge"}, {"en", "Here in Norway, Monday"}, {"se", "Norggas"}}, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_fixture fixture;
        load(&fixture, cases[i].texts);
        assert_string_equal(fixture_problems(&fixture), cases[i].told);
        fixture_release(&fixture);
    }
}

static const char every_text[] = "plan: p\n"
                                 "languages: [nb, en]\n"
                                 "municipalities: [{id: \"0301\", name: Oslo}]\n"
                                 "messages:\n"
                                 "  m:\n"
                                 "    kind: information\n"
                                 "    text:\n"
                                 "      nb:\n"
                                 "        headline: Nivå 4\n"
                                 "        short: Ring 112\n"
                                 "        long: |\n"
                                 "          Ring 112.\n"
                                 "          Ny melding kl. 07.30.\n"
                                 "      en:\n"
                                 "        headline: Level 3\n"
                                 "        short: Call 112\n"
                                 "        long: |\n"
                                 "          Call 112.\n"
                                 "          Next message at 8:30.\n"
                                 "    channels:\n"
                                 "      x: {nb: \"Ring 112\", en: \"Call 113\"}\n"
                                 "    media:\n"
                                 "      - {file: map.png, alt: {nb: \"E6\", en: \"E18\"}}\n";

static void every_text_is_compared_with_its_like(void **state)
{
    struct plan_fixture fixture;
    size_t count;

    (void)state;
    fixture_load(&fixture, every_text);
    assert_non_null(fixture.plan);
    const struct difference *found =
        differences_find(fixture.arena, fixture.plan, &fixture.plan->messages[0], &count);
    differences_report(found, count, &fixture.problems);
    assert_string_equal(
        fixture_problems(&fixture),
        "15: warning: the headline in en differs from nb: it lacks '4' and adds '3'\n"
        "19: warning: the long text in en differs from nb: it lacks '07.30' and adds '8:30'\n"
        "21: warning: the text for x in en differs from nb: it lacks '112' and adds '113'\n"
        "23: warning: 'alt' of 'map.png' in en differs from nb: it lacks '6' and adds '18'\n");
    assert_int_equal(found[1].text_place.line, 17);
    assert_string_equal(found[1].language, "en");
    fixture_release(&fixture);
}

/* A text that only machines read is left alone, whatever it holds. */
static void lists_are_left_alone(void **state)
{
    const char *texts[3][2] = {{"nb", ""}, {"en", "Level 3"}};
    struct plan_fixture fixture;
    char list[2048];
    size_t used = 0;

    (void)state;
    for (unsigned i = 0; i <= 200; i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%u; ", 1000 + i);
    texts[0][1] = list;
    load(&fixture, texts);
    assert_string_equal(fixture_problems(&fixture), "");
    fixture_release(&fixture);
}

static void check_tells_of_them(void **state)
{
    struct plan_fixture fixture;

    (void)state;
    fixture_load(&fixture, every_text);
    check_texts(fixture.arena, fixture.plan, NULL, 0, "c", NULL, &fixture.problems);
    assert_int_equal(fixture.problems.warning_count, 4);
    assert_int_equal(fixture.problems.error_count, 0);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_told_of_the_fewer),
        cmocka_unit_test(every_text_is_compared_with_its_like),
        cmocka_unit_test(lists_are_left_alone),
        cmocka_unit_test(check_tells_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

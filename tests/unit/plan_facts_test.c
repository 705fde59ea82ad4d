#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/facts.h"

static const struct place_name places[] = {
    {"0301", "Oslo"},         {"3303", "Kongsberg"}, {"3338", "Nore og Uvdal"},
    {"5628", "Deatnu"},       {"5628", "Tana"},      {"1121", "Time"},
    {"Vestland", "Vestland"}, {"5501", "Tromsø"},    {"3218", "Ås"}};
enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

static void find(struct arena *arena, const char *language, const char *text, struct facts *out)
{
    facts_find(arena, text, language, places, PLACE_COUNT, out);
}

/* "written=reading|reading; …" of every fact but names that nobody knows. */
static const char *told(struct arena *arena, const struct facts *facts)
{
    const char *words = "";

    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->items[i];
        if (fact->is_name && !fact->is_place)
            continue;
        words = arena_printf(arena, "%s%s%.*s=", words, *words ? "; " : "", (int)fact->length,
                             fact->at);
        for (size_t j = 0; j < fact->reading_count; j++)
            words = arena_printf(arena, "%s%s%s", words, j > 0 ? "|" : "", fact->readings[j]);
    }
    return words;
}

static const struct {
    const char *language, *text, *told;
} fact_cases[] = {
    {"nb", "", ""},
    {"nb", "Hold deg unna elva, og ta med naboen.", ""},
    /* numbers */
    {"nb", "Nivå 4 av 5", "4=4; 5=5"},
    {"nb", "10 000 liter", "10 000=10000"},
    {"nb", "10\u00A0000 liter", "10\u00A0000=10000"},
    {"nb", "10.000 liter", "10.000=10000"},
    {"en", "10,000 litres", "10,000=10000"},
    {"en", "1,234,567.50 kroner", "1,234,567.50=1234567.5"},
    {"nb", "1.234.567,50 kroner", "1.234.567,50=1234567.5"},
    {"nb", "1,5 meter", "1,5=1.5"},
    {"en", "1.5 metres", "1.5=1.5"},
    {"nb", "1,500 meter", "1,500=1.5"},
    {"en", "1.500 metres", "1.500=1.5"},
    {"pl", "1.500 osób", "1.500=1500|1.5"},
    {"nb", "007 og 0", "007=7; 0=0"},
    {"nb", "E6 og Rv3 ved km 12", "6=6; 3=3; 12=12"},
    {"nb", "3–5 dager, 10-12 timer", "3=3; 5=5; 10=10; 12=12"},
    {"ar", "اتصل ١١٢", "١١٢=112"},
    {"fa", "۱۱۲", "۱۱۲=112"},
    /* telephone numbers */
    {"nb", "Ring 22 86 40 00.", "22 86 40 00=22864000"},
    {"nb", "Ring 915 12 345 eller 02000", "915 12 345=91512345; 02000=2000"},
    {"en", "Call +47 22 86 40 00", "+47 22 86 40 00=4722864000|22864000|2864000"},
    {"en", "Call 0047 22864000", "0047 22864000=4722864000|22864000|2864000"},
    {"nb", "Ring 110, 112 eller 113.", "110=110; 112=112; 113=113"},
    {"nb", "Legevakt: 116 117", "116 117=116117"},
    {"nb", "Det er +5 grader", "+5=5"},
    /* times of day */
    {"nb", "kl. 7", "7=7|07:00"},
    {"nn", "klokka 19", "19=19|19:00"},
    {"nb", "kl. 07.30", "07.30=07:30|7.3"},
    {"nb", "kl 0730", "0730=730|07:30"},
    {"se", "dii. 7:30", "7:30=07:30"},
    {"en", "at 7 a.m.", "7 a.m.=07:00|7"},
    {"en", "7pm", "7pm=19:00|19"},
    {"en", "7:30 p.m., 12 am and 12 PM", "7:30 p.m.=19:30; 12 am=00:00|0; 12 PM=12:00|12"},
    {"en", "from 7 to 9 p.m.", "7=7|07:00|19:00|19; 9 p.m.=21:00|21"},
    {"en", "7 o'clock", "7=7|07:00"},
    {"de", "7 Uhr", "7=7|07:00"},
    {"de", "7 am Montag", "7=7"},
    {"nb", "24:00", "24:00=00:00|24"},
    {"en", "24/7", ""},
    /* dates */
    {"nb", "23. september 2026", "23. september 2026=--09-23"},
    {"en", "23rd of September", "23rd of September=--09-23"},
    {"en", "on September 23, 2026", "September 23, 2026=--09-23"},
    {"se", "Čakčamánu 23. b. 2026", "Čakčamánu 23. b. 2026=--09-23"},
    {"sv", "23 sept.", "23 sept=--09-23"},
    {"nb", "2026-09-23", "2026-09-23=--09-23"},
    {"nb", "23.09.2026", "23.09.2026=--09-23"},
    {"nb", "fra 23.9. til 25/9", "23.9=23.9|--09-23; 25/9=--09-25"},
    {"nb", "23.–25. september", "23=23; 25. september=--09-25|25"},
    {"en", "I may have 5 may-be apples", "5=5"},
    {"nb", "5 marsjerte i mai", "5=5"},
    /* addresses */
    {"nb", "Se https://www.dsb.no/.", "https://www.dsb.no/=//dsb.no"},
    {"nb", "Se varsom.no/flom.", "varsom.no/flom=//varsom.no/flom"},
    {"en", "https://helsenorge.no/en/water",
     "https://helsenorge.no/en/water=//helsenorge.no/*|//helsenorge.no/en/water"},
    {"nb", "https://no.example.org/a", "https://no.example.org/a=//example.org/*|//example.org/a"},
    {"nb", "(se «dsb.no/ut»)", "dsb.no/ut=//dsb.no/ut"},
    {"nb", "se https://no/ og https://en.no", "https://no/=//no; https://en.no=//en.no"},
    {"nb", "Post@DSB.no", "Post@DSB.no=post@dsb.no"},
    {"nb", "f.eks. og m.a.o. slutt.Neste", ""},
    /* variables */
    {"nb", "{{#phone}}Ring {{ phone }}.{{/phone}}", "{{#phone}}={{phone}}"},
    {"nb", "{{hva-nb}} {{hva_NB}}", "{{hva-nb}}={{hva}}"},
    {"en", "{{what-nb}}", "{{what-nb}}={{what-nb}}"},
    {"nb", "https://x.example/{{id}}",
     "https://x.example/{{id}}=//x.example/{{id}}; {{id}}={{id}}"},
    /* places */
    {"nb", "Dra til Kongsberg eller Nore og Uvdal, ikke Oslofjorden",
     "Kongsberg=Kongsberg; Nore og Uvdal=Nore og Uvdal"},
    {"nb", "Kongsberg er stengt. Oslo og.", ""},
    {"nb", "i Tana", "Tana=Tana|Deatnu"},
    {"nb", "nær Tromsø, Ås\u00A0og Åsen – Oslo", "Tromsø=Tromsø; Ås=Ås"},
};

static void texts_tell_their_facts(void **state)
{
    struct facts facts;

    (void)state;
    for (size_t i = 0; i < sizeof(fact_cases) / sizeof(fact_cases[0]); i++) {
        struct arena *arena = arena_new();
        find(arena, fact_cases[i].language, fact_cases[i].text, &facts);
        assert_string_equal(told(arena, &facts), fact_cases[i].told);
        assert_false(facts.has_more);
        arena_free(arena);
    }
}

/* Whether each says all facts of the other. Names that nobody knows are left out. */
static bool are_same(struct arena *arena, const struct facts *a, const struct facts *b)
{
    (void)arena;
    for (size_t i = 0; i < a->count; i++)
        if (!(a->items[i].is_name && !a->items[i].is_place) &&
            !facts_same(b, &a->items[i], a->language))
            return false;
    return true;
}

static void the_same_is_written_in_many_ways(void **state)
{
    static const struct {
        const char *languages[2], *texts[2];
        bool is_same;
    } cases[] = {
        {{"nb", "en"}, {"kl. 7", "7 a.m."}, true},
        {{"nb", "en"}, {"kl. 7", "at 7"}, true},
        {{"nb", "en"}, {"kl. 7", "7 p.m."}, false},
        {{"nb", "en"}, {"kl. 19", "7 p.m."}, true},
        {{"nb", "en"}, {"kl. 17–19", "17:00–19:00"}, true},
        {{"nb", "en"}, {"kl. 12–14", "12–2 p.m."}, true},
        {{"nb", "en"}, {"kl. 24", "at midnight"}, true},
        {{"nb", "en"}, {"kl. 19 til 21", "from 7 to 9 p.m."}, true},
        {{"nb", "nn"}, {"kl. 07.30", "klokka 7.30"}, true},
        {{"nb", "se"}, {"kl. 07.30", "dii. 07:30"}, true},
        {{"nb", "en"}, {"kl. 07.30", "8:30"}, false},
        {{"nb", "en"}, {"kl. 12", "at noon"}, true},
        {{"nb", "en"}, {"10 000 liter", "10,000 litres"}, true},
        {{"nb", "en"}, {"1,500 liter", "1,500 litres"}, false},
        {{"nb", "en"}, {"1,5 meter", "1.5 metres"}, true},
        {{"nb", "en"}, {"1,5 meter", "15 metres"}, false},
        {{"nb", "se"}, {"5 minutter", "vihtta minuhta"}, true},
        {{"nb", "en"}, {"5 minutter", "five minutes"}, true},
        {{"nb", "en"}, {"fem minutter", "10 minutes"}, false},
        {{"nb", "en"}, {"et døgn", "24 hours"}, true},
        {{"nb", "so"}, {"5 minutter", "shan daqiiqo"}, true},
        {{"nb", "so"}, {"112", "113"}, false},
        {{"nb", "en"}, {"22 86 40 00", "+47 22864000"}, true},
        {{"nb", "en"}, {"22 86 40 00", "22 86 40 01"}, false},
        {{"nb", "ar"}, {"Ring 112", "اتصل ١١٢"}, true},
        {{"nb", "en"}, {"23. september 2026", "September 23"}, true},
        {{"nb", "en"}, {"23.9.", "23 September"}, true},
        {{"nb", "en"}, {"23. september", "24 September"}, false},
        {{"nb", "en"}, {"23. september", "23 October"}, false},
        {{"nb", "en"}, {"23.–25. september", "September 23–25"}, true},
        {{"nb", "so"}, {"23. september", "23 Sebteembar"}, true},
        {{"nb", "en"}, {"https://dsb.no/vann", "https://www.dsb.no/vann/"}, true},
        {{"nb", "en"}, {"https://dsb.no/vann", "https://www.dsb.no/en/water"}, true},
        {{"nb", "en"}, {"https://dsb.no/vann", "https://dsb.no/luft"}, false},
        {{"nb", "en"}, {"https://dsb.no", "https://dbs.no"}, false},
        {{"nb", "en"}, {"dsb.no", "https://dsb.no"}, true},
        {{"nb", "en"}, {"post@dsb.no", "post@dbs.no"}, false},
        {{"nb", "en"}, {"{{river}}", "{{#river}}{{/river}}"}, true},
        {{"nb", "en"}, {"{{what-nb}}", "{{what-en}}"}, true},
        {{"nb", "en"}, {"{{river}}", "{{level}}"}, false},
        {{"nb", "en"}, {"mot Kongsberg", "Kongsberg is closed"}, true},
        {{"nb", "nn"}, {"mot Kongsberg", "Kongsbergs bru"}, true},
        {{"nb", "en"}, {"mot Kongsberg", "towards Oslo"}, false},
        {{"nb", "en"}, {"til Tana", "to Deatnu"}, true},
        {{"nb", "se"}, {"mot Kongsberg", "Kongsbergii"}, true},
        {{"nb", "fi"}, {"i Oslo", "kaupungissa"}, true}, /* names there have endings */
    };
    struct facts facts[2];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        for (size_t j = 0; j < 2; j++)
            find(arena, cases[i].languages[j], cases[i].texts[j], &facts[j]);
        bool is_same =
            are_same(arena, &facts[0], &facts[1]) && are_same(arena, &facts[1], &facts[0]);
        if (is_same != cases[i].is_same)
            fail_msg("'%s' and '%s'", cases[i].texts[0], cases[i].texts[1]);
        arena_free(arena);
    }
}

static void a_fact_is_found_once(void **state)
{
    struct arena *arena = arena_new();
    struct facts facts;

    (void)state;
    find(arena, "nb", "112, 112, {{river}} {{river}} 07:30, 07:30 og 112", &facts);
    assert_string_equal(told(arena, &facts), "112=112; {{river}}={{river}}; 07:30=07:30");
    arena_free(arena);
}

static void more_than_there_is_room_for_is_told(void **state)
{
    struct arena *arena = arena_new();
    struct facts facts;
    const char *text = "";

    (void)state;
    for (unsigned i = 0; i < FACTS_MAX; i++)
        text = arena_printf(arena, "%s%u, ", text, 1000 + i);
    find(arena, "nb", text, &facts);
    assert_int_equal(facts.count, FACTS_MAX);
    assert_false(facts.has_more);
    find(arena, "nb", arena_printf(arena, "%s1000, 5000", text), &facts);
    assert_int_equal(facts.count, FACTS_MAX);
    assert_true(facts.has_more);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_tell_their_facts),
        cmocka_unit_test(the_same_is_written_in_many_ways),
        cmocka_unit_test(a_fact_is_found_once),
        cmocka_unit_test(more_than_there_is_room_for_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

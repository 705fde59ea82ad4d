#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "count/count.h"
#include "count/split.h"

#include "property.h"

static const struct text_limits x = {.unit = TEXT_UNIT_X_WEIGHTED, .limit = 280, .threads = true};

static struct text_limits code_points(size_t limit)
{
    return (struct text_limits){.unit = TEXT_UNIT_CODE_POINTS, .limit = limit, .threads = true};
}

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void a_text_that_fits_is_one_part(void **state)
{
    struct split_result result;

    assert_int_equal(split_thread(*state, &x, " Flom.\n\nHold avstand. ", NULL, NULL, &result),
                     SPLIT_DONE);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.parts[0].text, " Flom.\n\nHold avstand. ");
    assert_int_equal(split_thread(*state, &x, "Flom.", "ØVELSE", "SLUTT", &result), SPLIT_DONE);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.parts[0].text, "ØVELSE\nFlom.\nSLUTT");
    assert_int_equal(result.parts[0].length, 18);
    assert_int_equal(split_thread(*state, &x, "", NULL, NULL, &result), SPLIT_DONE);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.parts[0].text, "");
}

static void parts_are_as_expected(void **state)
{
    static const struct {
        size_t limit;
        const char *text, *prefix, *suffix, *parts[5];
    } cases[] = {
        /* A sentence end in the last half wins over a later word. */
        {30,
         "Elva stiger. Hold deg unna elva nå.",
         NULL,
         NULL,
         {"Elva stiger. (1/2)", "Hold deg unna elva nå. (2/2)"}},
        /* One in the first half does not. */
        {30,
         "Nei. Elva stiger raskt og alle må gå.",
         NULL,
         NULL,
         {"Nei. Elva stiger raskt (1/2)", "og alle må gå. (2/2)"}},
        /* Dates, times, initials and small letters do not end a sentence. */
        {30,
         "Oslo, fredag 17. mai kl. 12 er det fare",
         NULL,
         NULL,
         {"Oslo, fredag 17. mai kl. (1/2)", "12 er det fare (2/2)"}},
        {22, "Ordfører J. Berg sier nei", NULL, NULL, {"Ordfører J. Berg (1/2)", "sier nei (2/2)"}},
        /* Lines end sentences; inner line ends stay, those at a break go. */
        {24,
         "Punkt en\nPunkt to\n\n  Punkt tre",
         NULL,
         NULL,
         {"Punkt en\nPunkt to (1/2)", "Punkt tre (2/2)"}},
        /* A closing quotation mark belongs to its sentence. */
        {28,
         "«Gå inn nå!» sa hun til alle som var der",
         NULL,
         NULL,
         {"«Gå inn nå!» sa hun (1/2)", "til alle som var der (2/2)"}},
        {30,
         "Ring 02000, «vent ikke!» Gå ut nå",
         NULL,
         NULL,
         {"Ring 02000, «vent ikke!» (1/2)", "Gå ut nå (2/2)"}},
        /* Marks are lines of every part. */
        {30,
         "Elva stiger. Hold deg unna.",
         "ØVELSE",
         "ØVELSE",
         {"ØVELSE\nElva (1/4)\nØVELSE", "ØVELSE\nstiger. (2/4)\nØVELSE",
          "ØVELSE\nHold deg (3/4)\nØVELSE", "ØVELSE\nunna. (4/4)\nØVELSE"}},
        /* A space that keeps words together is no place for a break. */
        {20,
         "Vannet er 12\u00A0000 liter",
         NULL,
         NULL,
         {"Vannet er (1/2)", "12\u00A0000 liter (2/2)"}},
        /* Chinese and Japanese need no spaces. */
        {15,
         "川に近づかないでください。高台へ逃げて",
         NULL,
         NULL,
         {"川に近づかないでく (1/3)", "ださい。 (2/3)", "高台へ逃げて (3/3)"}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_limits limits = code_points(cases[i].limit);
        struct split_result result;
        int status =
            split_thread(*state, &limits, cases[i].text, cases[i].prefix, cases[i].suffix, &result);

        assert_int_equal(status, SPLIT_DONE);
        for (size_t part = 0; part < 5 && cases[i].parts[part] != NULL; part++) {
            assert_true(part < result.count);
            assert_string_equal(result.parts[part].text, cases[i].parts[part]);
        }
        assert_true(result.count == 5 || cases[i].parts[result.count] == NULL);
    }
}

static void links_stay_whole(void **state)
{
    struct text_limits limits = {.unit = TEXT_UNIT_X_WEIGHTED, .limit = 40, .threads = true};
    struct split_result result;
    static const char text[] = "Les mer om flommen på "
                               "https://www.kriseinfo.no/flom/pa/ostlandet/hele/veien og på "
                               "www.oslo.kommune.no.";

    assert_int_equal(split_thread(*state, &limits, text, NULL, NULL, &result), SPLIT_DONE);
    assert_int_equal(result.count, 3);
    assert_string_equal(result.parts[1].text,
                        "https://www.kriseinfo.no/flom/pa/ostlandet/hele/veien og på (2/3)");
    assert_int_equal(result.parts[1].length, 35);
}

static void what_cannot_be_split_is_said(void **state)
{
    struct text_limits limits = code_points(20);
    struct split_result result;

    assert_int_equal(split_thread(*state, &limits, "Se på Fylkestrafikksikkerhetsutvalg nå", NULL,
                                  NULL, &result),
                     SPLIT_WORD_TOO_LONG);
    assert_string_equal(result.word, "Fylkestrafikksikkerhetsutvalg");
    assert_int_equal(result.count, 0);
    limits.threads = false;
    assert_int_equal(
        split_thread(*state, &limits, "Dette er altfor langt her", NULL, NULL, &result),
        SPLIT_NOT_ALLOWED);
    assert_int_equal(result.count, 1);
    assert_int_equal(result.parts[0].length, 25);
}

static void too_many_parts_are_shown(void **state)
{
    struct text_limits limits = code_points(20);
    struct split_result result;
    static char text[40001];

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 10 == 9 ? ' ' : 'a';
    text[10 * THREAD_PARTS_MAX - 1] = '\0';
    assert_int_equal(split_thread(*state, &limits, text, NULL, NULL, &result), SPLIT_DONE);
    assert_int_equal(result.count, THREAD_PARTS_MAX);
    text[10 * THREAD_PARTS_MAX - 1] = ' ';
    text[10 * THREAD_PARTS_MAX + 5] = '\0';
    assert_int_equal(split_thread(*state, &limits, text, NULL, NULL, &result), SPLIT_TOO_MANY);
    assert_int_equal(result.count, THREAD_PARTS_MAX + 1);
    assert_string_equal(result.parts[THREAD_PARTS_MAX].text, "aaaaa (26/26)");
    text[10 * THREAD_PARTS_MAX + 5] = 'a';
    assert_int_equal(split_thread(*state, &limits, text, NULL, NULL, &result), SPLIT_TOO_MANY);
    assert_int_equal(result.count, SPLIT_PARTS_SHOWN_MAX);
}

/* The words of a text, each followed by one space; an independent reading of where words are. */
static size_t add_words(char *out, size_t length, const char *text, size_t size)
{
    bool in_word = false;

    for (size_t i = 0; i < size; i++) {
        bool space = text[i] == ' ' || text[i] == '\n';

        if (!space)
            out[length++] = text[i];
        else if (in_word)
            out[length++] = ' ';
        in_word = !space;
    }
    if (in_word)
        out[length++] = ' ';
    return length;
}

static size_t random_text(uint64_t *seed, char *text)
{
    static const char *const words[] = {"Flom",
                                        "i",
                                        "Bærum.",
                                        "Hold",
                                        "deg",
                                        "unna!",
                                        "https://www.kriseinfo.no/flom,",
                                        "🚨",
                                        "👩🏽‍🚒",
                                        "🇳🇴",
                                        "e\xCC\x81n",
                                        "www.oslo.kommune.no.",
                                        "Čáhcedulvi",
                                        "–",
                                        "kl. 14",
                                        "nå…",
                                        "\n",
                                        "«Nei.»",
                                        "(ja)",
                                        "12",
                                        "\n\n",
                                        "post@kommune.no"};
    size_t length = 0;

    for (uint64_t n = property_below(seed, 300); n > 0; n--) {
        const char *word = words[property_below(seed, sizeof(words) / sizeof(words[0]))];

        memcpy(text + length, word, strlen(word));
        length += strlen(word);
        text[length++] = ' ';
    }
    text[length] = '\0';
    return length;
}

static void parts_hold_all_words_in_order(void **state)
{
    (void)state;
    static char text[16384], words[2][16384];
    uint64_t seed = 42;

    for (int round = 0; round < 1500; round++) {
        struct arena *arena = arena_new();
        size_t length = random_text(&seed, text);
        struct text_limits limits = {.unit = (enum text_unit)property_below(&seed, 6),
                                     .limit = 120 + property_below(&seed, 300),
                                     .threads = true};
        const char *mark = property_below(&seed, 2) ? "ØVELSE ØVELSE ØVELSE" : NULL;
        struct split_result result;
        int status = split_thread(arena, &limits, text, mark, mark, &result);
        size_t joined = 0;

        assert_true(status == SPLIT_DONE || status == SPLIT_TOO_MANY);
        for (size_t i = 0; i < result.count; i++) {
            const struct split_part *part = &result.parts[i];
            char number[32];

            assert_true(count_fits(&limits, part->text, strlen(part->text)));
            assert_int_equal(part->length, count_text(limits.unit, part->text, strlen(part->text)));
            assert_true(mark == NULL || strncmp(part->text, mark, strlen(mark)) == 0);
            assert_true(snprintf(number, sizeof(number), " (%zu/%zu)", i + 1, result.count) > 0);
            assert_true(result.count == 1 || strstr(part->text, number) != NULL);
            joined = add_words(words[0], joined, text + part->content_start,
                               part->content_end - part->content_start);
        }
        length = add_words(words[1], 0, text, length);
        assert_int_equal(joined, length);
        assert_memory_equal(words[0], words[1], length);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_text_that_fits_is_one_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parts_are_as_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_stay_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_split_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_parts_are_shown, set_up, tear_down),
        cmocka_unit_test(parts_hold_all_words_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Why a delivery failed, in the reader's language. The catalogue is the test's own: what the real
 * one says is for translators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/language.h"
#include "model/delivery.h"
#include "model/failure_forms.h"
#include "report/stored_words.h"

#include "test_folder.h"

/* In the order of their bytes, as a catalogue has them. */
static const struct entry {
    const char *original, *translation;
} entries[] = {
    {FORM_CONNECT_AGAIN, "kommune %s, %s: crisis register %3$s %4$s, på nytt"},
    {FORM_LOOK_AT_ACCOUNT, "se på «%2$s» (%1$s) til %3$s"},
    {FORM_LOOK_AGAIN, "se på «%2$s» (%1$s) til %3$s; vi ser igjen"},
    {FORM_NOT_RETRACTED, "ikke trukket tilbake: %.290s"},
    {FORM_PART, "del %u av %zu: %s"},
    {"takes %s and 100 %n", "tar %s og 100 %n"},
    {"the network does not accept the credential", "nettverket godtar ikke nøkkelen"},
    {"the server's clock: is it right?", "serverens klokke: går den riktig?"},
};

enum {
    ENTRY_COUNT = sizeof(entries) / sizeof(entries[0]),
    HEAD_BYTES = 28,
    CATALOGUE_BYTES = 4096
};

struct catalogue {
    unsigned char bytes[CATALOGUE_BYTES];
    size_t size;
};

static void put_number(struct catalogue *catalogue, size_t at, size_t number)
{
    const uint32_t value = (uint32_t)number;
    memcpy(catalogue->bytes + at, &value, sizeof(value));
}

static void put_string(struct catalogue *catalogue, size_t row, const char *string)
{
    size_t length = strlen(string);

    assert_true(catalogue->size + length < CATALOGUE_BYTES);
    put_number(catalogue, row, length);
    put_number(catalogue, row + 4, catalogue->size);
    memcpy(catalogue->bytes + catalogue->size, string, length + 1);
    catalogue->size += length + 1;
}

/* The form that gettext's manual has under "The Format of GNU MO Files", without a hash table. */
static void make_catalogue(struct catalogue *catalogue)
{
    const size_t originals = HEAD_BYTES, translations = HEAD_BYTES + ENTRY_COUNT * 8;

    *catalogue = (struct catalogue){.size = HEAD_BYTES + ENTRY_COUNT * 16};
    put_number(catalogue, 0, 0x950412de);
    put_number(catalogue, 8, ENTRY_COUNT);
    put_number(catalogue, 12, originals);
    put_number(catalogue, 16, translations);
    for (size_t i = 0; i < ENTRY_COUNT; i++) {
        put_string(catalogue, originals + i * 8, entries[i].original);
        put_string(catalogue, translations + i * 8, entries[i].translation);
    }
}

static int set_up(void **state)
{
    static struct test_folder folder;
    static const char *const folders[] = {"nb", "nb/LC_MESSAGES"};
    char path[TEST_PATH_SIZE + 64];
    struct catalogue catalogue;

    assert_true(test_folder_make(&folder));
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        assert_int_equal(mkdir(test_folder_file(&folder, folders[i], path), 0700), 0);
    make_catalogue(&catalogue);
    FILE *file = fopen(test_folder_file(&folder, "nb/LC_MESSAGES/crisis.mo", path), "we");
    assert_non_null(file);
    assert_int_equal(fwrite(catalogue.bytes, 1, catalogue.size, file), catalogue.size);
    assert_int_equal(fclose(file), 0);
    setenv("LC_ALL", "nb_NO.UTF-8", 1);
    unsetenv("LANGUAGE");
    language_begin();
    assert_non_null(bindtextdomain("crisis", folder.path));
    *state = &folder;
    return 0;
}

static int tear_down(void **state)
{
    test_folder_remove(*state);
    return 0;
}

static void assert_shown(const char *stored, const char *expected)
{
    assert_string_equal(stored_in_words(stored).words, expected);
}

/* --- sentences ------------------------------------------------------------------------------- */

static void a_sentence_is_translated(void **state)
{
    (void)state;
    assert_shown("the network does not accept the credential", "nettverket godtar ikke nøkkelen");
    assert_shown("the server's clock: is it right?", "serverens klokke: går den riktig?");
    assert_shown("", "");
}

static void what_the_network_said_stays(void **state)
{
    (void)state;
    assert_shown("the network does not accept the credential: Bad: token %s %n",
                 "nettverket godtar ikke nøkkelen: Bad: token %s %n");
    /* Its words are not ours, even where they are the same. */
    assert_shown(
        "the network does not accept the credential: the network does not accept the credential",
        "nettverket godtar ikke nøkkelen: the network does not accept the credential");
}

static void an_address_stands_in_front(void **state)
{
    (void)state;
    assert_shown("https://x.example:8443: the server's clock: is it right?",
                 "https://x.example:8443: serverens klokke: går den riktig?");
    assert_shown("https://x.example: the network does not accept the credential: no",
                 "https://x.example: nettverket godtar ikke nøkkelen: no");
    assert_shown("https://x.example: connection refused", "https://x.example: connection refused");
}

static void what_is_not_known_stays(void **state)
{
    static const char *const unknown[] = {"no such thing",
                                          "no: such: thing",
                                          ": ",
                                          "x: ",
                                          ":",
                                          " ",
                                          "the network does not accept the credential!"};
    (void)state;

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_shown(unknown[i], unknown[i]);
}

static void a_text_is_no_format(void **state)
{
    (void)state;
    assert_shown("%s%n%s", "%s%n%s");
    assert_shown("takes %s and 100 %n", "tar %s og 100 %n");
    assert_shown("takes %s and 100 %n: %s", "tar %s og 100 %n: %s");
}

/* --- forms ----------------------------------------------------------------------------------- */

static void a_form_keeps_what_it_was_filled_with(void **state)
{
    (void)state;
    assert_shown("ask municipality 0301 to connect x again, then: crisis register 0301 x",
                 "kommune 0301, x: crisis register 0301 x, på nytt");
    assert_shown("ask municipality %s to connect %n again, then: crisis register %s %s",
                 "kommune %s, %n: crisis register %s %s, på nytt");
    assert_shown("ask municipality 0301 to connect x again",
                 "ask municipality 0301 to connect x again");
}

static void its_gaps_may_stand_in_another_order(void **state)
{
    (void)state;
    assert_shown("look at the x account 'the press' of 0301", "se på «the press» (x) til 0301");
    assert_shown("look at the x account 'the press' of 0301; crisis resume looks again",
                 "se på «the press» (x) til 0301; vi ser igjen");
}

static void a_sentence_of_ours_may_fill_a_gap(void **state)
{
    (void)state;
    assert_shown("part 2 of 13: the network does not accept the credential",
                 "del 2 av 13: nettverket godtar ikke nøkkelen");
    assert_shown("not retracted: part 2 of 3: the network does not accept the credential: no %s",
                 "ikke trukket tilbake: del 2 av 3: nettverket godtar ikke nøkkelen: no %s");
    assert_shown("not retracted: https://x.example: the server's clock: is it right?",
                 "ikke trukket tilbake: https://x.example: serverens klokke: går den riktig?");
}

/* --- sizes ----------------------------------------------------------------------------------- */

static void the_longest_text_is_whole(void **state)
{
    char stored[sizeof(((struct failure *)0)->message)], expected[STORED_WORDS_SIZE];
    const char *sentence = "the network does not accept the credential: ";
    size_t length = strlen(sentence);
    (void)state;

    memset(stored, 'x', sizeof(stored) - 1);
    stored[sizeof(stored) - 1] = '\0';
    assert_shown(stored, stored);
    memcpy(stored, sentence, length);
    snprintf(expected, sizeof(expected), "nettverket godtar ikke nøkkelen: %s", stored + length);
    assert_shown(stored, expected);
}

/* As deep as a stored text can be. */
static void a_form_in_a_form_in_a_form(void **state)
{
    char stored[sizeof(((struct failure *)0)->message)] = "";
    size_t length = 0;
    (void)state;

    while (length + sizeof("not retracted: ") < sizeof(stored))
        length += (size_t)snprintf(stored + length, sizeof(stored) - length, "not retracted: ");
    assert_memory_equal(stored_in_words(stored).words, "ikke trukket tilbake: ikke", 26);
}

static void in_english_nothing_changes(void **state)
{
    (void)state;
    language_english_begin();
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        assert_shown(entries[i].original, entries[i].original);
    assert_shown("not retracted: part 2 of 3: the server's clock: is it right?",
                 "not retracted: part 2 of 3: the server's clock: is it right?");
    language_english_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_is_translated),
        cmocka_unit_test(what_the_network_said_stays),
        cmocka_unit_test(an_address_stands_in_front),
        cmocka_unit_test(what_is_not_known_stays),
        cmocka_unit_test(a_text_is_no_format),
        cmocka_unit_test(a_form_keeps_what_it_was_filled_with),
        cmocka_unit_test(its_gaps_may_stand_in_another_order),
        cmocka_unit_test(a_sentence_of_ours_may_fill_a_gap),
        cmocka_unit_test(the_longest_text_is_whole),
        cmocka_unit_test(a_form_in_a_form_in_a_form),
        cmocka_unit_test(in_english_nothing_changes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

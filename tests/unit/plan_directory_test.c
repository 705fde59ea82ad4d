#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "plan/directory.h"

#include "problem_lines.h"

static const struct directory *parse_fine(struct arena *arena, const char *yaml)
{
    struct problems problems;
    struct directory *directory;

    problems_init(&problems, arena);
    int result = directory_parse(arena, "d.yaml", yaml, strlen(yaml), &problems, &directory);
    assert_string_equal(problem_lines(arena, &problems), "");
    assert_int_equal(result, 0);
    return directory;
}

static void test_everything(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct directory *directory =
        parse_fine(arena, "municipalities:\n"
                          "  - id: '5612'\n"
                          "    name: {nb: Kautokeino, se: Guovdageaidnu}\n"
                          "    county: {id: '56', name: Finnmark}\n"
                          "    languages: [se, nb]\n"
                          "    website: http://www.kautokeino.kommune.no/\n"
                          "    phone: '+47 78 48 71 00'\n"
                          "    email: postmottak@kautokeino.kommune.no\n"
                          "    population: 2841\n"
                          "    location: [69.01167, -23.5]\n"
                          "    groups: [inland, sami area]\n");
    assert_int_equal(directory->count, 1);
    const struct municipality *m = &directory->items[0];
    assert_string_equal(m->id, "5612");
    assert_string_equal(municipality_name(m, "nb"), "Kautokeino");
    assert_string_equal(municipality_name(m, "SE"), "Guovdageaidnu");
    assert_string_equal(municipality_name(m, "nn"), "Kautokeino");
    assert_string_equal(municipality_name(m, NULL), "Kautokeino");
    assert_string_equal(m->county_id, "56");
    assert_string_equal(m->county_name, "Finnmark");
    assert_int_equal(m->language_count, 2);
    assert_string_equal(m->languages[0], "se");
    assert_string_equal(m->website, "http://www.kautokeino.kommune.no/");
    assert_string_equal(m->phone, "+47 78 48 71 00");
    assert_string_equal(m->email, "postmottak@kautokeino.kommune.no");
    assert_int_equal(m->population, 2841);
    assert_true(m->has_location);
    assert_true(m->latitude > 69.01166 && m->latitude < 69.01168);
    assert_true(m->longitude > -23.51 && m->longitude < -23.49);
    assert_int_equal(m->group_count, 2);
    assert_string_equal(m->groups[1], "sami area");
    assert_int_equal(m->place.line, 2);
    assert_int_equal(m->place.column, 5);
    arena_free(arena);
}

static void test_what_is_not_given(void **state)
{
    struct arena *arena = arena_new();
    (void)state;

    const struct directory *directory =
        parse_fine(arena, "municipalities: [{id: '0301', name: Oslo}]\n");
    const struct municipality *m = directory->sorted[0];
    assert_string_equal(municipality_name(m, "nb"), "Oslo");
    assert_null(m->county_id);
    assert_null(m->website);
    assert_int_equal(m->language_count, 0);
    assert_int_equal(m->population, -1);
    assert_false(m->has_location);
    arena_free(arena);
}

static void test_hash_is_of_the_bytes(void **state)
{
    struct arena *arena = arena_new();
    unsigned char expected[SHA256_SIZE];
    static const char yaml[] = "municipalities: [{id: '0301', name: Oslo}]\n";
    (void)state;

    sha256(yaml, strlen(yaml), expected);
    const struct directory *directory = parse_fine(arena, yaml);
    assert_memory_equal(directory->sha256, expected, SHA256_SIZE);
    arena_free(arena);
}

/* --- what is refused -------------------------------------------------------------------------- */

struct refusal {
    const char *yaml;
    const char *expected;
};

static const struct refusal refusals[] = {
    {"[]\n", "d.yaml:1:1: the directory file must be a map, not a list\n"},
    {"text\n", "d.yaml:1:1: the directory file must be a map, not a text\n"},
    {"municipalites: []\n",
     "d.yaml:1:1: the directory file lacks 'municipalities'\n"
     "d.yaml:1:1: unknown key 'municipalites', did you mean 'municipalities'?\n"},
    {"municipalities:\n", "d.yaml:1:16: 'municipalities' has no value: write a list\n"},
    {"municipalities: []\n", "d.yaml:1:17: 'municipalities' is empty\n"},
    {"municipalities: {a: b}\n", "d.yaml:1:17: 'municipalities' must be a list, not a map\n"},
    {"municipalities:\n  - text\n  -\n",
     "d.yaml:2:5: the municipality must be a map, not a text\n"
     "d.yaml:3:4: the municipality has no value: write a map\n"},
    {"municipalities:\n  - name: Oslo\n  - id: '0301'\n",
     "d.yaml:2:5: the municipality lacks 'id'\n"
     "d.yaml:3:5: the municipality '0301' lacks 'name'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo}\n  - {id: '0302', name: A}\n  - {id: '0301', "
     "name: B}\n  - {id: '0301', name: C}\n",
     "d.yaml:4:5: the municipality '0301' is given twice, first at d.yaml:2:5\n"
     "d.yaml:5:5: the municipality '0301' is given twice, first at d.yaml:2:5\n"},
    {"municipalities:\n  - {id: , name: }\n  - {id: [1], name: [x]}\n  - {id: 'a/b', name: ''}\n  "
     "- {id: all, name: x}\n  - {id: .., name: x}\n",
     "d.yaml:2:10: 'id' has no value\n"
     "d.yaml:2:18: 'name' has no value\n"
     "d.yaml:3:10: 'id' must be a text, not a list\n"
     "d.yaml:3:21: 'name' must be a text, not a list\n"
     "d.yaml:4:10: the id 'a/b' holds something other than letters, digits, '.', '_' and '-'\n"
     "d.yaml:4:23: 'name' is empty\n"
     "d.yaml:5:10: the id 'all' is a word of select expressions: choose another id\n"
     "d.yaml:6:10: the id '..' does not begin with a letter or digit\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, nmae: x}\n",
     "d.yaml:2:30: unknown key 'nmae', did you mean 'name'?\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, populaton: 1}\n",
     "d.yaml:2:30: unknown key 'populaton', did you mean 'population'?\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, colour: red}\n",
     "d.yaml:2:30: unknown key 'colour': known are id, name, county, languages, website, phone, "
     "email, population, location, groups\n"},
    {"municipalities:\n  - {id: '0301', name: {}}\n  - {id: '0302', name: {nb: , se: [x], "
     "norwegian-language: y}}\n",
     "d.yaml:2:24: 'name' is empty\n"
     "d.yaml:3:29: the name has no value\n"
     "d.yaml:3:35: the name must be a text, not a list\n"
     "d.yaml:3:40: 'norwegian-language' is no language tag: write a BCP 47 tag such as 'nb', 'se' "
     "or 'en'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, county: '03'}\n",
     "d.yaml:2:38: 'county' must be a map, not a text\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, county: {name: Oslo}}\n",
     "d.yaml:2:38: 'county' lacks 'id'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, county: {id: '03', nam: Oslo}}\n",
     "d.yaml:2:49: unknown key 'nam', did you mean 'name'?\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, county: {id: 'o s'}}\n",
     "d.yaml:2:43: the id 'o s' holds something other than letters, digits, '.', '_' and '-'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, languages: nb}\n",
     "d.yaml:2:41: 'languages' must be a list, not a text\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, languages: []}\n",
     "d.yaml:2:41: 'languages' is empty\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, languages: [nb, NB]}\n",
     "d.yaml:2:46: 'NB' is given twice in 'languages'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, languages: [nb, norsk_bokmaal, n]}\n",
     "d.yaml:2:46: 'norsk_bokmaal' is no language tag: write a BCP 47 tag such as 'nb', 'se' or "
     "'en'\n"
     "d.yaml:2:61: 'n' is no language tag: write a BCP 47 tag such as 'nb', 'se' or 'en'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, languages: [nb, {a: b}]}\n",
     "d.yaml:2:46: an item of 'languages' must be a text, not a map\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, website: oslo.kommune.no}\n",
     "d.yaml:2:39: 'oslo.kommune.no' is no web address: write 'https://…'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, website: 'https://'}\n",
     "d.yaml:2:39: 'https://' has no valid host name: write 'https://host/…'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, website: 'ftp://x.no'}\n",
     "d.yaml:2:39: 'ftp://x.no' is no web address: write 'https://…'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, website: 'https://a b.no'}\n",
     "d.yaml:2:39: 'https://a b.no' holds a space or a character that web addresses do not have\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, website: 'https://user@x.no'}\n",
     "d.yaml:2:39: 'https://user@x.no' holds a user name: write the address without it\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, website: 'https://x.no:99999/'}\n",
     "d.yaml:2:39: 'https://x.no:99999/' has no valid host name: write 'https://host/…'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, phone: ring oss}\n",
     "d.yaml:2:37: 'ring oss' is no telephone number: write 3 to 15 digits, with spaces, '-' or a "
     "'+' before them\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, phone: '12'}\n",
     "d.yaml:2:37: '12' is no telephone number: write 3 to 15 digits, with spaces, '-' or a '+' "
     "before them\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, phone: '+47 1234 5678 9012 3456'}\n",
     "d.yaml:2:37: '+47 1234 5678 9012 3456' is no telephone number: write 3 to 15 digits, with "
     "spaces, '-' or a '+' before them\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, email: oslo}\n",
     "d.yaml:2:37: 'oslo' is no e-mail address: write 'name@host'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, email: 'a@b'}\n",
     "d.yaml:2:37: 'a@b' is no e-mail address: write 'name@host'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, email: 'a b@c.no'}\n",
     "d.yaml:2:37: 'a b@c.no' is no e-mail address: write 'name@host'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, population: -1}\n",
     "d.yaml:2:42: '-1' is no whole number from 0 to 10000000000\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, population: 1e3}\n",
     "d.yaml:2:42: '1e3' is no whole number from 0 to 10000000000\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, population: '1 000'}\n",
     "d.yaml:2:42: '1 000' is no whole number from 0 to 10000000000\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, population: 99999999999}\n",
     "d.yaml:2:42: '99999999999' is no whole number from 0 to 10000000000\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: 59.9}\n",
     "d.yaml:2:40: 'location' must be a list, not a text\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [59.9]}\n",
     "d.yaml:2:40: 'location' must hold two numbers: write [latitude, longitude]\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [91, 10]}\n",
     "d.yaml:2:41: '91' is no latitude: write a number from -90 to 90, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [59.9, 180.5]}\n",
     "d.yaml:2:47: '180.5' is no longitude: write a number from -180 to 180, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: ['59,9', 10]}\n",
     "d.yaml:2:41: '59,9' is no latitude: write a number from -90 to 90, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [1e1, 10]}\n",
     "d.yaml:2:41: '1e1' is no latitude: write a number from -90 to 90, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [59., 10]}\n",
     "d.yaml:2:41: '59.' is no latitude: write a number from -90 to 90, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [-, 10]}\n",
     "d.yaml:2:41: '-' is no latitude: write a number from -90 to 90, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, location: [nan, inf]}\n",
     "d.yaml:2:41: 'nan' is no latitude: write a number from -90 to 90, such as '59.91'\n"
     "d.yaml:2:46: 'inf' is no longitude: write a number from -180 to 180, such as '59.91'\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, groups: coast}\n",
     "d.yaml:2:38: 'groups' must be a list, not a text\n"},
    {"municipalities:\n  - {id: '0301', name: Oslo, groups: [coast, coast]}\n",
     "d.yaml:2:46: 'coast' is given twice in 'groups'\n"},
};

static void test_refusals(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct arena *arena = arena_new();
        struct problems problems;
        struct directory *directory;
        problems_init(&problems, arena);
        int result = directory_parse(arena, "d.yaml", refusals[i].yaml, strlen(refusals[i].yaml),
                                     &problems, &directory);
        assert_string_equal(problem_lines(arena, &problems), refusals[i].expected);
        assert_int_equal(result, -1);
        assert_null(directory);
        arena_free(arena);
    }
}

static void test_missing_file(void **state)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct directory *directory;
    struct error error = {.kind = ERROR_NONE};
    (void)state;

    problems_init(&problems, arena);
    assert_int_equal(directory_load(arena, "/nowhere/d.yaml", &problems, &directory, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_string_equal(error.message, "cannot read '/nowhere/d.yaml': no such file or directory");
    assert_int_equal(problems.count, 0);
    assert_null(directory);
    arena_free(arena);
}

/* 16,000 municipalities are near what the limits of one file allow; the last one repeats an id. */
static void test_many(void **state)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct directory *directory;
    struct text yaml;
    (void)state;

    text_init(&yaml, 8 * 1024 * 1024);
    text_add(&yaml, "municipalities:\n");
    for (unsigned i = 0; i < 16000; i++)
        text_addf(&yaml, "  - {id: m%05u, name: n}\n", i * 7919 % 16000);
    const struct directory *fine = parse_fine(arena, yaml.bytes);
    assert_int_equal(fine->count, 16000);
    assert_string_equal(fine->items[1].id, "m07919");
    assert_string_equal(fine->sorted[1]->id, "m00001");

    text_add(&yaml, "  - {id: m07919, name: n}\n");
    problems_init(&problems, arena);
    assert_int_equal(
        directory_parse(arena, "d.yaml", yaml.bytes, yaml.length, &problems, &directory), -1);
    assert_string_equal(
        problem_lines(arena, &problems),
        "d.yaml:16002:5: the municipality 'm07919' is given twice, first at d.yaml:3:5\n");
    text_release(&yaml);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),           cmocka_unit_test(test_what_is_not_given),
        cmocka_unit_test(test_hash_is_of_the_bytes), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_missing_file),         cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

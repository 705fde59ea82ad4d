#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"
#include "plan/reader.h"

#include "problem_lines.h"
#include "property.h"

struct reading {
    struct arena *arena;
    struct problems problems;
    struct yaml_document *documents;
    size_t count;
    int result;
};

static void read_sized(struct reading *reading, const char *bytes, size_t size,
                       const struct reader_limits *limits)
{
    reading->arena = arena_new();
    problems_init(&reading->problems, reading->arena);
    reading->result = reader_parse(reading->arena, "f", bytes, size, limits, &reading->problems,
                                   &reading->documents, &reading->count);
}

static const struct node *read_one(struct reading *reading, const char *yaml)
{
    read_sized(reading, yaml, strlen(yaml), &reader_plan_limits);
    assert_string_equal(problem_lines(reading->arena, &reading->problems), "");
    assert_int_equal(reading->result, 0);
    assert_int_equal(reading->count, 1);
    return reading->documents[0].root;
}

/* --- what is read ----------------------------------------------------------------------------- */

static void test_scalars_are_text(void **state)
{
    static const char *const texts[] = {"no",  "0301", "1e3",   "2026-01-01", "true", "0x1F",
                                        "1_0", ".inf", "12:30", "=",          "null"};
    (void)state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading reading;
        const struct node *root = read_one(&reading, texts[i]);
        assert_int_equal(node_kind(root), NODE_TEXT);
        assert_string_equal(node_text(root), texts[i]);
        assert_false(node_is_missing(root));
        arena_free(reading.arena);
    }
}

static void test_tree_keeps_order_and_places(void **state)
{
    struct reading reading;
    (void)state;

    const struct node *root = read_one(&reading, "z: 1\n"
                                                 "a:\n"
                                                 "  - æøå\n"
                                                 "  - {é: x, k: [y]}\n");
    assert_int_equal(node_kind(root), NODE_MAP);
    assert_int_equal(node_count(root), 2);
    assert_string_equal(node_key(root, 0), "z");
    assert_string_equal(node_key(root, 1), "a");
    assert_int_equal(node_key_place(root, 1).line, 2);
    const struct node *list = node_find(root, "a");
    assert_int_equal(node_kind(list), NODE_LIST);
    assert_int_equal(node_count(list), 2);
    assert_string_equal(node_text(node_value(list, 0)), "æøå");
    const struct node *map = node_value(list, 1);
    assert_int_equal(node_place(map).line, 4);
    assert_int_equal(node_place(map).column, 5);
    assert_string_equal(node_place(map).file, "f");
    assert_int_equal(node_place(node_find(map, "k")).column, 15); /* code points, not bytes */
    assert_null(node_find(map, "none"));
    assert_null(node_find(list, "k"));
    assert_null(node_find(node_find(root, "z"), "k"));
    assert_int_equal(node_count(node_find(root, "z")), 0);
    assert_string_equal(node_text(map), "");
    arena_free(reading.arena);
}

static void test_missing_value_is_not_empty_text(void **state)
{
    struct reading reading;
    (void)state;

    const struct node *root = read_one(&reading, "a:\nb: ''\nc: \"\"\nd: ~\n");
    assert_true(node_is_missing(node_find(root, "a")));
    assert_string_equal(node_text(node_find(root, "a")), "");
    assert_false(node_is_missing(node_find(root, "b")));
    assert_false(node_is_missing(node_find(root, "c")));
    assert_string_equal(node_text(node_find(root, "d")), "~");
    arena_free(reading.arena);
}

static void test_byte_order_mark_and_line_ends(void **state)
{
    struct reading reading;
    (void)state;

    const struct node *root = read_one(&reading, "\xEF\xBB\xBF"
                                                 "a: |\r\n  one\r\n  two\r\nb: x\r\n");
    assert_string_equal(node_text(node_find(root, "a")), "one\ntwo\n");
    assert_int_equal(node_key_place(root, 0).column, 1);
    assert_int_equal(node_key_place(root, 1).line, 4);
    arena_free(reading.arena);
}

static void test_alias_is_the_same_node(void **state)
{
    struct reading reading;
    (void)state;

    const struct node *root = read_one(&reading, "a: &x [1, 2]\nb: *x\nc: &x three\nd: *x\n");
    assert_ptr_equal(node_find(root, "a"), node_find(root, "b"));
    assert_string_equal(node_text(node_find(root, "d")), "three");
    arena_free(reading.arena);
}

static void test_standard_tags_are_fine(void **state)
{
    struct reading reading;
    (void)state;

    const struct node *root = read_one(&reading, "!!map\na: !!str 1\nb: !!seq [x]\nd: !!map {}\n");
    assert_string_equal(node_text(node_find(root, "a")), "1");
    assert_int_equal(node_count(node_find(root, "d")), 0);
    arena_free(reading.arena);
}

static void test_many_keys_are_found(void **state)
{
    struct reading reading;
    struct text yaml;
    (void)state;

    text_init(&yaml, YAML_SIZE_MAX_BYTES);
    for (unsigned i = 0; i < 40000; i++)
        text_addf(&yaml, "k%u: v%u\n", i * 7919 % 40000, i);
    const struct node *root = read_one(&reading, yaml.bytes);
    assert_int_equal(node_count(root), 40000);
    assert_string_equal(node_key(root, 1), "k7919");
    assert_string_equal(node_text(node_find(root, "k7919")), "v1");
    assert_null(node_find(root, "k40000"));
    text_release(&yaml);
    arena_free(reading.arena);
}

static void test_several_documents(void **state)
{
    static const char yaml[] = "a: &x 1\n---\nb: 2\n...\n---\n- c\n";
    struct reading reading;
    (void)state;

    read_sized(&reading, yaml, strlen(yaml), &reader_registration_limits);
    assert_int_equal(reading.result, 0);
    assert_int_equal(reading.count, 3);
    assert_string_equal(node_text(node_find(reading.documents[1].root, "b")), "2");
    assert_int_equal(node_kind(reading.documents[2].root), NODE_LIST);
    arena_free(reading.arena);
}

/* --- what is refused -------------------------------------------------------------------------- */

struct refusal {
    const char *yaml;
    const char *expected;
};

static const struct refusal refusals[] = {
    {"", "f:0:0: the file is empty\n"},
    {"# only a comment\n", "f:0:0: the file is empty\n"},
    {"---\n", "f:2:1: the document is empty\n"},
    {"\n\n  \n", "f:0:0: the file is empty\n"},
    {"a: 1\n---\nb: 2\n",
     "f:2:1: a second document begins here: only one is expected, remove '---'\n"},
    {"title: \xE6\xF8\xE5\n", "f:1:8: byte 0xE6 is not UTF-8: save the file as UTF-8\n"},
    {"a: b\nc: \xC3\xA6\xED\xA0\x80\n", "f:2:5: byte 0xED is not UTF-8: save the file as UTF-8\n"},
    {"\xFF\xFE"
     "a\x00:\x00",
     "f:1:1: byte 0xFF is not UTF-8: the file is UTF-16, save it as UTF-8\n"},
    {"a: b\x07"
     "c\n",
     "f:1:5: the character U+0007 is not allowed: remove it\n"},
    {"a: x\xE2\x80\xAEy\nb: z\xE2\x81\xA6\n",
     "f:1:5: the character U+202E is not allowed: it changes the order in which text is shown; "
     "remove it\n"
     "f:2:5: the character U+2066 is not allowed: it changes the order in which text is shown; "
     "remove it\n"},
    {"# \xE2\x80\xAE\na: 1\n", "f:1:3: the character U+202E is not allowed: it changes the order "
                               "in which text is shown; remove it\n"},
    {"a: b\xE2\x80\xA8"
     "c\n",
     "f:1:5: the character U+2028 is not allowed: use a line break\n"},
    {"a: b\xEF\xBB\xBF"
     "c\n",
     "f:1:5: the character U+FEFF is not allowed: remove it\n"},
    {"a: b\x7F\n", "f:1:5: the character U+007F is not allowed: remove it\n"},
    {"a: \"x\\u202Ey\"\n", "f:1:4: an escape in this text stands for the character U+202E, which "
                           "is not allowed: remove it\n"},
    {"a: \"\\0\"\n", "f:1:4: an escape in this text stands for the character U+0000, which is not "
                     "allowed: remove it\n"},
    {"a: \"x\\ry\"\n", "f:1:4: an escape in this text stands for the character U+000D, which is "
                       "not allowed: remove it\n"},
    {"a: 1\nb: 2\na: 3\nb: 4\na: 5\n", "f:3:1: duplicate key 'a', first given on line 1\n"
                                       "f:4:1: duplicate key 'b', first given on line 2\n"
                                       "f:5:1: duplicate key 'a', first given on line 1\n"},
    {"m: {x: 1, 'x': 2}\n", "f:1:11: duplicate key 'x', first given on line 1\n"},
    {"a: &x [1, *x]\n", "f:1:11: the anchor '&x' refers to itself\n"},
    {"&r\na: *r\n", "f:2:4: the anchor '&r' refers to itself\n"},
    {"a: *nobody\n", "f:1:4: the alias '*nobody' names no anchor ('&nobody') before it\n"},
    {"a: !!int 1\n",
     "f:1:4: the tag '!!int' is not allowed: every value is read as the text that is written\n"},
    {"a: !custom {b: c}\n",
     "f:1:4: the tag '!custom' is not allowed: every value is read as the text that is written\n"},
    {"a: !!map text\n",
     "f:1:4: the tag '!!map' is not allowed: every value is read as the text that is written\n"},
    {"a: !!set {x: }\n",
     "f:1:4: the tag '!!set' is not allowed: every value is read as the text that is written\n"},
    {"? [a, b]\n: c\nd: e\nd: f\n", "f:1:3: a key must be a text, not a list: put it in quotes\n"
                                    "f:4:1: duplicate key 'd', first given on line 3\n"},
    {"? {a: b}\n: c\n", "f:1:3: a key must be a text, not a map: put it in quotes\n"},
    {"&k a: 1\n*k : 2\n", "f:2:1: a key must be written out, not be an alias ('*…')\n"},
    {": 1\n", "f:1:1: no key begins here: a quote is closed too early, or the indentation does not "
              "fit the map that began on line 1\n"},
    {"'': 1\n", "f:1:1: a key is missing before ':'\n"},
    {"b: &b {x: 1}\nc:\n  <<: *b\n  y: 2\n",
     "f:3:3: merge keys ('<<') are not supported: write the keys out\n"},
    {"a: 'x\nb: 1\n", "f:1:4: the text in quotes that begins here is not closed\n"},
    {"a: \"x\nb: 1\n", "f:1:4: the text in quotes that begins here is not closed\n"},
    {"a: \"\\q\"\n", "f:1:5: unknown escape after '\\' in double quotes: write '\\\\' for a "
                     "backslash, or use single quotes\n"},
    {"a: \"\\u12g4\"\n", "f:1:7: hexadecimal digits are missing after the escape\n"},
    {"a: \"\\ud800\"\n", "f:1:7: the escape names no Unicode character\n"},
    {"a:\n\tb: 1\n", "f:2:1: a tab in the indentation: indent with spaces\n"},
    {"a: @x\n", "f:1:4: a value cannot begin with this character: put the text in quotes\n"},
    {"a: %x\n", "f:1:4: a value cannot begin with this character: put the text in quotes\n"},
    {"a: b: c\n",
     "f:1:5: a ':' does not belong here: put the text in quotes, or correct the indentation\n"},
    {"a: [1, 2\nb: 3\n", "f:2:2: ',' or ']' is missing in the list that began on line 1\n"},
    {"a: {x: 1\nb: 3\n", "f:2:2: ',' or '}' is missing in the map that began on line 1\n"},
    {"a: 1\n  b: 2\n",
     "f:2:4: a ':' does not belong here: put the text in quotes, or correct the indentation\n"},
    {"  a: 1\nb: 2\n",
     "f:2:1: this does not belong to what stands above: correct the indentation\n"},
    {"- a\nb: 1\n",
     "f:2:1: '-' is expected here, or another indentation, in the list that began on line 1\n"},
    {"a: 1\n- b\n", "f:2:1: no key begins here: a quote is closed too early, or the indentation "
                    "does not fit the map that began on line 1\n"},
    {"a: - b\n", "f:1:4: a list item ('-') does not belong here: begin the list on a new line\n"},
    {"a: |x\n  y\n",
     "f:1:5: nothing may follow '|' or '>' on the same line: begin the text on the next line\n"},
    {"a: |0\n  y\n", "f:1:5: the number after '|' or '>' must be 1 to 9\n"},
    {"a: &\n", "f:1:5: a name is missing after '&' or '*': put the text in quotes\n"},
    {"a\nb: 1\n",
     "f:2:2: a ':' does not belong here: put the text in quotes, or correct the indentation\n"},
    {"a: 'x' y\n", "f:1:8: no key begins here: a quote is closed too early, or the indentation "
                   "does not fit the map that began on line 1\n"},
    {"a: x\n'b\n", "f:2:1: the text in quotes that begins here is not closed\n"},
    {"%YAML 2.0\n---\na: 1\n", "f:1:1: only YAML 1.1 and 1.2 can be read\n"},
    {"%FOO bar\na: 1\n", "f:1:1: a line cannot begin with '%' here\n"},
    {"a: !e!x y\n", "f:1:4: tags ('!…') are not used: put the text in quotes\n"},
    {"a: ]\n", "f:1:4: a value is expected here: put the text in quotes\n"},
    {"a: >\n\t x\n", "f:2:1: a tab in the indentation: indent with spaces\n"},
    {"a: }\n", "f:1:4: a value is expected here: put the text in quotes\n"},
    {"a: ,\n", "f:1:4: a value is expected here: put the text in quotes\n"},
    {"text\n...\nmore\n",
     "f:3:1: this does not belong to what stands above: correct the indentation\n"},
    {"a: ? b\n", "f:1:4: a key does not belong here: correct the indentation\n"},
    {"{a: 1, b}: [\n", "f:1:1: a key must be a text, not a map: put it in quotes\n"
                       "f:2:1: a value is expected here: put the text in quotes\n"},
    {"a: [x: y: z]\n", "f:1:9: ',' or ']' is missing in the list that began on line 1\n"},
    {"a: ! <x\n",
     "f:1:4: the tag '!' is not allowed: every value is read as the text that is written\n"},
};

static void test_refusals(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct reading reading;
        read_sized(&reading, refusals[i].yaml, strlen(refusals[i].yaml), &reader_plan_limits);
        assert_string_equal(problem_lines(reading.arena, &reading.problems), refusals[i].expected);
        assert_int_equal(reading.result, -1);
        assert_null(reading.documents);
        assert_int_equal(reading.count, 0);
        arena_free(reading.arena);
    }
}

static void expect_refusal(const char *bytes, size_t size, const struct reader_limits *limits,
                           const char *expected)
{
    struct reading reading;

    read_sized(&reading, bytes, size, limits);
    assert_string_equal(problem_lines(reading.arena, &reading.problems), expected);
    assert_int_equal(reading.result, -1);
    arena_free(reading.arena);
}

static void test_nul_byte(void **state)
{
    (void)state;
    expect_refusal("a: b\0c\n", 7, &reader_plan_limits,
                   "f:1:5: the character U+0000 is not allowed: remove it\n");
}

static void test_anchors_do_not_reach_other_documents(void **state)
{
    static const char yaml[] = "a: &x 1\n---\nb: *x\n";
    (void)state;
    expect_refusal(yaml, strlen(yaml), &reader_registration_limits,
                   "f:3:4: the alias '*x' names no anchor ('&x') before it\n");
}

static void test_same_errors_twice(void **state)
{
    static const char yaml[] = "a: 1\na: 2\n";
    struct reading reading;
    (void)state;

    read_sized(&reading, yaml, strlen(yaml), &reader_plan_limits);
    assert_int_equal(reader_parse(reading.arena, "f", yaml, strlen(yaml), &reader_plan_limits,
                                  &reading.problems, &reading.documents, &reading.count),
                     -1);
    assert_null(reading.documents);
    assert_int_equal(reading.problems.count, 1);
    arena_free(reading.arena);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_size_limit(void **state)
{
    struct text yaml;
    struct reading reading;
    (void)state;

    text_init(&yaml, YAML_SIZE_MAX_BYTES + 16);
    text_add(&yaml, "a: 1\n#");
    while (yaml.length < YAML_SIZE_MAX_BYTES)
        text_add_char(&yaml, '#');
    read_sized(&reading, yaml.bytes, yaml.length, &reader_plan_limits);
    assert_int_equal(reading.result, 0);
    arena_free(reading.arena);
    text_add_char(&yaml, '#');
    expect_refusal(yaml.bytes, yaml.length, &reader_plan_limits, "f:0:0: larger than 8 MiB\n");
    text_release(&yaml);
}

/* depth lists around a text. */
static void nest(struct text *yaml, size_t depth)
{
    text_init(yaml, 1024 * 1024);
    for (size_t i = 0; i < depth; i++)
        text_add_char(yaml, '[');
    text_add_char(yaml, 'x');
    for (size_t i = 0; i < depth; i++)
        text_add_char(yaml, ']');
}

static void test_depth_limit(void **state)
{
    struct text yaml;
    struct reading reading;
    (void)state;

    nest(&yaml, YAML_DEPTH_MAX);
    read_sized(&reading, yaml.bytes, yaml.length, &reader_plan_limits);
    assert_int_equal(reading.result, 0);
    arena_free(reading.arena);
    text_release(&yaml);
    nest(&yaml, YAML_DEPTH_MAX + 1);
    expect_refusal(yaml.bytes, yaml.length, &reader_plan_limits, "f:1:33: more than 32 levels\n");
    text_release(&yaml);
    nest(&yaml, 200000);
    expect_refusal(yaml.bytes, yaml.length, &reader_plan_limits, "f:1:33: more than 32 levels\n");
    text_release(&yaml);
}

static void test_depth_counts_aliases(void **state)
{
    static const char yaml[] = "a: &x [[[1]]]\nb: [*x]\n";
    struct reader_limits limits = reader_plan_limits;
    struct reading reading;
    (void)state;

    limits.depth_max = 5;
    read_sized(&reading, yaml, strlen(yaml), &limits);
    assert_int_equal(reading.result, 0);
    arena_free(reading.arena);
    limits.depth_max = 4;
    expect_refusal(yaml, strlen(yaml), &limits, "f:2:5: more than 4 levels\n");
}

static void test_node_limit(void **state)
{
    static const char yaml[] = "a: [1, 2]\nb: x\n"; /* map, 2 keys, list, 2 items, text: 7 */
    struct reader_limits limits = reader_plan_limits;
    struct reading reading;
    (void)state;

    limits.nodes_max = 7;
    read_sized(&reading, yaml, strlen(yaml), &limits);
    assert_int_equal(reading.result, 0);
    arena_free(reading.arena);
    limits.nodes_max = 6;
    expect_refusal(yaml, strlen(yaml), &limits,
                   "f:2:4: more than 6 values (aliases count as what they stand for)\n");
}

static void test_alias_bomb(void **state)
{
    struct text yaml;
    (void)state;

    text_init(&yaml, 64 * 1024);
    text_add(&yaml, "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int level = 1; level < 20; level++) {
        text_addf(&yaml, "l%d: &l%d [", level, level);
        for (int i = 0; i < 10; i++)
            text_addf(&yaml, "%s*l%d", i ? ", " : "", level - 1);
        text_add(&yaml, "]\n");
    }
    expect_refusal(yaml.bytes, yaml.length, &reader_plan_limits,
                   "f:5:45: more than 100000 values (aliases count as what they stand for)\n");
    text_release(&yaml);
}

static void test_anchor_limit(void **state)
{
    struct text yaml;
    (void)state;

    text_init(&yaml, 64 * 1024);
    for (int i = 0; i <= 1000; i++)
        text_addf(&yaml, "- &a%d x\n", i);
    expect_refusal(yaml.bytes, yaml.length, &reader_plan_limits,
                   "f:1001:3: more than 1000 anchors ('&…')\n");
    text_release(&yaml);
}

/* Whatever the bytes, the reader ends with documents or with problems. */
static void test_random_bytes(void **state)
{
    static const char alphabet[] = "ab: -\n\t[]{},&*!|>'\"%@`#?~<\\x0\xC3\xA6\xFF";
    uint64_t seed = 20260722;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        char bytes[64];
        size_t size = property_below(&seed, sizeof(bytes));
        for (size_t i = 0; i < size; i++)
            bytes[i] = alphabet[property_below(&seed, sizeof(alphabet))];
        struct reading reading;
        read_sized(&reading, bytes, size, &reader_registration_limits);
        assert_int_equal(reading.result == 0, reading.problems.error_count == 0);
        assert_int_equal(reading.result == 0, reading.count > 0);
        arena_free(reading.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars_are_text),
        cmocka_unit_test(test_tree_keeps_order_and_places),
        cmocka_unit_test(test_missing_value_is_not_empty_text),
        cmocka_unit_test(test_byte_order_mark_and_line_ends),
        cmocka_unit_test(test_alias_is_the_same_node),
        cmocka_unit_test(test_standard_tags_are_fine),
        cmocka_unit_test(test_many_keys_are_found),
        cmocka_unit_test(test_several_documents),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_nul_byte),
        cmocka_unit_test(test_anchors_do_not_reach_other_documents),
        cmocka_unit_test(test_same_errors_twice),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_depth_limit),
        cmocka_unit_test(test_depth_counts_aliases),
        cmocka_unit_test(test_node_limit),
        cmocka_unit_test(test_alias_bomb),
        cmocka_unit_test(test_anchor_limit),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

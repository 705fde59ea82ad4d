#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "wire/json.h"
#include "wire/json_string.h"

#include "property.h"

static struct json *parse(const char *string)
{
    return json_parse(string, strlen(string));
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "null",
        "1",
        "\"a\"",
        "{",
        "{\"a\":1",
        "{\"a\":1}x",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1e999}",
        "[1,]",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\xff\"}",
        "[NaN]",
        "// c\n{}",
        "{\"a\":99999999999999999999}",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *root = parse(cases[i]);
        if (root)
            print_error("taken: %s\n", cases[i]);
        assert_null(root);
    }
}

static void limits_depth(void **state)
{
    (void)state;
    char deep[2 * JSON_DEPTH_MAX + 3];
    for (size_t levels = JSON_DEPTH_MAX; levels <= JSON_DEPTH_MAX + 1; levels++) {
        memset(deep, '[', levels);
        memset(deep + levels, ']', levels);
        struct json *root = json_parse(deep, 2 * levels);
        assert_int_equal(root != NULL, levels == JSON_DEPTH_MAX);
        json_free(root);
    }
    /* Brackets in a string are no levels. */
    char flat[4 + 200 + 1] = "[\"";
    memset(flat + 2, '[', 200);
    memcpy(flat + 202, "\"]", 3);
    struct json *root = parse(flat);
    assert_non_null(root);
    json_free(root);
}

static void limits_size(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, JSON_SIZE_MAX_BYTES + 10);
    text_add(&text, "[]");
    while (text.length < JSON_SIZE_MAX_BYTES)
        text_add_char(&text, ' ');
    struct json *root = json_parse(text.bytes, text.length);
    assert_non_null(root);
    json_free(root);
    text_add_char(&text, ' ');
    assert_null(json_parse(text.bytes, text.length));
    text_release(&text);
}

static void walks_paths(void **state)
{
    (void)state;
    struct json *root =
        parse("{\"data\":{\"id\":\"1\",\"ok\":true,\"no\":false,\"list\":[\"a\",{}]}}");
    assert_string_equal(json_text(root, "data", "id", NULL), "1");
    assert_null(json_text(root, "data", NULL));
    assert_null(json_text(root, "data", "id", "more", NULL));
    assert_null(json_text(root, "nothing", "id", NULL));
    assert_null(json_text(NULL, "data", NULL));
    assert_true(json_is_true(root, "data", "ok", NULL));
    assert_false(json_is_true(root, "data", "id", NULL));
    assert_true(json_is_false(root, "data", "no", NULL));
    assert_false(json_is_false(root, "data", "missing", NULL));
    assert_true(json_is_object(json_get(root, "data", NULL)));
    const struct json *list = json_get(root, "data", "list", NULL);
    assert_true(json_is_array(list));
    assert_int_equal(json_count(list), 2);
    assert_string_equal(json_text(json_item(list, 0), NULL), "a");
    assert_null(json_item(list, 2));
    assert_int_equal(json_count(root), 0);
    assert_int_equal(json_count(NULL), 0);
    json_free(root);
}

static void keeps_ids_exact(void **state)
{
    (void)state;
    struct json *root = parse("{\"text\":\"9007199254740993\",\"whole\":9223372036854775807,"
                              "\"negative\":-1,\"real\":1.0,\"big\":1e18,\"empty\":\"\"}");
    char id[20];
    assert_true(json_id(root, id, sizeof(id), "text", NULL));
    assert_string_equal(id, "9007199254740993");
    assert_true(json_id(root, id, sizeof(id), "whole", NULL));
    assert_string_equal(id, "9223372036854775807");
    assert_true(json_id(root, id, sizeof(id), "negative", NULL));
    assert_string_equal(id, "-1");
    assert_false(json_id(root, id, sizeof(id), "real", NULL));
    assert_false(json_id(root, id, sizeof(id), "big", NULL));
    assert_false(json_id(root, id, sizeof(id), "empty", NULL));
    assert_false(json_id(root, id, sizeof(id), "missing", NULL));
    char small[16];
    assert_false(json_id(root, small, sizeof(small), "text", NULL));
    json_free(root);
}

static void reads_numbers(void **state)
{
    (void)state;
    struct json *root = parse("{\"n\":190,\"s\":\"190\",\"m\":\"-7\",\"bad\":\"19x\",\"none\":\"\","
                              "\"long\":\"1234567890123456789\",\"real\":1.5}");
    int64_t whole = 0;
    double number = 0;
    assert_true(json_whole(root, &whole, "n", NULL) && whole == 190);
    assert_true(json_whole(root, &whole, "s", NULL) && whole == 190);
    assert_true(json_whole(root, &whole, "m", NULL) && whole == -7);
    assert_false(json_whole(root, &whole, "bad", NULL));
    assert_false(json_whole(root, &whole, "none", NULL));
    assert_false(json_whole(root, &whole, "long", NULL));
    assert_false(json_whole(root, &whole, "real", NULL));
    assert_true(json_number(root, &number, "real", NULL) && number > 1.4 && number < 1.6);
    assert_true(json_number(root, &number, "n", NULL));
    assert_false(json_number(root, &number, "s", NULL));
    json_free(root);
}

static void walks_members(void **state)
{
    (void)state;
    struct json *root = parse("{\"a\":[1],\"b\":[2,3]}");
    void *cursor = NULL;
    const struct json *value = NULL;
    size_t members = 0, items = 0;
    while (json_next(root, &cursor, &value)) {
        members++;
        items += json_count(value);
    }
    assert_int_equal(members, 2);
    assert_int_equal(items, 3);
    json_free(root);

    root = parse("[1]");
    cursor = NULL;
    assert_false(json_next(root, &cursor, &value));
    json_free(root);
    cursor = NULL;
    assert_false(json_next(NULL, &cursor, &value));
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    static const char tricky[] = "\"\\/\b\f\n\r\t\x01\x7f æ 🚨 </script>";
    struct text text;
    text_init(&text, 1024);
    text_add_char(&text, '{');
    json_add_member(&text, "a", tricky);
    json_add_name(&text, "list");
    text_add_char(&text, '[');
    json_add_string(&text, "1");
    json_add_string(&text, "");
    text_add(&text, "]");
    json_add_member(&text, "na\"me", "x");
    text_add_char(&text, '}');
    assert_false(text.overflowed);
    struct json *root = json_parse(text.bytes, text.length);
    assert_non_null(root);
    assert_string_equal(json_text(root, "a", NULL), tricky);
    assert_string_equal(json_text(root, "na\"me", NULL), "x");
    assert_int_equal(json_count(json_get(root, "list", NULL)), 2);
    json_free(root);
    text_release(&text);
}

/* What is written is taken again as it was, and where a string ends is told. */
static void takes_the_strings_that_it_writes(void **state)
{
    (void)state;
    static const char *const letters[] = {"a", "\"", "\\", "\n", "ø", "🌊", " ", "/", "n", "u0041"};
    struct arena *arena = arena_new();
    uint64_t random = 20110722;

    for (int round = 0; round < 500; round++) {
        struct text string, json;
        text_init(&string, 1000);
        text_init(&json, 10000);
        for (size_t left = property_below(&random, 30); left > 0; left--)
            text_add(&string, letters[property_below(&random, sizeof(letters) / sizeof(*letters))]);
        json_add_string(&json, string.bytes);
        json_add_string(&json, "next");
        const char *at = json.bytes;
        assert_string_equal(json_take_string(&at, arena), string.bytes);
        assert_string_equal(at, ",\"next\"");
        text_release(&string);
        text_release(&json);
    }
    arena_free(arena);
}

/* What is written in another way is left to the whole reader, and so is what is no string. */
static void takes_no_other_strings(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",          "a",        "\"",        "\"a",
        "\"\\",      "\"\\\"",   "\"a\nb\"",  "\"a\\u0041\"",
        "\"a\\tb\"", "\"a\\/\"", "\"a\xff\"", "\"a\xc3\"",
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const char *at = others[i];
        assert_null(json_take_string(&at, arena));
        assert_ptr_equal(at, others[i]);
    }
    arena_free(arena);
}

/* Long strings are looked through several bytes at a time. */
static void escapes_wherever_it_stands(void **state)
{
    (void)state;
    enum { LENGTH = 20 };

    for (int byte = 1; byte < 0x80; byte++)
        for (size_t at = 0; at < LENGTH; at++) {
            char string[LENGTH + 1] = "abcdefghijklmnopqrst", expected[8];
            struct text text;
            string[at] = (char)byte;
            text_init(&text, 100);
            text_add_char(&text, '[');
            json_add_string(&text, string);
            text_add_char(&text, ']');
            struct json *root = parse(text.bytes);
            assert_string_equal(json_text(json_item(root, 0), NULL), string);
            (void)snprintf(expected, sizeof(expected), "\\u%04x", (unsigned)byte);
            bool is_control = (byte < 0x20 && byte != '\n') || byte == 0x7f;
            assert_int_equal(strstr(text.bytes, expected) != NULL, is_control);
            json_free(root);
            text_release(&text);
        }
}

static void refuses_to_write_what_is_not_utf8(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 1024);
    json_add_string(&text, "a\xff");
    assert_true(text.overflowed);
    text_release(&text);
}

static void an_object_is_scanned_by_its_quotes_and_brackets(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool is_object;
        const char *kind, *sent;
    } cases[] = {
        {"{\"kind\":\"alert\",\"sent\":\"now\"}", true, "alert", "now"},
        {" { \"kind\" : \"a\" , \"x\" : [ { \"sent\" : \"inner\" } ] } \n", true, "a", ""},
        {"{\"x\":\"kind\",\"y\":\"\\\"}{\",\"sent\":\"n\"}", true, "", "n"},
        {"{\"kind\":7,\"sent\":null}", true, "", ""},
        {"{\"kind\":\"a\\u0062\",\"sent\":\"\"}", true, "", ""},
        {"{\"kind\":\"longer than it may be\"}", true, "", ""},
        {"{\"kin\\u0064\":\"a\"}", true, "", ""},
        {"{}", true, "", ""},
        {"{\"kind\":\"a\"", false, "a", ""},
        {"{\"kind\":\"a", false, "", ""},
        {"{\"kind\":\"a\\", false, "", ""},
        {"{\"kind", false, "", ""},
        {"{} {}", false, "", ""},
        {"[\"kind\"]", false, "", ""},
        {"\"{}\"", false, "", ""},
        {"", false, "", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char kind[8] = "", sent[8] = "";
        const struct json_wanted wanted[] = {{"kind", kind, sizeof(kind)},
                                             {"sent", sent, sizeof(sent)}};
        assert_int_equal(json_object_scan(cases[i].json, wanted, 2), cases[i].is_object);
        assert_string_equal(kind, cases[i].kind);
        assert_string_equal(sent, cases[i].sent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(limits_size),
        cmocka_unit_test(walks_paths),
        cmocka_unit_test(keeps_ids_exact),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(walks_members),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(takes_the_strings_that_it_writes),
        cmocka_unit_test(takes_no_other_strings),
        cmocka_unit_test(escapes_wherever_it_stands),
        cmocka_unit_test(refuses_to_write_what_is_not_utf8),
        cmocka_unit_test(an_object_is_scanned_by_its_quotes_and_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

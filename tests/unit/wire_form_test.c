#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "property.h"
#include "wire/form.h"

static void encodes_as_rfc3986(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *encoded;
    } cases[] = {
        {"Ladies + Gentlemen", "Ladies%20%2B%20Gentlemen"},
        {"An encoded string!", "An%20encoded%20string%21"},
        {"Dogs, Cats & Mice", "Dogs%2C%20Cats%20%26%20Mice"},
        {"\xe2\x98\x83", "%E2%98%83"},
        {"abcXYZ019-._~", "abcXYZ019-._~"},
        {"a/b?c=d#e", "a%2Fb%3Fc%3Dd%23e"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        text_init(&text, 256);
        percent_add(&text, cases[i].plain);
        assert_string_equal(text.bytes, cases[i].encoded);
        text_release(&text);
    }
}

static void decodes(void **state)
{
    (void)state;
    static const struct {
        const char *encoded;
        bool is_form;
        const char *plain; /* NULL: refused */
    } cases[] = {
        {"a%20b", false, "a b"}, {"a+b", false, "a+b"}, {"a+b", true, "a b"}, {"%c3%A5", true, "å"},
        {"%", false, NULL},      {"%4", false, NULL},   {"a%4", false, NULL}, {"%zz", false, NULL},
        {"%00", false, NULL},    {"%41", false, "A"},   {"", false, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        text_init(&text, 256);
        text_add(&text, ">");
        bool is_decoded =
            percent_decode(&text, cases[i].encoded, strlen(cases[i].encoded), cases[i].is_form);
        assert_int_equal(is_decoded, cases[i].plain != NULL);
        assert_string_equal(text.bytes + 1, cases[i].plain ? cases[i].plain : "");
        text_release(&text);
    }
}

static void decodes_what_it_encoded(void **state)
{
    (void)state;
    uint64_t seed = 20261120;
    for (int round = 0; round < 2000; round++) {
        char plain[64];
        size_t length = (size_t)property_below(&seed, sizeof(plain) - 1);
        for (size_t i = 0; i < length; i++)
            plain[i] = (char)(unsigned char)(1 + property_below(&seed, 255));
        plain[length] = '\0';
        struct text encoded, decoded;
        text_init(&encoded, 3 * sizeof(plain));
        text_init(&decoded, sizeof(plain));
        percent_add(&encoded, plain);
        assert_true(percent_decode(&decoded, encoded.bytes, encoded.length, true));
        assert_string_equal(decoded.bytes, plain);
        text_release(&decoded);
        text_release(&encoded);
    }
}

static void builds_forms_and_queries(void **state)
{
    (void)state;
    struct text text;
    text_init(&text, 256);
    form_add(&text, "message", "Hei & hå");
    form_add(&text, "a=b", "");
    assert_string_equal(text.bytes, "message=Hei%20%26%20h%C3%A5&a%3Db=");
    text_reset(&text);
    text_add(&text, "https://example.no/a");
    query_add(&text, "fields", "id,name");
    query_add(&text, "limit", "5");
    assert_string_equal(text.bytes, "https://example.no/a?fields=id%2Cname&limit=5");
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_as_rfc3986),
        cmocka_unit_test(decodes),
        cmocka_unit_test(decodes_what_it_encoded),
        cmocka_unit_test(builds_forms_and_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

#include "property.h"

enum { CODE_POINT_MAX = 0x10FFFF };

static bool is_scalar_value(uint32_t code_point)
{
    return code_point <= CODE_POINT_MAX && !(code_point >= 0xD800 && code_point <= 0xDFFF);
}

/* The table of RFC 3629, section 3. */
static size_t size_of(uint32_t code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

static void every_code_point_goes_round(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= CODE_POINT_MAX + 100; code_point++) {
        char bytes[4];
        size_t size = utf8_encode(code_point, bytes);
        if (!is_scalar_value(code_point)) {
            assert_int_equal(size, 0);
            continue;
        }
        uint32_t decoded = ~code_point;
        assert_int_equal(size, size_of(code_point));
        assert_int_equal(utf8_decode(bytes, size, &decoded), size);
        assert_int_equal(decoded, code_point);
        for (size_t cut = 1; cut < size; cut++)
            assert_int_equal(utf8_decode(bytes, cut, &decoded), 0);
    }
    char bytes[4];
    assert_int_equal(utf8_encode(UINT32_MAX, bytes), 0);
}

static void examples_of_rfc_3629(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t code_points[5];
    } cases[] = {
        {"A\xE2\x89\xA2\xCE\x91.", {0x41, 0x2262, 0x391, 0x2E}},
        {"\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4", {0xD55C, 0xAD6D, 0xC5B4}},
        {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", {0x65E5, 0x672C, 0x8A9E}},
        {"\xEF\xBB\xBF\xF0\xA3\x8E\xB4", {0xFEFF, 0x233B4}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t length = strlen(cases[i].bytes), offset = 0, count = 0;
        while (offset < length) {
            uint32_t code_point;
            size_t size = utf8_decode(cases[i].bytes + offset, length - offset, &code_point);
            assert_true(size > 0);
            assert_int_equal(code_point, cases[i].code_points[count++]);
            offset += size;
        }
        assert_int_equal(cases[i].code_points[count], 0);
        assert_int_equal(utf8_count(cases[i].bytes), count);
    }
}

static const char *const not_utf8[] = {
    "\x80",                     /* a continuation alone */
    "\xBF",                     /* the same */
    "\xC0\x80",                 /* overlong NUL */
    "\xC0\xAF",                 /* overlong slash */
    "\xC1\xBF",                 /* overlong U+007F */
    "\xE0\x80\x80",             /* overlong, three bytes */
    "\xE0\x9F\xBF",             /* overlong U+07FF */
    "\xF0\x80\x80\x80",         /* overlong, four bytes */
    "\xF0\x8F\xBF\xBF",         /* overlong U+FFFF */
    "\xED\xA0\x80",             /* U+D800 */
    "\xED\xBF\xBF",             /* U+DFFF */
    "\xED\xA0\x80\xED\xB0\x80", /* a pair of surrogates */
    "\xF4\x90\x80\x80",         /* U+110000 */
    "\xF5\x80\x80\x80",         /* beyond */
    "\xF8\x88\x80\x80\x80",     /* five bytes */
    "\xFC\x84\x80\x80\x80\x80", /* six bytes */
    "\xFE",
    "\xFF",
    "\xC3",  /* cut off */
    "\xC3(", /* a continuation is missing */
    "\xE2\x82",
    "\xE2\x82(",
    "\xE2(\xA1",
    "\xF0\x9F\x8C",
    "\xF0\x9F\x8C(",
    "\xF0(\x8C\xBC",
};

static void malformed_bytes_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(not_utf8) / sizeof(not_utf8[0]); i++) {
        uint32_t code_point;
        size_t length = strlen(not_utf8[i]);
        assert_int_equal(utf8_decode(not_utf8[i], length, &code_point), 0);
        assert_int_equal(utf8_valid_prefix(not_utf8[i], length), 0);

        char inside[32] = "blåbær";
        size_t before = strlen(inside);
        memcpy(inside + before, not_utf8[i], length);
        memcpy(inside + before + length, "!", 2);
        assert_int_equal(utf8_valid_prefix(inside, strlen(inside)), before);
    }
}

static void valid_text_is_its_own_prefix(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "Oslo", "Kárášjohka", "Čáhcesuolu", "🌊 flom", "日本語"};
    static const size_t counts[] = {0, 4, 10, 10, 6, 3};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(utf8_valid_prefix(texts[i], strlen(texts[i])), strlen(texts[i]));
        assert_int_equal(utf8_count(texts[i]), counts[i]);
    }
    assert_int_equal(utf8_valid_prefix("a\0b", 3), 3);
}

/* What is accepted is exactly what an encoder writes. */
static void decoding_random_bytes_is_the_inverse_of_encoding(void **state)
{
    (void)state;
    static const unsigned char likely[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                           0xC0, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5};
    uint64_t random = 3629;
    size_t accepted = 0;

    for (int i = 0; i < 300000; i++) {
        unsigned char bytes[4];
        size_t length = 1 + property_below(&random, sizeof(bytes));
        for (size_t j = 0; j < length; j++)
            bytes[j] = likely[property_below(&random, sizeof(likely))];
        char *exact = malloc(length); /* the sanitizer sees a read past its end */
        assert_non_null(exact);
        memcpy(exact, bytes, length);

        uint32_t code_point = 0;
        char again[4];
        size_t size = utf8_decode(exact, length, &code_point);
        assert_true(size <= length);
        if (size > 0) {
            accepted++;
            assert_int_equal(utf8_encode(code_point, again), size);
            assert_memory_equal(again, bytes, size);
        }
        free(exact);
    }
    assert_true(accepted > 1000);
}

static void forbidden_are_controls_and_bidi_tricks(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= CODE_POINT_MAX; code_point++) {
        bool control = (code_point < 0x20 && code_point != 0x09 && code_point != 0x0A) ||
                       (code_point >= 0x7F && code_point < 0xA0);
        bool bidi = (code_point >= 0x202A && code_point <= 0x202E) ||
                    (code_point >= 0x2066 && code_point <= 0x2069);
        bool other = code_point == 0xFEFF || code_point == 0xFFFE || code_point == 0xFFFF;
        assert_int_equal(utf8_is_forbidden(code_point), control || bidi || other);
    }
}

static void the_first_forbidden_character_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t found;
    } cases[] = {
        {"", 0},
        {"To lines\n\tand a tab – «fine» 🌊", 0},
        {"bell\a", 0x07},
        {"carriage\r\n", 0x0D},
        {"\x1B[31mred", 0x1B},
        {"del\x7F", 0x7F},
        {"c1\xC2\x85", 0x85},
        {"\xE2\x80\xAEoverride", 0x202E},
        {"a\xE2\x81\xA6isolate\xE2\x80\xAE", 0x2066},
        {"\xEF\xBB\xBFmark", 0xFEFF},
        {"left\xE2\x80\x8Eto right", 0}, /* U+200E: allowed */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(utf8_find_forbidden(cases[i].text), cases[i].found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_goes_round),
        cmocka_unit_test(examples_of_rfc_3629),
        cmocka_unit_test(malformed_bytes_are_refused),
        cmocka_unit_test(valid_text_is_its_own_prefix),
        cmocka_unit_test(decoding_random_bytes_is_the_inverse_of_encoding),
        cmocka_unit_test(forbidden_are_controls_and_bidi_tricks),
        cmocka_unit_test(the_first_forbidden_character_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

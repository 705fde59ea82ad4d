#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"

#include "property.h"

struct encoding {
    const char *name;
    void (*add)(struct text *out, const void *bytes, size_t size);
    bool (*decode)(struct text *out, const char *encoded, size_t length);
    const char *alphabet;
};

static const struct encoding encodings[] = {
    {"base64", base64_add, base64_decode,
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="},
    {"base64url", base64url_add, base64url_decode,
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
    {"hex", hex_add, hex_decode, "0123456789abcdef"},
    {"base64 without padding", base64_unpadded_add, base64_unpadded_decode,
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="},
};

enum { ENCODINGS = sizeof(encodings) / sizeof(encodings[0]) };
enum encoding_index { BASE64, BASE64URL, HEX, BASE64_UNPADDED };

static void known_answers(void **state)
{
    (void)state;
    /* RFC 4648, section 10; the last two from section 9. */
    static const struct {
        const char *bytes;
        const char *encoded[ENCODINGS];
    } cases[] = {
        {"", {"", "", "", ""}},
        {"f", {"Zg==", "Zg", "66", "Zg"}},
        {"fo", {"Zm8=", "Zm8", "666f", "Zm8"}},
        {"foo", {"Zm9v", "Zm9v", "666f6f", "Zm9v"}},
        {"foob", {"Zm9vYg==", "Zm9vYg", "666f6f62", "Zm9vYg"}},
        {"fooba", {"Zm9vYmE=", "Zm9vYmE", "666f6f6261", "Zm9vYmE"}},
        {"foobar", {"Zm9vYmFy", "Zm9vYmFy", "666f6f626172", "Zm9vYmFy"}},
        {"\x14\xfb\x9c\x03\xd9\x7e", {"FPucA9l+", "FPucA9l-", "14fb9c03d97e", "FPucA9l+"}},
        {"\xff\xff\xfe\xfb\xef\xbe", {"///+++++", "___-----", "fffffefbefbe", "///+++++"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t j = 0; j < ENCODINGS; j++) {
            struct text out;
            text_init(&out, 100);
            encodings[j].add(&out, cases[i].bytes, strlen(cases[i].bytes));
            assert_string_equal(out.bytes, cases[i].encoded[j]);

            text_reset(&out);
            const char *encoded = cases[i].encoded[j];
            assert_true(encodings[j].decode(&out, encoded, strlen(encoded)));
            assert_string_equal(out.bytes, cases[i].bytes);
            text_release(&out);
        }
}

static void what_is_not_canonical_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum encoding_index encoding;
        const char *encoded;
    } cases[] = {
        {BASE64, "Z"},
        {BASE64, "Zg"},
        {BASE64, "Zg="},
        {BASE64, "Zm9"},
        {BASE64, "="},
        {BASE64, "=="},
        {BASE64, "===="},
        {BASE64, "Z==="},
        {BASE64, "Zh=="},
        {BASE64, "Zm9="},
        {BASE64, "Zg==Zg=="},
        {BASE64, "Zg=a"},
        {BASE64, "Zm9v\n"},
        {BASE64, "Zm9v Zm9v"},
        {BASE64, " Zm9vYg="},
        {BASE64, "Zm9-"},
        {BASE64, "Zm_v"},
        {BASE64, "Zm9v===="},
        {BASE64, "Zm8=\n\n\n"},
        {BASE64, "Z\xC3\xB8="},
        {BASE64URL, "Z"},
        {BASE64URL, "Zg=="},
        {BASE64URL, "Zm8="},
        {BASE64URL, "Zh"},
        {BASE64URL, "Zm9"},
        {BASE64URL, "Zm9vY"},
        {BASE64URL, "Zm+v"},
        {BASE64URL, "Zm/v"},
        {BASE64URL, "Zm9v "},
        {BASE64URL, "\xFF\xFF"},
        {BASE64URL, "Zm8\n"},
        {BASE64_UNPADDED, "Z"},
        {BASE64_UNPADDED, "Zg=="},
        {BASE64_UNPADDED, "Zm8="},
        {BASE64_UNPADDED, "Zh"},
        {BASE64_UNPADDED, "Zm9"},
        {BASE64_UNPADDED, "Zm9vY"},
        {BASE64_UNPADDED, "Zm-v"},
        {BASE64_UNPADDED, "Zm_v"},
        {BASE64_UNPADDED, "Zm8\n"},
        {HEX, "6"},
        {HEX, "666"},
        {HEX, "6G"},
        {HEX, "6F"},
        {HEX, "AB"},
        {HEX, "0x"},
        {HEX, " 6"},
        {HEX, "66 "},
        {HEX, "66\n"},
        {HEX, "666f6"},
        {HEX, "66zz"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct encoding *encoding = &encodings[cases[i].encoding];
        struct text out;
        text_init(&out, 100);
        text_add(&out, "before");
        if (encoding->decode(&out, cases[i].encoded, strlen(cases[i].encoded)))
            fail_msg("%s takes '%s'", encoding->name, cases[i].encoded);
        assert_string_equal(out.bytes, "before");
        assert_int_equal(out.length, 6);
        assert_false(out.overflowed);
        text_release(&out);
    }
}

static void a_nul_is_no_digit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ENCODINGS; i++) {
        struct text out;
        text_init(&out, 100);
        assert_false(encodings[i].decode(&out, "00\0\0", 4));
        assert_int_equal(out.length, 0);
        text_release(&out);
    }
}

static void the_decoder_stops_at_the_length_given(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 100);
    assert_true(base64_decode(&out, "Zm9vYmFy", 4));
    assert_true(base64url_decode(&out, "YmFy!", 4));
    assert_true(hex_decode(&out, "21zz", 2));
    assert_true(base64_unpadded_decode(&out, "Pw==", 2));
    assert_string_equal(out.bytes, "foobar!?");
    text_release(&out);
}

/* A text that is too small is a failure as well, and is left as it was. */
static void a_decoder_does_not_pass_the_ceiling(void **state)
{
    (void)state;
    static const char *const encoded[ENCODINGS] = {"Zm9vYmFyYmF6", "Zm9vYmFyYmF6",
                                                   "666f6f62617262617a", "Zm9vYmFyYmF6"};
    for (size_t i = 0; i < ENCODINGS; i++) {
        struct text out;
        text_init(&out, 8);
        text_add(&out, "a");
        assert_false(encodings[i].decode(&out, encoded[i], strlen(encoded[i])));
        assert_true(out.overflowed);
        assert_string_equal(out.bytes, "a");
        text_release(&out);

        text_init(&out, 9);
        assert_true(encodings[i].decode(&out, encoded[i], strlen(encoded[i])));
        assert_string_equal(out.bytes, "foobarbaz");
        text_release(&out);
    }
}

static void random_bytes_go_round(void **state)
{
    (void)state;
    uint64_t random = 4648;

    for (int i = 0; i < 3000; i++) {
        unsigned char bytes[300];
        size_t size = property_below(&random, sizeof(bytes) + 1);
        property_fill(&random, bytes, size);
        for (size_t j = 0; j < ENCODINGS; j++) {
            struct text encoded, decoded;
            text_init(&encoded, 1000);
            text_init(&decoded, 1000);
            encodings[j].add(&encoded, bytes, size);
            assert_int_equal(strspn(encoded.bytes, encodings[j].alphabet), encoded.length);
            assert_true(encodings[j].decode(&decoded, encoded.bytes, encoded.length));
            assert_int_equal(decoded.length, size);
            assert_memory_equal(decoded.bytes, bytes, size);
            text_release(&decoded);
            text_release(&encoded);
        }
    }
}

/* One value, one spelling: what is decoded comes back as it was written. */
static void accepted_strings_are_the_encoders_own(void **state)
{
    (void)state;
    uint64_t random = 64;
    size_t accepted[ENCODINGS] = {0};

    for (int i = 0; i < 60000; i++) {
        size_t j = property_below(&random, ENCODINGS);
        size_t digits = strlen(encodings[j].alphabet);
        char string[8];
        size_t length = property_below(&random, sizeof(string) + 1);
        for (size_t k = 0; k < length; k++)
            string[k] = encodings[j].alphabet[property_below(&random, digits)];
        if (length > 1 && property_below(&random, 3) == 0)
            string[length - 1] = '=';

        struct text decoded, again;
        text_init(&decoded, 100);
        text_init(&again, 100);
        if (encodings[j].decode(&decoded, string, length)) {
            accepted[j]++;
            encodings[j].add(&again, decoded.bytes, decoded.length);
            assert_int_equal(again.length, length);
            assert_memory_equal(again.bytes, string, length);
        }
        text_release(&again);
        text_release(&decoded);
    }
    for (size_t j = 0; j < ENCODINGS; j++)
        assert_true(accepted[j] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(what_is_not_canonical_is_refused),
        cmocka_unit_test(a_nul_is_no_digit),
        cmocka_unit_test(the_decoder_stops_at_the_length_given),
        cmocka_unit_test(a_decoder_does_not_pass_the_ceiling),
        cmocka_unit_test(random_bytes_go_round),
        cmocka_unit_test(accepted_strings_are_the_encoders_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

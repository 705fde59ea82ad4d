#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trust/bech32.h"

#include "property.h"

enum { CEILING = 10000 };

static bool decodes(const char *prefix, const char *encoded)
{
    struct text out;

    text_init(&out, CEILING);
    text_add(&out, "before");
    bool is_good = bech32_decode(&out, prefix, encoded, strlen(encoded));
    if (!is_good)
        assert_string_equal(out.bytes, "before");
    text_release(&out);
    return is_good;
}

/* The valid strings of BIP 173 whose digits make whole bytes, and their bytes. */
static void known_answers(void **state)
{
    static const char zeros[51];
    static const struct {
        const char *prefix, *encoded, *bytes;
        size_t size;
    } cases[] = {
        {"A", "A12UEL5L", "", 0},
        {"a", "a12uel5l", "", 0},
        {"?", "?1ezyfcl", "", 0},
        {"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
         "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5"
         "tgs",
         "", 0},
        {"1",
         "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247"
         "j",
         zeros, sizeof(zeros)},
        {"abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
         "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf\x84\x65\x3a\x56\xd7\xc6\x75\xbe\x77\xdf", 20},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text out;
        text_init(&out, CEILING);
        assert_true(
            bech32_decode(&out, cases[i].prefix, cases[i].encoded, strlen(cases[i].encoded)));
        assert_int_equal(out.length, cases[i].size);
        assert_memory_equal(out.bytes, cases[i].bytes, cases[i].size);
        text_reset(&out);
        bech32_add(&out, cases[i].prefix, cases[i].bytes, cases[i].size);
        assert_string_equal(out.bytes, cases[i].encoded);
        text_release(&out);
    }
}

static void what_is_not_one_spelling_is_refused(void **state)
{
    static const struct {
        const char *prefix, *encoded, *why;
    } cases[] = {
        {"a", "A12UEL5L", "the other case"},
        {"A", "a12uel5l", "the other case"},
        {"a", "a12UEL5L", "mixed case"},
        {"A", "A12uEL5L", "mixed case"},
        {"a", "a12uel5m", "wrong checksum"},
        {"a", "b12uel5l", "another prefix"},
        {"a", "a2uel5l", "no separator"},
        {"a", "a1", "no checksum"},
        {"a", "a12uel5", "checksum too short"},
        {"a", "", "nothing"},
        {"a", "a12uel5l ", "something after it"},
        {"a", " a12uel5l", "something before it"},
        {"a", "a12uel5l\n", "a line end"},
        {"abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxb", "b is no digit"},
        {"abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqx1", "1 is no digit"},
        {"abcdef", "abcdef11pzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "1 is no digit"},
        /* Bech32m (BIP 350). */
        {"a", "a1lqfn3a", "the other checksum constant"},
        {"A", "A1LQFN3A", "the other checksum constant"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (decodes(cases[i].prefix, cases[i].encoded))
            fail_msg("taken in spite of: %s (%s)", cases[i].why, cases[i].encoded);
}

static void a_nul_is_no_digit(void **state)
{
    static const char encoded[] = "a12uel5l";
    char changed[sizeof(encoded)];
    struct text out;
    (void)state;

    text_init(&out, CEILING);
    for (size_t i = 0; i < strlen(encoded); i++) {
        memcpy(changed, encoded, sizeof(encoded));
        changed[i] = '\0';
        assert_false(bech32_decode(&out, "a", changed, strlen(encoded)));
    }
    text_release(&out);
}

/* Any bytes of any length come back; any one digit changed is noticed. */
static void bytes_come_back_and_mistakes_are_noticed(void **state)
{
    static const char digits[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    static const char prefix[] = "AGE-SECRET-KEY-";
    unsigned char bytes[300];
    uint64_t seed = 20260722;
    (void)state;

    for (size_t size = 0; size < sizeof(bytes); size += 1 + size / 7) {
        struct text encoded, decoded;
        text_init(&encoded, CEILING);
        text_init(&decoded, CEILING);
        property_fill(&seed, bytes, size);
        bech32_add(&encoded, prefix, bytes, size);
        assert_true(bech32_decode(&decoded, prefix, encoded.bytes, encoded.length));
        assert_int_equal(decoded.length, size);
        assert_memory_equal(decoded.bytes, bytes, size);
        for (size_t i = strlen(prefix) + 1; i < encoded.length; i++) {
            char was = encoded.bytes[i];
            encoded.bytes[i] = digits[property_below(&seed, 32)];
            assert_int_equal(decodes(prefix, encoded.bytes), encoded.bytes[i] == was);
            encoded.bytes[i] = was;
        }
        text_release(&decoded);
        text_release(&encoded);
    }
}

/* All of these have a checksum that is right. */
static void what_is_left_over_is_padding(void **state)
{
    (void)state;

    assert_true(decodes("age", "age1lllsl5899u"));  /* 16 bits and 4 of padding */
    assert_true(decodes("age", "age1lllsq7t7ph2")); /* 24 bits and 1 of padding */
    assert_false(decodes("age", "age1lll3zznscw")); /* padding that is not zero */
    assert_false(decodes("age", "age1lllcpqrfmp"));
    assert_false(decodes("age", "age1llllqe5e6y"));
    assert_false(decodes("age", "age1l8p2s2z")); /* a digit that makes no byte */
    assert_false(decodes("age", "age1qdd35qf"));
    assert_false(decodes("age", "age1qqqyst3gn")); /* one digit too many */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(what_is_not_one_spelling_is_refused),
        cmocka_unit_test(a_nul_is_no_digit),
        cmocka_unit_test(bytes_come_back_and_mistakes_are_noticed),
        cmocka_unit_test(what_is_left_over_is_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

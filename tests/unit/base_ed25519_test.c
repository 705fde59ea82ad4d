#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ed25519.h"
#include "base/encode.h"

#include "low_order_points.h"

/* RFC 8032 section 7.1, tests 1 to 3. */
static const struct {
    const char *seed, *public_key, *message, *signature;
} known[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6594a7c15e9716ed28dc027beceea1ec40a"},
};

static size_t from_hex(const char *hex, unsigned char *out, size_t size)
{
    struct text decoded;

    text_init(&decoded, size);
    assert_true(hex_decode(&decoded, hex, strlen(hex)));
    memcpy(out, decoded.bytes, decoded.length);
    size_t length = decoded.length;
    text_release(&decoded);
    return length;
}

static void signatures_are_those_of_rfc_8032(void **state)
{
    unsigned char seed[32], public_key[32], expected[32], message[8], signature[64], known_sig[64];
    struct ed25519_key *key;
    struct error error = {0};
    (void)state;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        from_hex(known[i].seed, seed, sizeof(seed));
        from_hex(known[i].public_key, expected, sizeof(expected));
        size_t size = from_hex(known[i].message, message, sizeof(message));
        from_hex(known[i].signature, known_sig, sizeof(known_sig));
        assert_int_equal(ed25519_key_new(seed, &key, &error), 0);
        ed25519_key_public(key, public_key);
        assert_memory_equal(public_key, expected, sizeof(expected));
        assert_int_equal(ed25519_sign(key, message, size, signature, &error), 0);
        assert_memory_equal(signature, known_sig, sizeof(signature));
        assert_true(ed25519_verify(public_key, message, size, signature));
        ed25519_key_free(key);
    }
}

static void every_changed_bit_is_found(void **state)
{
    unsigned char seed[32] = {7}, public_key[32], signature[64], message[] = "Hold deg unna elva";
    struct ed25519_key *key;
    struct error error = {0};
    (void)state;

    assert_int_equal(ed25519_key_new(seed, &key, &error), 0);
    ed25519_key_public(key, public_key);
    assert_int_equal(ed25519_sign(key, message, sizeof(message), signature, &error), 0);
    ed25519_key_free(key);
    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        signature[bit / 8] ^= (unsigned char)(1U << bit % 8);
        assert_false(ed25519_verify(public_key, message, sizeof(message), signature));
        signature[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
        message[bit / 8] ^= (unsigned char)(1U << bit % 8);
        assert_false(ed25519_verify(public_key, message, sizeof(message), signature));
        message[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    assert_false(ed25519_verify(public_key, message, sizeof(message) - 1, signature));
    assert_true(ed25519_verify(public_key, message, sizeof(message), signature));
}

/* For the neutral element as a key, R = 1 and S = 0 "sign" every message. */
static void keys_of_low_order_sign_nothing(void **state)
{
    const unsigned char forged[64] = {1};
    unsigned char public_key[32], fine[32];
    (void)state;

    for (size_t i = 0; i < sizeof(low_order_points) / sizeof(low_order_points[0]); i++) {
        from_hex(low_order_points[i], public_key, sizeof(public_key));
        assert_true(ed25519_is_low_order(public_key));
        assert_false(ed25519_verify(public_key, "any", 3, forged));
    }
    from_hex(known[0].public_key, fine, sizeof(fine));
    assert_false(ed25519_is_low_order(fine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(every_changed_bit_is_found),
        cmocka_unit_test(keys_of_low_order_sign_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

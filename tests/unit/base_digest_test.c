#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/encode.h"

#include "property.h"

static void assert_hex(const unsigned char *bytes, size_t size, const char *hex)
{
    struct text text;
    text_init(&text, 200);
    hex_add(&text, bytes, size);
    assert_string_equal(text.bytes, hex);
    text_release(&text);
}

/* FIPS 180-2, appendix B, and RFC 6234, section 8.5. */
static void sha256_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char digest[SHA256_SIZE];
        sha256(cases[i].bytes, strlen(cases[i].bytes), digest);
        assert_hex(digest, sizeof(digest), cases[i].digest);
    }
}

static void sha256_of_a_million_letters(void **state)
{
    (void)state;
    unsigned char digest[SHA256_SIZE];
    char letters[1000];
    struct sha256 *sum = sha256_new();

    memset(letters, 'a', sizeof(letters));
    for (int i = 0; i < 1000; i++)
        sha256_add(sum, letters, sizeof(letters));
    sha256_finish(sum, digest);
    assert_hex(digest, sizeof(digest),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_free(sum);
}

static void sha256_does_not_care_for_the_pieces(void **state)
{
    (void)state;
    unsigned char bytes[1000], whole[SHA256_SIZE], pieces[SHA256_SIZE];
    uint64_t random = 256;
    struct sha256 *sum = sha256_new();

    for (int i = 0; i < 300; i++) {
        size_t size = property_below(&random, sizeof(bytes) + 1);
        property_fill(&random, bytes, size);
        sha256(bytes, size, whole);
        for (size_t at = 0; at < size;) {
            size_t piece = property_below(&random, 130);
            piece = piece < size - at ? piece : size - at;
            sha256_add(sum, bytes + at, piece);
            at += piece;
        }
        sha256_finish(sum, pieces); /* and starts anew */
        assert_memory_equal(pieces, whole, sizeof(whole));
    }
    sha256_free(sum);
    sha256_free(NULL);
}

static void sha256_of_nothing_added(void **state)
{
    (void)state;
    unsigned char digest[SHA256_SIZE];
    struct sha256 *sum = sha256_new();

    sha256_add(sum, NULL, 0);
    sha256_finish(sum, digest);
    assert_hex(digest, sizeof(digest),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_free(sum);
}

struct hmac_case {
    const char *key;
    unsigned char key_byte; /* without a key: so often key_size */
    size_t key_size;
    const char *bytes;
    unsigned char byte;
    size_t size;
    const char *mac;
};

static void run_hmac_cases(const struct hmac_case *cases, size_t count, size_t mac_size,
                           void (*hmac)(const void *, size_t, const void *, size_t,
                                        unsigned char *))
{
    for (size_t i = 0; i < count; i++) {
        unsigned char key[200], bytes[200], mac[SHA256_SIZE];
        memset(key, cases[i].key_byte, sizeof(key));
        memset(bytes, cases[i].byte, sizeof(bytes));
        const void *key_used = cases[i].key ? (const void *)cases[i].key : key;
        const void *bytes_used = cases[i].bytes ? (const void *)cases[i].bytes : bytes;
        size_t size = cases[i].bytes ? strlen(cases[i].bytes) : cases[i].size;
        hmac(key_used, cases[i].key_size, bytes_used, size, mac);
        assert_hex(mac, mac_size, cases[i].mac);
    }
}

static const char key_25[] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"
                             "\x12\x13\x14\x15\x16\x17\x18\x19";

/* RFC 4231, test cases 1-4, 6 and 7. */
static void hmac_sha256_known_answers(void **state)
{
    (void)state;
    static const struct hmac_case cases[] = {
        {NULL, 0x0b, 20, "Hi There", 0, 0,
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", 0, 4, "what do ya want for nothing?", 0, 0,
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {NULL, 0xaa, 20, NULL, 0xdd, 50,
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {key_25, 0, 25, NULL, 0xcd, 50,
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {NULL, 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {NULL, 0xaa, 131,
         "This is a test using a larger than block-size key and a larger than block-size data. "
         "The key needs to be hashed before being used by the HMAC algorithm.",
         0, 0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    run_hmac_cases(cases, sizeof(cases) / sizeof(cases[0]), SHA256_SIZE, hmac_sha256);
}

/* RFC 2202, section 3, test cases 1-4, 6 and 7. */
static void hmac_sha1_known_answers(void **state)
{
    (void)state;
    static const struct hmac_case cases[] = {
        {NULL, 0x0b, 20, "Hi There", 0, 0, "b617318655057264e28bc0b6fb378c8ef146be00"},
        {"Jefe", 0, 4, "what do ya want for nothing?", 0, 0,
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {NULL, 0xaa, 20, NULL, 0xdd, 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
        {key_25, 0, 25, NULL, 0xcd, 50, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
        {NULL, 0xaa, 80, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
        {NULL, 0xaa, 80,
         "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data", 0, 0,
         "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
    };
    run_hmac_cases(cases, sizeof(cases) / sizeof(cases[0]), SHA1_SIZE, hmac_sha1);
}

/* RFC 5849, section 3.4.2: an OAuth key may be nothing but an ampersand, or empty elsewhere. */
static void hmac_takes_empty_input(void **state)
{
    (void)state;
    unsigned char mac[SHA256_SIZE];

    hmac_sha256("", 0, "", 0, mac);
    assert_hex(mac, sizeof(mac),
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    hmac_sha256(NULL, 0, NULL, 0, mac);
    assert_hex(mac, sizeof(mac),
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    hmac_sha1("", 0, "", 0, mac);
    assert_hex(mac, SHA1_SIZE, "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char draws[64][16];

    for (size_t i = 0; i < 64; i++) {
        random_bytes(draws[i], sizeof(draws[i]));
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(draws[i], draws[j], sizeof(draws[i]));
    }
}

static void random_bytes_stay_in_their_place(void **state)
{
    (void)state;
    unsigned char bytes[8] = {0};

    random_bytes(bytes + 2, 0);
    random_bytes(bytes + 2, 4);
    assert_int_equal(bytes[0] | bytes[1] | bytes[6] | bytes[7], 0);
}

static void equal_compares_every_byte(void **state)
{
    (void)state;
    unsigned char a[33], b[33];
    uint64_t random = 9;

    property_fill(&random, a, sizeof(a));
    memcpy(b, a, sizeof(a));
    assert_true(equal_constant_time(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            b[i] ^= (unsigned char)bit;
            assert_false(equal_constant_time(a, b, sizeof(a)));
            assert_true(equal_constant_time(a, b, i));
            b[i] ^= (unsigned char)bit;
        }
    assert_true(equal_constant_time("a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_known_answers),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(sha256_does_not_care_for_the_pieces),
        cmocka_unit_test(sha256_of_nothing_added),
        cmocka_unit_test(hmac_sha256_known_answers),
        cmocka_unit_test(hmac_sha1_known_answers),
        cmocka_unit_test(hmac_takes_empty_input),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(random_bytes_stay_in_their_place),
        cmocka_unit_test(equal_compares_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

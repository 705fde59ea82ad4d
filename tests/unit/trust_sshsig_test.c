#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/sshsig.h"

#include "trust_fixture.h"

static const char *const origins[] = {"https://elsewhere.example", FIXTURE_ORIGIN};
static const struct sshsig_policy policy = {.origins = origins, .origin_count = 2};

static int verify_as(const char *armour, size_t size, const char *message, size_t message_size,
                     const char *namespace_name, const struct sshsig_policy *asked,
                     struct error *error)
{
    struct arena *arena = arena_new();
    const struct sshsig *signature;
    int result = sshsig_parse(arena, armour, size, &signature, error);

    assert_int_equal(signature == NULL, result < 0);
    if (result == 0)
        result = sshsig_verify(signature, namespace_name, message, message_size, asked, error);
    if (result < 0) {
        assert_int_equal(error->kind, ERROR_VERIFICATION);
        assert_true(error->message[0] != '\0');
    }
    arena_free(arena);
    return result;
}

static void assert_refused(const char *armour, size_t size, const char *reason)
{
    struct text message = fixture("message");
    struct error error = {0};

    assert_int_equal(
        verify_as(armour, size, message.bytes, message.length, FIXTURE_NAMESPACE, &policy, &error),
        -1);
    if (!strstr(error.message, reason))
        fail_msg("'%s' does not say '%s'", error.message, reason);
    text_release(&message);
}

static void what_ssh_keygen_signed_is_good(void **state)
{
    static const char *const names[] = {"ed25519.sig",    "ed25519-sha256.sig", "ecdsa.sig",
                                        "ed25519-sk.sig", "ecdsa-sk.sig",       "passkey.sig"};
    struct text message = fixture("message");
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text armour = fixture(names[i]);
        struct error error = {0};
        if (verify_as(armour.bytes, armour.length, message.bytes, message.length, FIXTURE_NAMESPACE,
                      &policy, &error) < 0)
            fail_msg("%s: %s", names[i], error.message);
        text_release(&armour);
    }
    text_release(&message);
}

/* Every bit of each kind of signature matters: nothing that was changed is good. */
static void no_changed_bit_is_accepted(void **state)
{
    static const char *const names[] = {"ed25519.sig", "ecdsa.sig", "ed25519-sk.sig",
                                        "ecdsa-sk.sig", "passkey.sig"};
    struct text message = fixture("message");
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text blob = fixture_blob(names[i]);
        struct arena *arena = arena_new();
        for (size_t bit = 0; bit < 8 * blob.length; bit++) {
            const struct sshsig *signature;
            struct error error = {0};
            blob.bytes[bit / 8] ^= (char)(1 << bit % 8);
            /* Another key makes another signer, whom the approvers file does not know. */
            if (sshsig_parse_blob(arena, blob.bytes, blob.length, &signature, &error) == 0 &&
                sshsig_verify(signature, FIXTURE_NAMESPACE, message.bytes, message.length, &policy,
                              &error) == 0)
                fail_msg("%s: bit %zu can be changed", names[i], bit);
            assert_int_equal(error.kind, ERROR_VERIFICATION);
            blob.bytes[bit / 8] ^= (char)(1 << bit % 8);
        }
        arena_free(arena);
        text_release(&blob);
    }
    text_release(&message);
}

static void no_part_and_no_more_is_accepted(void **state)
{
    static const char *const names[] = {"ed25519.sig", "ecdsa.sig", "ed25519-sk.sig",
                                        "ecdsa-sk.sig", "passkey.sig"};
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text blob = fixture_blob(names[i]), longer;
        struct arena *arena = arena_new();
        const struct sshsig *signature;
        for (size_t size = 0; size < blob.length; size++) {
            struct error error = {0};
            assert_int_equal(sshsig_parse_blob(arena, blob.bytes, size, &signature, &error), -1);
        }
        text_init(&longer, blob.length + 1);
        text_add_bytes(&longer, blob.bytes, blob.length);
        text_add_char(&longer, '\0');
        struct error error = {0};
        assert_int_equal(sshsig_parse_blob(arena, longer.bytes, longer.length, &signature, &error),
                         -1);
        assert_non_null(strstr(error.message, "bytes too many"));
        text_release(&longer);
        arena_free(arena);
        text_release(&blob);
    }
}

static void message_namespace_and_touch_matter(void **state)
{
    struct text armour = fixture("ed25519.sig"), untouched = fixture("untouched.sig");
    struct error error = {0};
    (void)state;

    assert_int_equal(verify_as(armour.bytes, armour.length, "what is signed", 14, FIXTURE_NAMESPACE,
                               NULL, &error),
                     -1);
    assert_non_null(strstr(error.message, "over these bytes"));
    error_clear(&error);
    assert_int_equal(
        verify_as(armour.bytes, armour.length, "what is signed\n", 15, "test@crisi", NULL, &error),
        -1);
    assert_non_null(strstr(error.message, "namespace 'test@crisis', not for 'test@crisi'"));
    assert_refused(untouched.bytes, untouched.length, "was not touched");
    text_release(&untouched);
    text_release(&armour);
}

static void a_policy_may_ask_for_more_than_a_touch(void **state)
{
    const struct sshsig_policy strict = {
        .origins = origins, .origin_count = 2, .require_user_verified = true};
    struct text key = fixture("ed25519-sk.sig"), passkey = fixture("passkey.sig");
    struct text message = fixture("message");
    struct error error = {0};
    (void)state;

    assert_int_equal(verify_as(key.bytes, key.length, message.bytes, message.length,
                               FIXTURE_NAMESPACE, &strict, &error),
                     -1);
    assert_non_null(strstr(error.message, "did not ask for a PIN"));
    error_clear(&error);
    assert_int_equal(verify_as(passkey.bytes, passkey.length, message.bytes, message.length,
                               FIXTURE_NAMESPACE, &strict, &error),
                     0);
    text_release(&message);
    text_release(&passkey);
    text_release(&key);
}

static void a_passkey_needs_its_origin(void **state)
{
    static const char *const bad[] = {"https://approve.kommune.example:443",
                                      "https://approve.kommune.example/",
                                      "https://approve.kommune.exampl", "approve.kommune.example",
                                      "http://approve.kommune.example"};
    struct text passkey = fixture("passkey.sig"), message = fixture("message");
    const struct sshsig_policy others = {.origins = bad, .origin_count = 5};
    const struct sshsig_policy *const policies[] = {&others, NULL};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct error error = {0};
        assert_int_equal(verify_as(passkey.bytes, passkey.length, message.bytes, message.length,
                                   FIXTURE_NAMESPACE, policies[i], &error),
                         -1);
        assert_non_null(strstr(error.message, "not a page where approvals are given"));
    }
    text_release(&message);
    text_release(&passkey);
}

/* Replaces the only `old` by `new` of any length in the armour. */
static struct text changed(const struct text *armour, const char *old, const char *new)
{
    struct text out;
    const char *at = strstr(armour->bytes, old);

    assert_non_null(at);
    text_init(&out, armour->length + strlen(new));
    text_add_bytes(&out, armour->bytes, (size_t)(at - armour->bytes));
    text_add(&out, new);
    text_add(&out, at + strlen(old));
    return out;
}

static void armour_is_strict(void **state)
{
    static const struct {
        const char *old, *new, *reason;
    } cases[] = {
        {"-----BEGIN", " -----BEGIN", "does not begin"},
        {"-----BEGIN SSH SIGNATURE-----\n", "", "does not begin"},
        {"-----BEGIN SSH SIGNATURE-----\n", "-----BEGIN SSH SIGNATURE-----\r\n", "CRLF"},
        {"-----BEGIN SSH SIGNATURE-----\n", "-----BEGIN SSH SIGNATURE-----\n\n", "empty line"},
        {"-----BEGIN SSH SIGNATURE-----\n", "-----BEGIN SSH SIGNATURE-----\n ", "strict base64"},
        {"U1NIU0lH", "U1NIU0l_", "strict base64"},
        {"U1NIU0lH", "U1NIU0lHA", "strict base64"},
        {"U1NIU0lH", "U1NIU0l=", "strict base64"},
        {"U1NIU0lHAAAAAQ", "U1NIU0lHAAAAAg", "version is not 1"},
        {"U1NIU0lHAAAAAQ", "U1NIU0lIAAAAAQ", "no SSHSIG"},
        {"-----END SSH SIGNATURE-----\n", "", "missing"},
        {"-----END SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n\n", "something follows"},
        {"-----END SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----x", "something follows"},
    };
    struct text armour = fixture("ed25519.sig");
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = changed(&armour, cases[i].old, cases[i].new);
        assert_refused(text.bytes, text.length, cases[i].reason);
        text_release(&text);
    }
    assert_refused("", 0, "does not begin");
    struct text big;
    text_init(&big, 2 * SSHSIG_ARMOUR_MAX_BYTES);
    while (big.length <= SSHSIG_ARMOUR_MAX_BYTES)
        text_add_bytes(&big, armour.bytes, armour.length);
    assert_refused(big.bytes, big.length, "larger than 16 KiB");
    text_release(&big);
    text_release(&armour);
}

static void line_lengths_and_the_last_line_feed_do_not_matter(void **state)
{
    struct text armour = fixture("ecdsa.sig"), message = fixture("message");
    struct text blob = fixture_blob("ecdsa.sig"), one_line;
    struct error error = {0};
    (void)state;

    text_init(&one_line, armour.length);
    text_add(&one_line, "-----BEGIN SSH SIGNATURE-----\n");
    base64_add(&one_line, blob.bytes, blob.length);
    text_add(&one_line, "\n-----END SSH SIGNATURE-----");
    assert_int_equal(verify_as(one_line.bytes, one_line.length, message.bytes, message.length,
                               FIXTURE_NAMESPACE, NULL, &error),
                     0);
    text_release(&one_line);
    text_release(&blob);
    text_release(&message);
    text_release(&armour);
}

/* --- signatures put together by hand --------------------------------------------------------- */

struct parts {
    uint32_t version;
    const char *namespace_name, *reserved, *hash;
    struct text signature;
};

static struct text put_together(const struct parts *parts)
{
    struct ssh_key key = fixture_key("ecdsa.pub");
    struct text key_blob, blob, armour;

    text_init(&key_blob, SSH_KEY_BLOB_MAX_BYTES);
    text_init(&blob, SSHSIG_BLOB_MAX_BYTES);
    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    ssh_key_add_blob(&key_blob, &key);
    text_add(&blob, "SSHSIG");
    ssh_add_uint32(&blob, parts->version);
    ssh_add_string(&blob, key_blob.bytes, key_blob.length);
    ssh_add_cstring(&blob, parts->namespace_name);
    ssh_add_cstring(&blob, parts->reserved);
    ssh_add_cstring(&blob, parts->hash);
    ssh_add_string(&blob, parts->signature.bytes, parts->signature.length);
    text_add(&armour, "-----BEGIN SSH SIGNATURE-----\n");
    base64_add(&armour, blob.bytes, blob.length);
    text_add(&armour, "\n-----END SSH SIGNATURE-----\n");
    text_release(&blob);
    text_release(&key_blob);
    return armour;
}

/* An ECDSA signature whose r and s are these bytes, however they are written. */
static struct text ecdsa_signature(const char *kind, const char *r_hex, const char *s_hex)
{
    struct text signature, pair, number;
    const char *const numbers[] = {r_hex, s_hex};

    text_init(&signature, 512);
    text_init(&pair, 256);
    text_init(&number, 128);
    for (size_t i = 0; i < 2; i++) {
        text_reset(&number);
        assert_true(hex_decode(&number, numbers[i], strlen(numbers[i])));
        ssh_add_string(&pair, number.bytes, number.length);
    }
    ssh_add_cstring(&signature, kind);
    ssh_add_string(&signature, pair.bytes, pair.length);
    text_release(&number);
    text_release(&pair);
    return signature;
}

static void fields_are_strict(void **state)
{
    static const struct {
        struct parts parts;
        const char *kind, *r, *s, *reason;
    } cases[] = {
        {{1, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "over these"},
        {{0, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "version"},
        {{2, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "version"},
        {{1, "", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "namespace is empty"},
        {{1, "a\n", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "not plain text"},
        {{1, "test@crisis", "x", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "reserved"},
        {{1, "test@crisis", "", "sha1", {0}}, "ecdsa-sha2-nistp256", "01", "01", "sha256"},
        {{1, "test@crisis", "", "SHA512", {0}}, "ecdsa-sha2-nistp256", "01", "01", "sha256"},
        {{1, "test@crisis", "", "sha512", {0}}, "ssh-ed25519", "01", "01", "another kind"},
        {{1, "test@crisis", "", "sha512", {0}},
         "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
         "01",
         "01",
         "another kind"},
        {{1, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "0001", "01", "shortest"},
        {{1, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "80", "shortest"},
        {{1, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "", "01", "shortest"},
        {{1, "test@crisis", "", "sha512", {0}}, "ecdsa-sha2-nistp256", "01", "00", "shortest"},
        {{1, "test@crisis", "", "sha512", {0}},
         "ecdsa-sha2-nistp256",
         "01",
         "010000000000000000000000000000000000000000000000000000000000000000",
         "32 bytes"},
        {{1, "test@crisis", "", "sha512", {0}},
         "ecdsa-sha2-nistp256",
         "01",
         "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
         "over these"}, /* s is the order of the group */
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parts parts = cases[i].parts;
        parts.signature = ecdsa_signature(cases[i].kind, cases[i].r, cases[i].s);
        struct text armour = put_together(&parts);
        assert_refused(armour.bytes, armour.length, cases[i].reason);
        text_release(&armour);
        text_release(&parts.signature);
    }
}

/* S + L is the same number to a verifier that does not look closely. */
static void a_large_s_is_refused(void **state)
{
    static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                            0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                            0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct text blob = fixture_blob("ed25519.sig"), message = fixture("message");
    struct arena *arena = arena_new();
    const struct sshsig *signature;
    struct error error = {0};
    unsigned carry = 0;
    (void)state;

    unsigned char *s = (unsigned char *)blob.bytes + blob.length - 32;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)s[i] + order[i];
        s[i] = (unsigned char)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(sshsig_parse_blob(arena, blob.bytes, blob.length, &signature, &error), 0);
    assert_int_equal(
        sshsig_verify(signature, FIXTURE_NAMESPACE, message.bytes, message.length, NULL, &error),
        -1);
    arena_free(arena);
    text_release(&message);
    text_release(&blob);
}

static void what_is_signed_is_bounded(void **state)
{
    char long_name[SSHSIG_NAMESPACE_MAX + 2];
    struct text tbs;
    struct error error = {0};
    (void)state;

    memset(long_name, 'n', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    assert_int_equal(sshsig_add_tbs(&tbs, "", SSHSIG_SHA512, "", 0, &error), -1);
    assert_int_equal(sshsig_add_tbs(&tbs, long_name, SSHSIG_SHA512, "", 0, &error), -1);
    assert_int_equal(tbs.length, 0);
    assert_int_equal(sshsig_add_tbs(&tbs, long_name + 1, SSHSIG_SHA512, "", 0, &error), 0);
    text_release(&tbs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ssh_keygen_signed_is_good),
        cmocka_unit_test(no_changed_bit_is_accepted),
        cmocka_unit_test(no_part_and_no_more_is_accepted),
        cmocka_unit_test(message_namespace_and_touch_matter),
        cmocka_unit_test(a_policy_may_ask_for_more_than_a_touch),
        cmocka_unit_test(a_passkey_needs_its_origin),
        cmocka_unit_test(armour_is_strict),
        cmocka_unit_test(line_lengths_and_the_last_line_feed_do_not_matter),
        cmocka_unit_test(fields_are_strict),
        cmocka_unit_test(a_large_s_is_refused),
        cmocka_unit_test(what_is_signed_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

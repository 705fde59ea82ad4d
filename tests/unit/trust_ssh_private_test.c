#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/bcrypt_pbkdf.h"
#include "trust/ssh_private.h"
#include "trust/sshsig.h"

#include "trust_fixture.h"

/* Published vectors of bcrypt_pbkdf, as its other implementations have them in their tests. */
static void keys_are_derived_as_published(void **state)
{
    static const struct {
        const char *passphrase;
        size_t passphrase_size;
        const char *salt;
        size_t salt_size;
        uint32_t rounds;
        const char *key_hex;
    } cases[] = {
        {"password", 8, "salt", 4, 4,
         "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9"},
        {"password", 8, "\0", 1, 4, "c12b566235eee04c212598970a579a67"},
        {"\0", 1, "salt", 4, 4, "6051be18c2f4f82cbf0efee5471b4bb9"},
        {"password\0", 9, "salt\0", 5, 4,
         "7410e44cf4fa07bfaac8a928b1727fac001375e7bf7384370f48efd121743050"},
        {"password", 8, "salt", 4, 8,
         "e1367ec5151a33faac4cc1c144cd23fa15d5548493ecc99b9b5d9c0d3b27bec76227ea66088b849b20ab7aa4"
         "78010246e74bba51723fefa9f9474d6508845e8d"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char key[64];
        struct text hex;
        size_t size = strlen(cases[i].key_hex) / 2;
        text_init(&hex, 128);
        assert_true(bcrypt_pbkdf(cases[i].passphrase, cases[i].passphrase_size, cases[i].salt,
                                 cases[i].salt_size, cases[i].rounds, key, size));
        hex_add(&hex, key, size);
        assert_string_equal(hex.bytes, cases[i].key_hex);
        text_release(&hex);
    }
}

static void derivation_is_bounded(void **state)
{
    unsigned char key[BCRYPT_PBKDF_KEY_MAX_BYTES + 1];
    (void)state;

    assert_false(bcrypt_pbkdf("", 0, "salt", 4, 1, key, 32));
    assert_false(bcrypt_pbkdf("p", 1, "", 0, 1, key, 32));
    assert_false(bcrypt_pbkdf("p", 1, "salt", 4, 0, key, 32));
    assert_false(bcrypt_pbkdf("p", 1, "salt", 4, BCRYPT_PBKDF_ROUNDS_MAX + 1, key, 32));
    assert_false(bcrypt_pbkdf("p", 1, "salt", 4, 1, key, 0));
    assert_false(bcrypt_pbkdf("p", 1, "salt", 4, 1, key, sizeof(key)));
}

static int read_private(const char *bytes, size_t size, const char *passphrase,
                        struct ssh_private **out, struct error *error)
{
    struct text secret;

    text_init_secret(&secret, 64);
    text_add(&secret, passphrase);
    int result = ssh_private_read(bytes, size, &secret, out, error);
    assert_int_equal(result == 0, *out != NULL);
    text_release(&secret);
    return result;
}

static void keys_are_read_and_sign(void **state)
{
    static const struct {
        const char *file, *public_file, *passphrase;
        bool encrypted;
    } cases[] = {
        {"ed25519", "ed25519.pub", "", false},
        {"ecdsa", "ecdsa.pub", "", false},
        {"ed25519-ctr", "ed25519.pub", "passphrase", true},
        {"ecdsa-gcm", "ecdsa.pub", "passphrase", true},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text file = fixture(cases[i].file), armour;
        struct ssh_key key = fixture_key(cases[i].public_file);
        struct arena *arena = arena_new();
        struct ssh_private *private_key;
        const struct sshsig *signature;
        struct error error = {0};
        bool encrypted;
        text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
        assert_int_equal(ssh_private_is_encrypted(file.bytes, file.length, &encrypted, &error), 0);
        assert_int_equal(encrypted, cases[i].encrypted);
        if (read_private(file.bytes, file.length, cases[i].passphrase, &private_key, &error) < 0)
            fail_msg("%s: %s", cases[i].file, error.message);
        assert_true(ssh_key_equal(ssh_private_public(private_key), &key));
        assert_int_equal(
            ssh_private_sign(private_key, FIXTURE_NAMESPACE, "text", 4, &armour, &error), 0);
        assert_int_equal(sshsig_parse(arena, armour.bytes, armour.length, &signature, &error), 0);
        assert_int_equal(sshsig_verify(signature, FIXTURE_NAMESPACE, "text", 4, NULL, &error), 0);
        assert_true(ssh_key_equal(&signature->key, &key));
        ssh_private_free(private_key);
        arena_free(arena);
        text_release(&armour);
        text_release(&file);
    }
}

/* Ed25519 signatures are deterministic: they are the very bytes of ssh-keygen. */
static void an_ed25519_signature_is_that_of_ssh_keygen(void **state)
{
    struct text file = fixture("ed25519"), expected = fixture("ed25519.sig");
    struct text message = fixture("message"), armour;
    struct ssh_private *private_key;
    struct error error = {0};
    (void)state;

    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    assert_int_equal(read_private(file.bytes, file.length, "", &private_key, &error), 0);
    assert_int_equal(ssh_private_sign(private_key, FIXTURE_NAMESPACE, message.bytes, message.length,
                                      &armour, &error),
                     0);
    assert_string_equal(armour.bytes, expected.bytes);
    ssh_private_free(private_key);
    text_release(&armour);
    text_release(&message);
    text_release(&expected);
    text_release(&file);
}

static void assert_refused(const char *bytes, size_t size, const char *passphrase,
                           const char *reason)
{
    struct ssh_private *private_key;
    struct error error = {0};

    assert_int_equal(read_private(bytes, size, passphrase, &private_key, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    if (!strstr(error.message, reason))
        fail_msg("'%s' does not say '%s'", error.message, reason);
}

static void what_cannot_sign_is_refused(void **state)
{
    static const struct {
        const char *file, *passphrase, *reason;
    } cases[] = {
        {"ed25519-ctr", "", "needs its passphrase"},
        {"ed25519-ctr", "Passphrase", "passphrase of the private key is wrong"},
        {"ecdsa-gcm", "", "needs its passphrase"},
        {"ecdsa-gcm", "Passphrase", "passphrase of the private key is wrong"},
        {"ed25519-cbc", "passphrase", "encrypted with 'aes256-cbc'"},
        {"ed25519-sk", "", "belongs to a security key"},
        {"rsa", "", "RSA keys are not accepted"},
        {"ed25519.pub", "", "no private key file"},
        {"message", "", "no private key file"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text file = fixture(cases[i].file);
        assert_refused(file.bytes, file.length, cases[i].passphrase, cases[i].reason);
        text_release(&file);
    }
    assert_refused("", 0, "", "no private key file");
    static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\nMHc=\n";
    struct ssh_private *private_key;
    struct error error = {0};
    assert_int_equal(read_private(pem, strlen(pem), "", &private_key, &error), -1);
    assert_non_null(strstr(error.next, "ssh-keygen -p"));
}

/* Changes each character of the base64 in turn: no crash, no leak, and never a key whose halves do
 * not belong together. Only what says nothing (check numbers, comment) may change. */
static void a_damaged_file_makes_no_other_key(void **state)
{
    static const char *const names[] = {"ed25519", "ecdsa"};
    static const char *const public_names[] = {"ed25519.pub", "ecdsa.pub"};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct text file = fixture(names[i]);
        struct ssh_key key = fixture_key(public_names[i]);
        char *start = strchr(file.bytes, '\n');
        for (char *c = start; *c != '-' && *c; c++) {
            struct ssh_private *private_key;
            struct error error = {0};
            char kept = *c;
            *c = kept == 'B' ? 'C' : 'B';
            if (read_private(file.bytes, file.length, "", &private_key, &error) == 0)
                assert_true(ssh_key_equal(ssh_private_public(private_key), &key));
            ssh_private_free(private_key);
            *c = kept;
        }
        for (size_t size = 0; size < file.length; size += 3) {
            struct ssh_private *private_key;
            struct error error = {0};
            if (read_private(file.bytes, size, "", &private_key, &error) == 0)
                assert_true(size + 3 >= file.length); /* but for the last line end */
            ssh_private_free(private_key);
        }
        text_release(&file);
    }
}

static void windows_line_ends_do_not_matter(void **state)
{
    struct text file = fixture("ed25519"), crlf;
    struct ssh_private *private_key;
    struct error error = {0};
    (void)state;

    text_init(&crlf, 2 * file.length);
    for (size_t i = 0; i < file.length; i++) {
        if (file.bytes[i] == '\n')
            text_add_char(&crlf, '\r');
        text_add_char(&crlf, file.bytes[i]);
    }
    assert_int_equal(read_private(crlf.bytes, crlf.length, "", &private_key, &error), 0);
    ssh_private_free(private_key);
    text_release(&crlf);
    text_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_derived_as_published),
        cmocka_unit_test(derivation_is_bounded),
        cmocka_unit_test(keys_are_read_and_sign),
        cmocka_unit_test(an_ed25519_signature_is_that_of_ssh_keygen),
        cmocka_unit_test(what_cannot_sign_is_refused),
        cmocka_unit_test(a_damaged_file_makes_no_other_key),
        cmocka_unit_test(windows_line_ends_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

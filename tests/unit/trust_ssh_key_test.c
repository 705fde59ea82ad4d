#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/ssh_key.h"
#include "trust/ssh_point.h"
#include "trust/ssh_wire.h"

#include "low_order_points.h"
#include "trust_fixture.h"

static void keys_are_read_and_written_the_same(void **state)
{
    static const struct {
        const char *name;
        enum ssh_key_kind kind;
        bool p256, hardware;
        const char *application;
    } cases[] = {
        {"ed25519.pub", SSH_KEY_ED25519, false, false, ""},
        {"ecdsa.pub", SSH_KEY_P256, true, false, ""},
        {"ed25519-sk.pub", SSH_KEY_SK_ED25519, false, true, "ssh:"},
        {"ecdsa-sk.pub", SSH_KEY_SK_P256, true, true, "ssh:"},
        {"passkey.pub", SSH_KEY_SK_P256, true, true, "kommune.example"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text file = fixture(cases[i].name), line, blob;
        struct ssh_key key = fixture_key(cases[i].name), again;
        struct error error = {0};
        assert_int_equal(key.kind, cases[i].kind);
        assert_int_equal(ssh_key_is_p256(&key), cases[i].p256);
        assert_int_equal(ssh_key_is_hardware(&key), cases[i].hardware);
        assert_string_equal(key.application, cases[i].application);
        text_init(&line, SSH_KEY_LINE_MAX_BYTES);
        text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
        ssh_key_add_line(&line, &key);
        assert_memory_equal(line.bytes, file.bytes, line.length);
        assert_int_equal(file.bytes[line.length], ' '); /* the comment */
        ssh_key_add_blob(&blob, &key);
        assert_int_equal(ssh_key_from_blob(blob.bytes, blob.length, &again, &error), 0);
        assert_true(ssh_key_equal(&key, &again));
        text_release(&blob);
        text_release(&line);
        text_release(&file);
    }
}

static void every_cut_and_every_added_byte_is_refused(void **state)
{
    static const char *const names[] = {"ed25519.pub", "ecdsa.pub", "ed25519-sk.pub",
                                        "ecdsa-sk.pub"};
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct ssh_key key = fixture_key(names[i]), out;
        struct text blob;
        text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
        ssh_key_add_blob(&blob, &key);
        for (size_t size = 0; size < blob.length; size++) {
            struct error error = {0};
            assert_int_equal(ssh_key_from_blob(blob.bytes, size, &out, &error), -1);
            assert_int_equal(error.kind, ERROR_INPUT);
            assert_int_equal(out.point_size, 0);
        }
        text_add_char(&blob, '\0');
        struct error error = {0};
        assert_int_equal(ssh_key_from_blob(blob.bytes, blob.length, &out, &error), -1);
        text_release(&blob);
    }
}

static void assert_line_refused(const char *line, const char *reason)
{
    struct ssh_key key;
    struct error error = {0};

    assert_int_equal(ssh_key_from_line(line, strlen(line), &key, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    if (!strstr(error.message, reason) && !strstr(error.next, reason))
        fail_msg("'%s' (%s) does not say '%s'", error.message, error.next, reason);
}

static void other_kinds_are_refused_by_name_with_the_reason(void **state)
{
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"ssh-rsa AAAA", "'ssh-rsa': RSA keys are not accepted"},
        {"rsa-sha2-512 AAAA", "RSA keys are not accepted"},
        {"ssh-dss AAAA", "DSA keys are not accepted"},
        {"ecdsa-sha2-nistp384 AAAA", "only P-256"},
        {"ecdsa-sha2-nistp521 AAAA", "only P-256"},
        {"ssh-ed25519-cert-v01@openssh.com AAAA", "certificates are not accepted"},
        {"sk-ssh-ed25519-cert-v01@openssh.com AAAA", "certificates are not accepted"},
        {"webauthn-sk-ecdsa-sha2-nistp256@openssh.com AAAA", "name of a signature"},
        {"ssh-xmss@openssh.com AAAA", "experimental"},
        {"ssh-frodo AAAA", "'ssh-frodo' is no kind of key"},
        {"cert-authority ssh-ed25519 AAAA", "begins with options"},
        {"namespaces=\"x\" ssh-ed25519 AAAA", "begins with options"},
        {"no-pty ssh-ed25519 AAAA", "begins with options"},
        {"", "empty"},
        {"\n", "empty"},
        {"ssh-ed25519", "base64"},
        {"ssh-ed25519 ", "base64"},
        {"ssh-ed25519  AAAA", "base64"},
        {"ssh-ed25519 AAAA", "no public key"},
        {"ssh-ed25519 AAA", "base64"},
        {"ssh-ed25519 A A A A", "base64"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nx", "private key"},
        {"SSH-ED25519 AAAA", "no kind of key"},
    };
    static const char *const files[] = {"rsa.pub", "p384.pub", "ecdsa-cert.pub"};
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_line_refused(cases[i].line, cases[i].reason);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct text line = fixture(files[i]);
        assert_line_refused(line.bytes, "accepted");
        text_release(&line);
    }
}

static void the_name_and_the_blob_must_agree(void **state)
{
    struct ssh_key key = fixture_key("ed25519.pub");
    struct text line, changed;
    (void)state;

    text_init(&line, SSH_KEY_LINE_MAX_BYTES);
    text_init(&changed, SSH_KEY_LINE_MAX_BYTES);
    ssh_key_add_line(&line, &key);
    text_addf(&changed, "ecdsa-sha2-nistp256 %s", strchr(line.bytes, ' ') + 1);
    assert_line_refused(changed.bytes, "its key is of the kind 'ssh-ed25519'");
    text_release(&changed);
    text_release(&line);
}

static void assert_point_refused(const char *hex, const char *reason)
{
    struct text point, blob;
    struct ssh_key key;
    static const char *const kinds[] = {"ssh-ed25519", "sk-ssh-ed25519@openssh.com"};

    text_init(&point, ED25519_POINT_SIZE);
    assert_true(hex_decode(&point, hex, strlen(hex)));
    for (size_t i = 0; i < 2; i++) {
        struct error error = {0};
        text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
        ssh_add_cstring(&blob, kinds[i]);
        ssh_add_string(&blob, point.bytes, point.length);
        if (i == 1)
            ssh_add_cstring(&blob, "ssh:");
        assert_int_equal(ssh_key_from_blob(blob.bytes, blob.length, &key, &error), -1);
        assert_non_null(strstr(error.message, reason));
        text_release(&blob);
    }
    text_release(&point);
}

static void ed25519_points_of_low_order_are_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(low_order_points) / sizeof(low_order_points[0]); i++)
        assert_point_refused(low_order_points[i], "low order");
}

/* About half of all numbers are no y of the curve; y = 2 is one of them. */
static void ed25519_points_off_the_curve_or_in_a_second_form_are_refused(void **state)
{
    (void)state;
    assert_point_refused("0200000000000000000000000000000000000000000000000000000000000000",
                         "not on the curve");
    assert_point_refused("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                         "canonical");
    assert_point_refused("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                         "canonical");
    /* The base point: y = 4/5. */
    unsigned char base[ED25519_POINT_SIZE];
    memset(base, 0x66, sizeof(base));
    base[0] = 0x58;
    assert_null(ed25519_point_fault(base));
}

static void p256_points_off_the_curve_are_refused(void **state)
{
    struct ssh_key key = fixture_key("ecdsa.pub");
    unsigned char point[P256_POINT_SIZE];
    (void)state;

    assert_null(p256_point_fault(key.point, key.point_size));
    for (size_t at = 0; at < sizeof(point); at += 7) {
        memcpy(point, key.point, sizeof(point));
        point[at] ^= 1;
        assert_non_null(p256_point_fault(point, sizeof(point)));
    }
    assert_non_null(p256_point_fault((const unsigned char *)"", 1)); /* infinity is one byte 00 */
    memcpy(point, key.point, sizeof(point));
    point[0] = 2 + (point[64] & 1); /* the compressed form */
    assert_non_null(p256_point_fault(point, 33));
}

static void fingerprints_are_those_of_ssh_keygen(void **state)
{
    struct ssh_key key;
    struct error error = {0};
    char shown[SSH_FINGERPRINT_SIZE];
    const char line[] = "ssh-ed25519 "
                        "AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    (void)state;

    assert_int_equal(ssh_key_from_line(line, strlen(line), &key, &error), 0);
    ssh_key_fingerprint(&key, shown);
    assert_string_equal(shown, "SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8");
}

static void a_pair_is_the_same_under_another_name(void **state)
{
    struct ssh_key a = fixture_key("ecdsa.pub"), b = a, c = fixture_key("ecdsa-sk.pub");
    struct ssh_key ed = fixture_key("ed25519.pub"), negative = ed;
    (void)state;

    b.kind = SSH_KEY_SK_P256;
    assert_false(ssh_key_equal(&a, &b));
    assert_true(ssh_key_same_pair(&a, &b));
    assert_false(ssh_key_same_pair(&a, &c));
    assert_false(ssh_key_same_pair(&a, &ed));
    negative.point[31] ^= 0x80;
    assert_false(ssh_key_equal(&ed, &negative));
    assert_true(ssh_key_same_pair(&ed, &negative));
}

static void comments_may_be_in_any_language_but_hide_nothing(void **state)
{
    struct ssh_key key = fixture_key("ed25519.pub"), again;
    struct error error = {0};
    struct text line;
    (void)state;

    text_init(&line, SSH_KEY_LINE_MAX_BYTES);
    ssh_key_add_line(&line, &key);
    text_add(&line, " Kåre Ødegård\r\n");
    assert_int_equal(ssh_key_from_line(line.bytes, line.length, &again, &error), 0);
    text_truncate(&line, line.length - 2);
    text_add(&line, "\x1b[2K");
    assert_line_refused(line.bytes, "one line of text");
    text_release(&line);
}

static void mpints_have_one_form(void **state)
{
    static const struct {
        const char *hex;
        bool good;
    } cases[] = {
        {"0000000101", true},    {"000000020080", true},    {"00000000", false},
        {"0000000100", false},   {"0000000180", false},     {"000000020001", false},
        {"00000002007f", false}, {"00000003000080", false}, {"0000000201", false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text bytes, again;
        struct ssh_reader reader;
        text_init(&bytes, 16);
        text_init(&again, 16);
        assert_true(hex_decode(&bytes, cases[i].hex, strlen(cases[i].hex)));
        ssh_reader_init(&reader, bytes.bytes, bytes.length);
        struct ssh_bytes number = ssh_read_mpint(&reader);
        assert_int_equal(ssh_reader_done(&reader), cases[i].good);
        if (cases[i].good) {
            ssh_add_mpint(&again, number.bytes, number.size);
            assert_int_equal(again.length, bytes.length);
            assert_memory_equal(again.bytes, bytes.bytes, bytes.length);
        }
        text_release(&again);
        text_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_read_and_written_the_same),
        cmocka_unit_test(every_cut_and_every_added_byte_is_refused),
        cmocka_unit_test(other_kinds_are_refused_by_name_with_the_reason),
        cmocka_unit_test(the_name_and_the_blob_must_agree),
        cmocka_unit_test(ed25519_points_of_low_order_are_refused),
        cmocka_unit_test(ed25519_points_off_the_curve_or_in_a_second_form_are_refused),
        cmocka_unit_test(p256_points_off_the_curve_are_refused),
        cmocka_unit_test(fingerprints_are_those_of_ssh_keygen),
        cmocka_unit_test(a_pair_is_the_same_under_another_name),
        cmocka_unit_test(comments_may_be_in_any_language_but_hide_nothing),
        cmocka_unit_test(mpints_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

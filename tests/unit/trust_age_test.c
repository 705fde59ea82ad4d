#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "trust/age.h"
#include "trust/age_decryptor.h"
#include "trust/age_stream.h"

#include "property.h"

enum { CEILING = 1024 * 1024, WORK_FACTOR = 4 };

/* C2SP CCTV, age: "armor_x25519" and "armor_scrypt". Both hold "age". */
static const char known_identity[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
static const char known_recipient[] =
    "age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef";
static const char known_file[] =
    "-----BEGIN AGE ENCRYPTED FILE-----\n"
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBURWlGMHlwcXIrYnB2Y3FY\n"
    "TnlDVkpwTDdPdXdQZFZ3UEw3S1FFYkZET0NjCmhqYWJHWHdTTFE5YzNTNkx3Mmkr\n"
    "UzJUdTJmaXdRSEhzbGJCTjZCNDFGTEUKLS0tIFd5SnA5Ri85Rk9aaDdnSmRoZXEy\n"
    "V0lKY3dIZ1ljOE5JVmgzZGR3aHJjTmcK7s9ix86RtDMnTmjU8vkTTLdMW/73vqpS\n"
    "yPC8DpksHoMx+2Y=\n"
    "-----END AGE ENCRYPTED FILE-----\n";
static const char known_passphrase[] = "password";
static const char known_passphrase_file[] =
    "-----BEGIN AGE ENCRYPTED FILE-----\n"
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCByRjAvTndibFVISFRwZ1Fn\n"
    "UnBlNUNRIDEwCmdVakV5bUZLTVZYUUVLZE1NSEwyNG9ZZXhqRTNUSUMwTzB6R1Nx\n"
    "SjJhVVkKLS0tIElPWGlRWVN0a29UMW12WlcydEZPcVpkaFJWdmo1OGVnQUJ4L3NX\n"
    "ZlpRYmMKGzXG5ofdANo6w3msn3QsIf0YWhuePe1znRSsappQEk24Ztg=\n"
    "-----END AGE ENCRYPTED FILE-----\n";

/* --- help --------------------------------------------------------------------------------------
 */

static struct age_identities *identities_of(const char *lines)
{
    struct age_identities *identities = age_identities_new();
    struct error error = {0};

    if (lines && age_identities_add(identities, lines, strlen(lines), &error) < 0)
        fail_msg("%s", error.message);
    return identities;
}

static struct age_identities *identities_of_passphrase(const char *passphrase)
{
    struct age_identities *identities = age_identities_new();
    struct error error = {0};

    assert_int_equal(
        age_identities_add_passphrase(identities, passphrase, strlen(passphrase), &error), 0);
    return identities;
}

static struct age_recipients *recipients_of(const char *spelling)
{
    struct age_recipients *recipients = age_recipients_new();
    struct error error = {0};

    assert_int_equal(age_recipients_add(recipients, spelling, &error), 0);
    return recipients;
}

static struct age_recipients *recipients_of_passphrase(const char *passphrase)
{
    struct age_recipients *recipients = age_recipients_new();
    struct error error = {0};

    assert_int_equal(age_recipients_add_passphrase(recipients, passphrase, strlen(passphrase),
                                                   WORK_FACTOR, &error),
                     0);
    return recipients;
}

static void encrypt(const struct age_recipients *recipients, enum age_form form, const char *plain,
                    struct text *out)
{
    struct error error = {0};

    text_init(out, CEILING);
    if (age_encrypt(recipients, form, plain, strlen(plain), out, &error) < 0)
        fail_msg("%s", error.message);
}

static void assert_opens(const struct age_identities *identities, const char *bytes, size_t size,
                         const char *expected)
{
    struct error error = {0};
    struct text plain;

    text_init_secret(&plain, CEILING);
    if (age_decrypt(identities, bytes, size, &plain, &error) < 0)
        fail_msg("%s", error.message);
    assert_string_equal(plain.bytes, expected);
    text_release(&plain);
}

/* Fails for the reason, and says nothing of the contents. */
static void assert_does_not_open(const struct age_identities *identities, const char *bytes,
                                 size_t size, enum age_failure failure)
{
    struct age_decryptor *decryptor = age_decryptor_new(identities);
    struct error error = {0};
    struct text plain;

    text_init_secret(&plain, CEILING);
    if (age_decryptor_add(decryptor, bytes, size, &plain, &error) == 0)
        assert_int_equal(age_decryptor_finish(decryptor, &plain, &error), -1);
    if (age_decryptor_failure(decryptor) != failure)
        fail_msg("failure %d, not %d: %s", (int)age_decryptor_failure(decryptor), (int)failure,
                 error.message);
    assert_int_equal(error.kind, failure == AGE_BAD_MAC || failure == AGE_BAD_PAYLOAD
                                     ? ERROR_VERIFICATION
                                     : ERROR_INPUT);
    age_decryptor_free(decryptor);
    text_reset(&plain);
    text_add(&plain, "from before");
    assert_int_equal(age_decrypt(identities, bytes, size, &plain, &error), -1);
    assert_int_equal(plain.length, 0);
    text_release(&plain);
}

/* --- files -------------------------------------------------------------------------------------
 */

static void known_files_open(void **state)
{
    struct age_identities *identities = identities_of(known_identity);
    struct text recipient;
    (void)state;

    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    age_identities_recipient(identities, 0, &recipient);
    assert_string_equal(recipient.bytes, known_recipient);
    assert_opens(identities, known_file, strlen(known_file), "age");
    assert_does_not_open(identities, known_passphrase_file, strlen(known_passphrase_file),
                         AGE_NO_MATCH);
    age_identities_free(identities);
    text_release(&recipient);

    identities = identities_of_passphrase(known_passphrase);
    assert_opens(identities, known_passphrase_file, strlen(known_passphrase_file), "age");
    assert_does_not_open(identities, known_file, strlen(known_file), AGE_NO_MATCH);
    age_identities_free(identities);

    identities = identities_of_passphrase("passwore");
    assert_does_not_open(identities, known_passphrase_file, strlen(known_passphrase_file),
                         AGE_NO_MATCH);
    age_identities_free(identities);
}

static void what_is_encrypted_is_decrypted_again(void **state)
{
    static const size_t sizes[] = {0, 1, 3, 1000, AGE_CHUNK_SIZE, 5 * AGE_CHUNK_SIZE + 77};
    struct age_identities *identities = identities_of(known_identity);
    struct age_recipients *recipients = recipients_of(known_recipient);
    unsigned char *bytes = memory_alloc(CEILING);
    uint64_t seed = 5;
    (void)state;

    property_fill(&seed, bytes, CEILING);
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        const size_t size = sizes[i / 2];
        struct error error = {0};
        struct text sealed, plain;
        text_init(&sealed, CEILING);
        text_init_secret(&plain, CEILING);
        assert_int_equal(
            age_encrypt(recipients, i % 2 ? AGE_ARMORED : AGE_BINARY, bytes, size, &sealed, &error),
            0);
        assert_true(age_is_encrypted(sealed.bytes, sealed.length));
        assert_int_equal(age_decrypt(identities, sealed.bytes, sealed.length, &plain, &error), 0);
        assert_int_equal(plain.length, size);
        assert_memory_equal(plain.bytes, bytes, size);
        text_release(&plain);
        text_release(&sealed);
    }
    memory_free(bytes);
    age_recipients_free(recipients);
    age_identities_free(identities);
}

static void each_recipient_opens_it_and_nobody_else(void **state)
{
    enum { COUNT = 3 };
    struct age_recipients *recipients = age_recipients_new();
    struct age_identities *identities[COUNT + 1];
    struct text sealed;
    struct error error = {0};
    (void)state;

    for (size_t i = 0; i <= COUNT; i++) {
        struct text file, recipient;
        text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
        assert_int_equal(age_identity_generate(&file, &recipient, &error), 0);
        assert_true(file.secret);
        identities[i] = identities_of(file.bytes);
        assert_int_equal(age_identities_count(identities[i]), 1);
        if (i < COUNT) {
            assert_int_equal(age_recipients_add(recipients, recipient.bytes, &error), 0);
            assert_int_equal(age_recipients_add(recipients, recipient.bytes, &error), 0);
        }
        text_release(&recipient);
        text_release(&file);
    }
    encrypt(recipients, AGE_BINARY, "to three", &sealed);
    size_t stanzas = 0;
    for (const char *at = sealed.bytes; (at = strstr(at, "\n-> X25519 ")); at++)
        stanzas++;
    assert_int_equal(stanzas, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_opens(identities[i], sealed.bytes, sealed.length, "to three");
    assert_does_not_open(identities[COUNT], sealed.bytes, sealed.length, AGE_NO_MATCH);
    text_release(&sealed);
    for (size_t i = 0; i <= COUNT; i++)
        age_identities_free(identities[i]);
    age_recipients_free(recipients);
}

static void the_same_text_never_looks_the_same(void **state)
{
    struct age_recipients *recipients = recipients_of(known_recipient);
    struct text first, second;
    (void)state;

    encrypt(recipients, AGE_BINARY, "the same", &first);
    encrypt(recipients, AGE_BINARY, "the same", &second);
    const size_t version = strlen("age-encryption.org/v1\n-> X25519 ");
    assert_int_equal(first.length, second.length);
    assert_memory_not_equal(first.bytes + version, second.bytes + version, 43);
    assert_memory_not_equal(first.bytes + first.length - 24, second.bytes + second.length - 24, 24);
    text_release(&first);
    text_release(&second);
    age_recipients_free(recipients);
}

/* Of a file that is damaged, nothing is given out. */
static void assert_gives_nothing(const struct age_identities *identities, const char *bytes,
                                 size_t size, struct text *plain)
{
    struct error error = {0};

    assert_int_equal(age_decrypt(identities, bytes, size, plain, &error), -1);
    assert_int_equal(plain->length, 0);
}

/* A file, the form that it has, and room for what it holds. */
typedef void damage(const struct age_identities *identities, enum age_form form,
                    struct text *sealed, struct text *plain);

static void damage_both_forms(const char *words, damage *do_damage)
{
    struct age_identities *identities = identities_of(known_identity);
    struct age_recipients *recipients = recipients_of(known_recipient);

    for (enum age_form form = AGE_BINARY; form <= AGE_ARMORED; form++) {
        struct text sealed, plain;
        text_init_secret(&plain, CEILING);
        encrypt(recipients, form, words, &sealed);
        do_damage(identities, form, &sealed, &plain);
        text_release(&plain);
        text_release(&sealed);
    }
    age_recipients_free(recipients);
    age_identities_free(identities);
}

static void change_each_bit(const struct age_identities *identities, enum age_form form,
                            struct text *sealed, struct text *plain)
{
    (void)form;
    for (size_t i = 0; i < sealed->length; i++)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            char was = sealed->bytes[i];
            sealed->bytes[i] = (char)(was ^ (1 << bit));
            assert_gives_nothing(identities, sealed->bytes, sealed->length, plain);
            sealed->bytes[i] = was;
        }
    assert_opens(identities, sealed->bytes, sealed->length, "every bit");
}

/* Every bit of a file matters, in both forms of it. */
static void a_changed_bit_is_noticed_wherever_it_is(void **state)
{
    (void)state;
    damage_both_forms("every bit", change_each_bit);
}

static void cut_anywhere(const struct age_identities *identities, enum age_form form,
                         struct text *sealed, struct text *plain)
{
    /* Armor without its last line end is whole. */
    for (size_t size = 0; size < sealed->length - (form == AGE_ARMORED); size++)
        assert_gives_nothing(identities, sealed->bytes, size, plain);
}

static void a_file_cut_off_anywhere_does_not_open(void **state)
{
    (void)state;
    damage_both_forms("cut off", cut_anywhere);
}

static void what_is_no_age_file_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        enum age_failure failure;
    } cases[] = {
        {"", AGE_BAD_HEADER},
        {"municipality: \"0301\"\n", AGE_BAD_HEADER},
        {"age-encryption.org/v2\n-> X25519 a\n\n--- a\n", AGE_BAD_HEADER},
        {"age-encryption.org/v1", AGE_BAD_HEADER},
        {"age-encryption.org/v1\n", AGE_BAD_HEADER},
        {"-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n", AGE_BAD_HEADER},
        {"-----BEGIN PGP MESSAGE-----\n", AGE_BAD_ARMOR},
        {"---\n- municipality: \"0301\"\n", AGE_BAD_ARMOR},
        {"\n", AGE_BAD_ARMOR},
    };
    struct age_identities *identities = identities_of(known_identity);
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_does_not_open(identities, cases[i].bytes, strlen(cases[i].bytes), cases[i].failure);
    age_identities_free(identities);
}

static void it_tells_age_files_from_others(void **state)
{
    (void)state;

    assert_true(age_is_encrypted(known_file, strlen(known_file)));
    assert_true(age_is_encrypted("\r\n -----BEGIN AGE ENCRYPTED FILE-----", 37));
    assert_true(age_is_encrypted("age-encryption.org/v1", 21));
    assert_true(age_is_encrypted("age-encryption.org/v2", 21));
    assert_false(age_is_encrypted("age-encryption.or", 17));
    assert_false(age_is_encrypted(" age-encryption.org/v1", 22));
    assert_false(age_is_encrypted("-----BEGIN AGE", 14));
    assert_false(age_is_encrypted(known_identity, strlen(known_identity)));
    assert_false(age_is_encrypted("   ", 3));
    assert_false(age_is_encrypted("\0age-encryption.org/v1", 22));
    assert_false(age_is_encrypted(NULL, 0));
}

/* A header of a million lines, or none, is given up in time. */
static void a_header_without_end_is_refused(void **state)
{
    struct age_identities *identities = identities_of(known_identity);
    struct text bytes;
    (void)state;

    text_init(&bytes, CEILING);
    text_add(&bytes, "age-encryption.org/v1\n");
    while (bytes.length < AGE_HEADER_MAX_BYTES)
        text_add(&bytes, "-> grease\n\n");
    assert_does_not_open(identities, bytes.bytes, bytes.length, AGE_BAD_HEADER);
    text_reset(&bytes);
    while (bytes.length < AGE_HEADER_MAX_BYTES + 1)
        text_add(&bytes, "aaaaaaaaaa");
    assert_does_not_open(identities, bytes.bytes, bytes.length, AGE_BAD_HEADER);
    text_release(&bytes);
    age_identities_free(identities);
}

static void only_secret_memory_takes_plaintext(void **state)
{
    struct age_identities *identities = identities_of(known_identity);
    struct error error = {0};
    struct text plain;
    (void)state;

    text_init(&plain, CEILING);
    assert_int_equal(age_decrypt(identities, known_file, strlen(known_file), &plain, &error), -1);
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_int_equal(plain.length, 0);
    text_release(&plain);
    age_identities_free(identities);
}

static void ceilings_hold(void **state)
{
    struct age_identities *identities = identities_of(known_identity);
    struct age_recipients *recipients = recipients_of(known_recipient);
    struct error error = {0};
    struct text sealed, plain;
    (void)state;

    text_init_secret(&plain, 2);
    assert_int_equal(age_decrypt(identities, known_file, strlen(known_file), &plain, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(plain.length, 0);
    text_release(&plain);
    for (size_t ceiling = 0; ceiling < 203; ceiling += 29) { /* the file takes 203 bytes */
        error_clear(&error);
        text_init(&sealed, ceiling);
        assert_int_equal(age_encrypt(recipients, AGE_BINARY, "age", 3, &sealed, &error), -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_int_equal(sealed.length, 0);
        text_release(&sealed);
    }
    age_recipients_free(recipients);
    age_identities_free(identities);
}

/* --- keys --------------------------------------------------------------------------------------
 */

static void a_recipient_is_read_strictly(void **state)
{
    static const struct {
        const char *spelling, *why;
    } cases[] = {
        {"", "not a valid recipient"},
        {"age1", "not a valid recipient"},
        {"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryee", "not a valid recipient"},
        {"AGE1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4Q47RYEF", "not a valid recipient"},
        {"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef ",
         "not a valid recipient"},
        {"age1lllsl5899u", "not a valid recipient"}, /* two bytes */
        {"age1pq1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef", "this type"},
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA", "this type"},
        {"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0",
         "secret key"},
    };
    struct age_recipients *recipients = age_recipients_new();
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        assert_int_equal(age_recipients_add(recipients, cases[i].spelling, &error), -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].why))
            fail_msg("%s: %s", cases[i].spelling, error.message);
        assert_null(strstr(error.message, "EGTZ"));
    }
    age_recipients_free(recipients);
}

/* The points of low order (RFC 7748, 7): anybody could derive the key. */
static void nothing_is_encrypted_to_a_low_order_recipient(void **state)
{
    static const char *const low_order[] = {
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z", /* 0 */
        "age1qyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqj7vrya", /* 1 */
        "age1ur4h5lpmgxu2u9jku0a0r87ydtdqnr0tnsetrlvxvgz3vh6fhqqqzyt4v9", /* of order 8 */
        "age1anlllllllllllllllllllllllllllllllllllllllllllllllals4n2t7m", /* 2^255 - 20 */
    };
    (void)state;

    for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
        struct age_recipients *recipients = age_recipients_new();
        struct error error = {0};
        struct text sealed;
        text_init(&sealed, CEILING);
        if (age_recipients_add(recipients, low_order[i], &error) < 0)
            fail_msg("%s: %s", low_order[i], error.message);
        assert_int_equal(age_encrypt(recipients, AGE_BINARY, "x", 1, &sealed, &error), -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        assert_int_equal(sealed.length, 0);
        text_release(&sealed);
        age_recipients_free(recipients);
    }
}

static void a_file_needs_recipients_and_a_passphrase_stands_alone(void **state)
{
    struct age_recipients *recipients = age_recipients_new();
    struct error error = {0};
    struct text sealed;
    (void)state;

    text_init(&sealed, CEILING);
    assert_int_equal(age_encrypt(recipients, AGE_BINARY, "x", 1, &sealed, &error), -1);
    assert_int_equal(error.kind, ERROR_USAGE);
    error_clear(&error);
    assert_int_equal(age_recipients_add_passphrase(recipients, "", 0, 0, &error), -1);
    assert_int_equal(age_recipients_add_passphrase(recipients, "x", 1, 21, &error), -1);
    error_clear(&error);
    assert_int_equal(age_recipients_add_passphrase(recipients, "x", 1, WORK_FACTOR, &error), 0);
    assert_int_equal(age_recipients_add(recipients, known_recipient, &error), -1);
    assert_int_equal(error.kind, ERROR_USAGE);
    age_recipients_free(recipients);
    recipients = recipients_of(known_recipient);
    error_clear(&error);
    assert_int_equal(age_recipients_add_passphrase(recipients, "x", 1, WORK_FACTOR, &error), -1);
    assert_int_equal(error.kind, ERROR_USAGE);
    age_recipients_free(recipients);
    text_release(&sealed);
}

static void an_identity_file_has_comments_and_several_keys(void **state)
{
    static const char file[] =
        "# created: 2026-07-22\r\n"
        "\n"
        "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\r\n"
        "#\n"
        "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    struct age_identities *identities = identities_of(file);
    (void)state;

    assert_int_equal(age_identities_count(identities), 2);
    assert_opens(identities, known_file, strlen(known_file), "age");
    age_identities_free(identities);
}

static void a_bad_line_refuses_the_whole_identity_file(void **state)
{
    static const char good[] =
        "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n";
    static const struct {
        const char *second, *why;
    } cases[] = {
        {"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM1", "line 2"},
        {"age-secret-key-1egtzvffv20835nwyv6270lxyvk2vknx2mmdkwyklmgr48uawx40q2p2lm0", "line 2"},
        {" AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0", "line 2"},
        {"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0 ", "line 2"},
        {"AGE-PLUGIN-YUBIKEY-1EGTZ", "not supported"},
        {"AGE-SECRET-KEY-PQ-1EGTZ", "not supported"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----", "not supported"},
        {"age1xmwwc06ly3ee5rytxm9mflaz2u56jjj36s0mypdrwsvlul66mv4q47ryef", "line 2"},
        {" ", "line 2"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct age_identities *identities = age_identities_new();
        struct error error = {0};
        struct text file;
        text_init_secret(&file, CEILING);
        text_addf(&file, "%s%s\n", good, cases[i].second);
        assert_int_equal(age_identities_add(identities, file.bytes, file.length, &error), -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, cases[i].why))
            fail_msg("%s: %s", cases[i].second, error.message);
        assert_null(strcasestr(error.message, "egtz"));
        assert_int_equal(age_identities_count(identities), 0);
        text_release(&file);
        age_identities_free(identities);
    }
}

static void an_identity_file_without_keys_or_with_too_many_is_refused(void **state)
{
    struct age_identities *identities = age_identities_new();
    struct error error = {0};
    struct text file;
    (void)state;

    assert_int_equal(age_identities_add(identities, "# nothing\n", 10, &error), -1);
    assert_int_equal(age_identities_add(identities, "", 0, &error), -1);
    error_clear(&error);
    text_init_secret(&file, CEILING);
    for (unsigned i = 0; i < AGE_IDENTITIES_MAX; i++)
        text_addf(&file, "%s\n", known_identity);
    assert_int_equal(age_identities_add(identities, file.bytes, file.length, &error), 0);
    assert_int_equal(age_identities_count(identities), AGE_IDENTITIES_MAX);
    assert_int_equal(age_identities_add(identities, known_identity, strlen(known_identity), &error),
                     -1);
    assert_int_equal(age_identities_count(identities), AGE_IDENTITIES_MAX);
    text_release(&file);
    age_identities_free(identities);
}

static void an_identity_file_may_be_protected(void **state)
{
    struct age_recipients *recipients = recipients_of_passphrase("hunter2");
    struct age_identities *identities = age_identities_new();
    struct error error = {0};
    struct text file;
    (void)state;

    encrypt(recipients, AGE_ARMORED, known_identity, &file);
    assert_int_equal(age_identities_add_file(identities, file.bytes, file.length, NULL, 0, &error),
                     -1);
    assert_int_equal(error.kind, ERROR_USAGE);
    error_clear(&error);
    assert_int_equal(
        age_identities_add_file(identities, file.bytes, file.length, "hunter3", 7, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(age_identities_count(identities), 0);
    error_clear(&error);
    assert_int_equal(
        age_identities_add_file(identities, file.bytes, file.length, "hunter2", 7, &error), 0);
    assert_opens(identities, known_file, strlen(known_file), "age");
    /* The passphrase belongs to that file alone. */
    assert_does_not_open(identities, file.bytes, file.length, AGE_NO_MATCH);
    text_release(&file);
    age_identities_free(identities);
    age_recipients_free(recipients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_files_open),
        cmocka_unit_test(what_is_encrypted_is_decrypted_again),
        cmocka_unit_test(each_recipient_opens_it_and_nobody_else),
        cmocka_unit_test(the_same_text_never_looks_the_same),
        cmocka_unit_test(a_changed_bit_is_noticed_wherever_it_is),
        cmocka_unit_test(a_file_cut_off_anywhere_does_not_open),
        cmocka_unit_test(what_is_no_age_file_is_refused),
        cmocka_unit_test(it_tells_age_files_from_others),
        cmocka_unit_test(a_header_without_end_is_refused),
        cmocka_unit_test(only_secret_memory_takes_plaintext),
        cmocka_unit_test(ceilings_hold),
        cmocka_unit_test(a_recipient_is_read_strictly),
        cmocka_unit_test(nothing_is_encrypted_to_a_low_order_recipient),
        cmocka_unit_test(a_file_needs_recipients_and_a_passphrase_stands_alone),
        cmocka_unit_test(an_identity_file_has_comments_and_several_keys),
        cmocka_unit_test(a_bad_line_refuses_the_whole_identity_file),
        cmocka_unit_test(an_identity_file_without_keys_or_with_too_many_is_refused),
        cmocka_unit_test(an_identity_file_may_be_protected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

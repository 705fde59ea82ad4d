/* Files of authorities, made here as people have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/authorities.h"

#include "test_folder.h"

enum { PATH_SIZE = TEST_PATH_SIZE + 64 };

struct fixture {
    struct test_folder folder;
    char path[PATH_SIZE];
    EVP_PKEY *key;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    test_folder_file(&fixture->folder, "ca.pem", fixture->path);
    fixture->key = EVP_EC_gen("P-256");
    assert_non_null(fixture->key);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    EVP_PKEY_free(fixture->key);
    test_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

static void add_text(const struct fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->path, "a");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Appends a certificate that ends then ("20270101000000Z"). */
static void add_certificate(const struct fixture *fixture, const char *end)
{
    X509 *certificate = X509_new();
    FILE *file = fopen(fixture->path, "a");

    assert_true(certificate && file);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20260101000000Z"),
                     1);
    assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), end), 1);
    assert_int_equal(X509_set_pubkey(certificate, fixture->key), 1);
    assert_true(X509_sign(certificate, fixture->key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
}

static void the_first_to_end_is_told(void **state)
{
    const struct fixture *fixture = *state;
    struct authorities authorities;
    struct error error = {0};

    add_text(fixture, "What stands between certificates is for people.\n");
    add_certificate(fixture, "20300101000000Z");
    add_certificate(fixture, "20270101000000Z");
    add_certificate(fixture, "20700101000000Z"); /* a time of the other form */
    assert_int_equal(authorities_read(fixture->path, &authorities, &error), 0);
    assert_int_equal(authorities.count, 3);
    assert_int_equal(authorities.first_end_unix_ms, INT64_C(1798761600000));
}

static void assert_refused(const struct fixture *fixture)
{
    struct authorities authorities;
    struct error error = {0};

    assert_int_equal(authorities_read(fixture->path, &authorities, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_non_null(strstr(error.message, fixture->path));
}

static void a_file_without_certificates_is_refused(void **state)
{
    const struct fixture *fixture = *state;

    assert_refused(fixture); /* it is not there */
    add_text(fixture, "");
    assert_refused(fixture);
    add_text(fixture, "# none yet\n");
    assert_refused(fixture);
}

static void a_damaged_certificate_is_refused(void **state)
{
    const struct fixture *fixture = *state;

    add_certificate(fixture, "20270101000000Z");
    add_text(fixture, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert_refused(fixture);
}

static void a_cut_file_is_refused(void **state)
{
    const struct fixture *fixture = *state;

    add_certificate(fixture, "20270101000000Z");
    add_text(fixture, "-----BEGIN CERTIFICATE-----\nMIIB\n");
    assert_refused(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_to_end_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_certificates_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_certificate_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_file_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

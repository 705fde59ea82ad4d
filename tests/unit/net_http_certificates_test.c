/* Which certificates of servers are trusted, by authorities that are made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "net/http_internal.h"

#include "file_fixture.h"

/* An authority or a server. */
struct party {
    EVP_PKEY *key;
    X509 *certificate;
};

static int set_up(void **state)
{
    int result = set_up_file(state, "ca.pem");
    const struct fixture *fixture = *state;

    assert_true(test_folder_write(fixture->path, ""));
    return result;
}

static void extend(X509 *certificate, X509 *issuer, int name, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, name, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void name_it(X509 *certificate, const char *name)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                                                MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                                                0),
                     1);
}

/* Signed by `issuer`; NULL: by itself. */
static struct party make_party(const char *name, const struct party *issuer)
{
    struct party party = {.key = EVP_EC_gen("P-256"), .certificate = X509_new()};
    X509 *certificate = party.certificate;
    const struct party *signer = issuer ? issuer : &party;

    assert_true(party.key && certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    name_it(certificate, name);
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(signer->certificate)),
                     1);
    assert_int_equal(X509_set_pubkey(certificate, party.key), 1);
    extend(certificate, signer->certificate, NID_basic_constraints,
           issuer ? "CA:FALSE" : "critical,CA:TRUE");
    extend(certificate, signer->certificate, NID_subject_key_identifier, "hash");
    extend(certificate, signer->certificate, NID_authority_key_identifier, "keyid:always");
    assert_true(X509_sign(certificate, signer->key, EVP_sha256()) > 0);
    return party;
}

static void free_party(struct party *party)
{
    EVP_PKEY_free(party->key);
    X509_free(party->certificate);
}

static void add_text(const struct fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->path, "a");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void add_party(const struct fixture *fixture, const struct party *party)
{
    FILE *file = fopen(fixture->path, "a");

    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, party->certificate), 1);
    assert_int_equal(fclose(file), 0);
}

static struct http_certificates *read_file(const struct fixture *fixture)
{
    struct error error = {0};
    struct http_certificates *certificates = http_certificates_new(fixture->path, &error);

    assert_non_null(certificates);
    return certificates;
}

/* As a connection of the lane that has the store asks it. */
static int verify_in(X509_STORE *store, const struct party *server)
{
    X509_STORE_CTX *chain = X509_STORE_CTX_new();

    assert_non_null(chain);
    assert_int_equal(X509_STORE_CTX_init(chain, store, server->certificate, NULL), 1);
    (void)X509_verify_cert(chain);
    int result = X509_STORE_CTX_get_error(chain);
    X509_STORE_CTX_free(chain);
    return result;
}

static int verify(struct http_certificates *certificates, const struct party *server)
{
    X509_STORE *store = http_certificates_store(certificates);
    int result = verify_in(store, server);

    assert_int_equal(verify_in(store, server), result); /* of what the store has by now */
    X509_STORE_free(store);
    return result;
}

static void only_servers_of_an_authority_in_the_file_are_trusted(void **state)
{
    const struct fixture *fixture = *state;
    struct party first = make_party("First", NULL), second = make_party("Second", NULL);
    struct party other = make_party("Other", NULL);
    struct party server = make_party("server", &second), stranger = make_party("server", &other);

    add_text(fixture, "What stands between certificates is for people.\n");
    add_party(fixture, &first);
    add_party(fixture, &second);
    struct http_certificates *certificates = read_file(fixture);
    assert_int_equal(verify(certificates, &server), X509_V_OK);
    assert_int_equal(verify(certificates, &stranger), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_int_equal(verify(certificates, &first), X509_V_OK);
    http_certificates_free(certificates);
    free_party(&first);
    free_party(&second);
    free_party(&other);
    free_party(&server);
    free_party(&stranger);
}

/* An authority that made itself a new key is there twice for a while. */
static void two_authorities_of_one_name_are_told_apart(void **state)
{
    const struct fixture *fixture = *state;
    struct party old = make_party("Authority", NULL), new = make_party("Authority", NULL);
    struct party impostor = make_party("Authority", NULL);
    struct party of_old = make_party("server", &old), of_new = make_party("server", &new);
    struct party of_impostor = make_party("server", &impostor);

    add_party(fixture, &old);
    add_party(fixture, &new);
    add_party(fixture, &new);
    struct http_certificates *certificates = read_file(fixture);
    assert_int_equal(verify(certificates, &of_new), X509_V_OK);
    assert_int_equal(verify(certificates, &of_old), X509_V_OK);
    assert_int_equal(verify(certificates, &of_impostor),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    http_certificates_free(certificates);
    free_party(&old);
    free_party(&new);
    free_party(&impostor);
    free_party(&of_old);
    free_party(&of_new);
    free_party(&of_impostor);
}

/* Names are compared as RFC 5280 has it: small and capital letters are the same. */
static void an_authority_is_found_however_its_name_is_written(void **state)
{
    const struct fixture *fixture = *state;
    struct party authority = make_party("National Authority", NULL);
    struct party same = {authority.key, X509_dup(authority.certificate)};

    assert_non_null(same.certificate);
    X509_NAME_ENTRY_free(X509_NAME_delete_entry(X509_get_subject_name(same.certificate), 0));
    name_it(same.certificate, "NATIONAL  authority");
    struct party server = make_party("server", &same);
    add_party(fixture, &authority);
    struct http_certificates *certificates = read_file(fixture);
    assert_int_equal(verify(certificates, &server), X509_V_OK);
    http_certificates_free(certificates);
    X509_free(same.certificate);
    free_party(&authority);
    free_party(&server);
}

static void a_file_without_certificates_adds_none(void **state)
{
    const struct fixture *fixture = *state;
    struct party authority = make_party("Authority", NULL);

    add_text(fixture, "# none yet\n");
    struct http_certificates *certificates = read_file(fixture);
    assert_int_equal(verify(certificates, &authority), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    http_certificates_free(certificates);
    free_party(&authority);
}

static void assert_refused(const struct fixture *fixture)
{
    struct error error = {0};

    assert_null(http_certificates_new(fixture->path, &error));
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(error.message, fixture->path));
    assert_non_null(strstr(error.next, "ca-file"));
}

static void a_damaged_or_cut_certificate_is_refused(void **state)
{
    static const char *const damages[] = {
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
    };
    const struct fixture *fixture = *state;
    struct party authority = make_party("Authority", NULL);

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        assert_true(test_folder_write(fixture->path, ""));
        add_party(fixture, &authority);
        add_text(fixture, damages[i]);
        assert_refused(fixture);
    }
    free_party(&authority);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_servers_of_an_authority_in_the_file_are_trusted,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_authorities_of_one_name_are_told_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_authority_is_found_however_its_name_is_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_without_certificates_adds_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_or_cut_certificate_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"

#include "sandbox/server.h"

enum {
    CA_DAYS = 3650,
    LEAF_DAYS = 365,
    KEEP_IF_DAYS_LEFT = 30,
    PATH_MAX_BYTES = 4096,
    SERIAL_BYTES = 16,
};

/* RFC 7540, section 3.3: the protocols in the order the sandbox prefers. */
static const unsigned char protocols[] = "\x02h2\x08http/1.1";
enum { HTTP1_AT = 3 };

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static void authority_release(struct authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->certificate);
    *authority = (struct authority){0};
}

static EVP_PKEY *key_new(void)
{
    return EVP_EC_gen("P-256");
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool fine;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    fine = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return fine;
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number = NULL;
    bool fine;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] &= 0x7f;
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    fine = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return fine;
}

static X509 *certificate_new(EVP_PKEY *key, const char *name, int days, X509_NAME *issuer_name)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = certificate != NULL ? X509_get_subject_name(certificate) : NULL;

    if (subject != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate) &&
        /* A little earlier, for clocks of containers and virtual machines. */
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != NULL &&
        X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL) != NULL &&
        X509_set_pubkey(certificate, key) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                   -1, 0) == 1 &&
        X509_set_issuer_name(certificate, issuer_name != NULL ? issuer_name : subject) == 1)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* It can vouch for this machine only, so that nothing is lost when its key is. */
static bool authority_new(struct authority *out)
{
    X509 *certificate;

    out->key = key_new();
    if (out->key == NULL)
        return false;
    certificate = out->certificate = certificate_new(out->key, "crisis sandbox", CA_DAYS, NULL);
    return certificate != NULL &&
           add_extension(certificate, certificate, NID_basic_constraints,
                         "critical,CA:TRUE,pathlen:0") &&
           add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, certificate, NID_name_constraints,
                         "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
                         "permitted;IP:0:0:0:0:0:0:0:1/"
                         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") &&
           X509_sign(certificate, out->key, EVP_sha256()) > 0;
}

static X509 *leaf_new(const struct authority *authority, EVP_PKEY *key)
{
    X509 *leaf =
        certificate_new(key, "localhost", LEAF_DAYS, X509_get_subject_name(authority->certificate));

    if (leaf != NULL &&
        add_extension(leaf, authority->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(leaf, authority->certificate, NID_key_usage, "critical,digitalSignature") &&
        add_extension(leaf, authority->certificate, NID_ext_key_usage, "serverAuth") &&
        add_extension(leaf, authority->certificate, NID_subject_key_identifier, "hash") &&
        add_extension(leaf, authority->certificate, NID_authority_key_identifier, "keyid") &&
        add_extension(
            leaf, authority->certificate, NID_subject_alt_name,
            "DNS:localhost,DNS:*.localhost,DNS:*.sandbox.localhost,IP:127.0.0.1,IP:::1") &&
        X509_sign(leaf, authority->key, EVP_sha256()) > 0)
        return leaf;
    X509_free(leaf);
    return NULL;
}

/* false: not there, not whole, or valid for too short a time. */
static bool authority_load(struct authority *out, const char *certificate_path,
                           const char *key_path)
{
    FILE *file = fopen(certificate_path, "re");
    int days = 0;
    int seconds = 0;

    if (file != NULL) {
        out->certificate = PEM_read_X509(file, NULL, NULL, NULL);
        (void)fclose(file); /* it was only read */
    }
    file = fopen(key_path, "re");
    if (file != NULL) {
        out->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        (void)fclose(file);
    }
    if (out->certificate != NULL && out->key != NULL &&
        X509_check_private_key(out->certificate, out->key) == 1 &&
        X509_check_ca(out->certificate) == 1 && X509_verify(out->certificate, out->key) == 1 &&
        ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(out->certificate)) == 1 &&
        days >= KEEP_IF_DAYS_LEFT)
        return true;
    authority_release(out);
    return false;
}

/* Under a temporary name first, so that a reader never sees half of it. */
static int write_file(const char *path, mode_t mode, const struct authority *authority, bool is_key,
                      struct error *error)
{
    char temporary[PATH_MAX_BYTES + 8];
    FILE *file = NULL;
    int fd;
    bool written;

    snprintf(temporary, sizeof(temporary), "%s.new", path);
    if (unlink(temporary) < 0 && errno != ENOENT)
        return error_set(error, ERROR_SYSTEM, _("cannot remove '%s': %s"), temporary,
                         error_errno(errno));
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd >= 0)
        file = fdopen(fd, "w");
    if (file == NULL) {
        error_set(error, ERROR_SYSTEM, _("cannot write '%s': %s"), temporary, error_errno(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    written = is_key ? PEM_write_PrivateKey(file, authority->key, NULL, NULL, 0, NULL, NULL) == 1
                     : PEM_write_X509(file, authority->certificate) == 1;
    if (fclose(file) != 0 || !written || rename(temporary, path) < 0) {
        error_set(error, ERROR_SYSTEM, _("cannot write '%s': %s"), path, error_errno(errno));
        (void)unlink(temporary);
        return -1;
    }
    return 0;
}

static int authority_prepare(struct authority *out, const char *state_dir,
                             const char *certificate_path, const char *key_path,
                             struct error *error)
{
    if (mkdir(state_dir, 0700) < 0 && errno != EEXIST)
        return error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), state_dir,
                         error_errno(errno));
    if (authority_load(out, certificate_path, key_path))
        return 0;
    if (!authority_new(out))
        return error_set(error, ERROR_SYSTEM, _("OpenSSL cannot make a certificate authority"));
    if (write_file(key_path, 0600, out, true, error) < 0)
        return -1;
    return write_file(certificate_path, 0644, out, false, error);
}

static int choose_of(const unsigned char *ours, unsigned our_length, const unsigned char **out,
                     unsigned char *out_length, const unsigned char *offered,
                     unsigned offered_length)
{
    unsigned char *chosen = NULL;

    if (SSL_select_next_proto(&chosen, out_length, ours, our_length, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *offered, unsigned offered_length, void *unused)
{
    (void)ssl;
    (void)unused;
    return choose_of(protocols, sizeof(protocols) - 1, out, out_length, offered, offered_length);
}

static int choose_http1(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                        const unsigned char *offered, unsigned offered_length, void *unused)
{
    const unsigned char *ours = protocols + HTTP1_AT;

    (void)ssl;
    (void)unused;
    return choose_of(ours, sizeof(protocols) - 1 - HTTP1_AT, out, out_length, offered,
                     offered_length);
}

void sandbox_certificate_http1_only(SSL_CTX *context)
{
    SSL_CTX_set_alpn_select_cb(context, choose_http1, NULL);
}

static SSL_CTX *context_new(const struct authority *authority)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = key_new();
    X509 *leaf = key != NULL ? leaf_new(authority, key) : NULL;
    bool fine = context != NULL && leaf != NULL &&
                SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                SSL_CTX_use_certificate(context, leaf) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1 &&
                SSL_CTX_set_session_id_context(context, (const unsigned char *)"sandbox", 7) == 1;

    if (fine) {
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_read_ahead(context, 1);
        SSL_CTX_set_default_read_buffer_len(context, SANDBOX_READ_BYTES);
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    } else {
        SSL_CTX_free(context);
        context = NULL;
    }
    X509_free(leaf);
    EVP_PKEY_free(key);
    return context;
}

SSL_CTX *sandbox_certificate_setup(const char *state_dir, char **ca_path, struct error *error)
{
    struct authority authority = {0};
    struct text path, key_path;
    SSL_CTX *context = NULL;

    text_init(&path, PATH_MAX_BYTES);
    text_init(&key_path, PATH_MAX_BYTES);
    text_addf(&path, "%s/ca.pem", state_dir);
    text_addf(&key_path, "%s/ca.key", state_dir);
    if (path.overflowed || key_path.overflowed) {
        error_set(error, ERROR_USAGE, _("the folder's name is too long"));
        goto out;
    }
    if (authority_prepare(&authority, state_dir, path.bytes, key_path.bytes, error) < 0)
        goto out;
    context = context_new(&authority);
    if (context == NULL) {
        error_set(error, ERROR_SYSTEM, _("OpenSSL cannot set up TLS"));
        goto out;
    }
    *ca_path = memory_strdup(path.bytes);
out:
    text_release(&key_path);
    text_release(&path);
    authority_release(&authority);
    return context;
}

SSL_CTX *sandbox_certificate_untrusted(void)
{
    struct authority authority = {0};
    SSL_CTX *context = authority_new(&authority) ? context_new(&authority) : NULL;

    authority_release(&authority);
    return context;
}

/*
 * The system's authorities and the workspace's own, for the TLS of all connections.
 *
 * OpenSSL 3.0 takes 0.2 ms to read a certificate, and a system has some 140 of them: 30 ms before
 * the first request. A server's chain asks for one. So they are kept as bytes with their subject,
 * and one is read when a chain asks for it; OpenSSL's store keeps it from then on.
 */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/language.h"
#include "base/memory.h"

#include "net/authorities.h"
#include "net/http_internal.h"

static const char system_ca_file[] = "/etc/ssl/certs/ca-certificates.crt";

struct authority {
    X509_NAME *subject;
    const unsigned char *der;
    long der_bytes;
};

struct http_certificates {
    struct arena *arena;
    struct authority *authorities;
    size_t count, capacity;
    X509_LOOKUP_METHOD *method; /* how stores look into them */
};

/* --- reading files --------------------------------------------------------------------------- */

/* Into a value that is made of others, or past one; false: it is not there. */
static bool step(const unsigned char **at, const unsigned char *end, bool into)
{
    long length;
    int tag, class;

    if (*at >= end || ASN1_get_object(at, &length, &tag, &class, end - *at) & 0x80)
        return false;
    if (!into)
        *at += length;
    return true;
}

/* The subject in a certificate (RFC 5280, section 4.1); NULL: it is none. Free it. */
static X509_NAME *read_subject(const unsigned char *der, long der_bytes)
{
    enum { VERSION = V_ASN1_CONTEXT_SPECIFIC | V_ASN1_CONSTRUCTED };
    enum { AROUND_VERSION = 2, BEFORE_SUBJECT = 4 };
    const unsigned char *at = der, *end = der + der_bytes;

    for (int i = 0; i < AROUND_VERSION; i++) /* the certificate, and what of it is signed */
        if (!step(&at, end, true))
            return NULL;
    if (at < end && *at == VERSION && !step(&at, end, false))
        return NULL;
    for (int i = 0; i < BEFORE_SUBJECT; i++) /* serial number, signature, issuer, validity */
        if (!step(&at, end, false))
            return NULL;
    return at < end ? d2i_X509_NAME(NULL, &at, end - at) : NULL;
}

static bool take(void *context, const unsigned char *der, long der_bytes)
{
    struct http_certificates *certificates = context;
    X509_NAME *subject = read_subject(der, der_bytes);

    if (!subject)
        return false;
    certificates->authorities =
        arena_grow(certificates->arena, certificates->authorities, certificates->count,
                   &certificates->capacity, sizeof(*certificates->authorities));
    certificates->authorities[certificates->count++] = (struct authority){
        subject, arena_memdup(certificates->arena, der, (size_t)der_bytes), der_bytes};
    return true;
}

/* A file that is wrong is none of the command's input. */
static int take_file(struct http_certificates *certificates, const char *path, const char *next,
                     struct error *error)
{
    if (authorities_each(path, take, certificates, error) == 0)
        return 0;
    error->kind = ERROR_SYSTEM;
    return error_next(error, "%s", next);
}

/* With an authority of the workspace's own the system's need not be there. */
static int take_files(struct http_certificates *certificates, const char *ca_file,
                      struct error *error)
{
    struct error fault = {0};

    if (take_file(certificates, system_ca_file, _("install the package ca-certificates"), &fault) <
            0 &&
        !ca_file) {
        *error = fault;
        return -1;
    }
    return ca_file
               ? take_file(certificates, ca_file,
                           _("set `ca-file` in crisis.yaml to the file of that authority"), error)
               : 0;
}

/* --- answering OpenSSL ----------------------------------------------------------------------- */

/* The store asks for what it does not have yet, and is to have what is found. The one that is
 * answered with counts as the store's: what X509_OBJECT_set1_X509 holds of it is given back
 * (X509_LOOKUP_meth_new(3)). */
static int find_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                           X509_OBJECT *out)
{
    const struct http_certificates *certificates = X509_LOOKUP_get_method_data(lookup);
    X509_STORE *store = X509_LOOKUP_get_store(lookup);
    bool found = false;

    if (type != X509_LU_X509)
        return 0;
    (void)ERR_set_mark();
    for (size_t i = 0; i < certificates->count; i++) {
        const struct authority *authority = &certificates->authorities[i];
        const unsigned char *der = authority->der;
        if (X509_NAME_cmp(authority->subject, name) != 0)
            continue;
        X509 *certificate = d2i_X509_AUX(NULL, &der, authority->der_bytes);
        if (certificate && X509_STORE_add_cert(store, certificate) == 1 && !found &&
            X509_OBJECT_set1_X509(out, certificate) == 1) {
            found = true;
            X509_free(certificate);
        }
        X509_free(certificate);
    }
    (void)ERR_pop_to_mark();
    return found;
}

X509_STORE *http_certificates_store(struct http_certificates *certificates)
{
    X509_STORE *store = X509_STORE_new();
    X509_LOOKUP *lookup = store ? X509_STORE_add_lookup(store, certificates->method) : NULL;

    /* As libcurl has it: an authority in a file is trusted, whoever signed it. */
    if (!lookup || X509_LOOKUP_set_method_data(lookup, certificates) != 1 ||
        X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) != 1)
        memory_exhausted();
    return store;
}

/* --- making and freeing ---------------------------------------------------------------------- */

struct http_certificates *http_certificates_new(const char *ca_file, struct error *error)
{
    struct http_certificates *certificates = memory_alloc(sizeof(*certificates));

    certificates->arena = arena_new();
    certificates->method = X509_LOOKUP_meth_new("authorities");
    if (!certificates->method ||
        X509_LOOKUP_meth_set_get_by_subject(certificates->method, find_by_subject) != 1)
        memory_exhausted();
    if (take_files(certificates, ca_file, error) == 0)
        return certificates;
    http_certificates_free(certificates);
    return NULL;
}

void http_certificates_free(struct http_certificates *certificates)
{
    if (!certificates)
        return;
    X509_LOOKUP_meth_free(certificates->method);
    for (size_t i = 0; i < certificates->count; i++)
        X509_NAME_free(certificates->authorities[i].subject);
    arena_free(certificates->arena);
    memory_free(certificates);
}

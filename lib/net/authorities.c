#include "net/authorities.h"

#include <limits.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"

enum { FILE_MAX_BYTES = 4 * 1024 * 1024 };

/* --- each certificate of a file -------------------------------------------------------------- */

/* True when all of it was read: the end of the file is an error of its own to OpenSSL. */
static bool take_all(BIO *file, authorities_take *take, void *context)
{
    unsigned char *der;
    long der_bytes;
    bool is_whole = true;

    (void)ERR_set_mark();
    while (is_whole && PEM_bytes_read_bio(&der, &der_bytes, NULL, PEM_STRING_X509_TRUSTED, file,
                                          NULL, NULL) == 1) {
        is_whole = take(context, der, der_bytes);
        OPENSSL_free(der);
    }
    is_whole = is_whole && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    (void)ERR_pop_to_mark();
    return is_whole;
}

static int refuse(const char *path, struct error *error)
{
    return error_set(error, ERROR_INPUT, _("'%s' is no file of certificates, or a damaged one"),
                     path);
}

int authorities_each(const char *path, authorities_take *take, void *context, struct error *error)
{
    struct text bytes;
    int result = file_read(path, FILE_MAX_BYTES, &bytes, error);

    if (result == 0) {
        BIO *file = BIO_new_mem_buf(bytes.bytes, (int)bytes.length);
        if (!file)
            memory_exhausted();
        if (!take_all(file, take, context))
            result = refuse(path, error);
        BIO_free(file);
    }
    text_release(&bytes);
    return result;
}

/* --- looked into ----------------------------------------------------------------------------- */

/* False: it is damaged, or has no time that could be read. */
static bool look_at(void *context, const unsigned char *der, long der_bytes)
{
    struct authorities *authorities = context;
    X509 *certificate = d2i_X509_AUX(NULL, &der, der_bytes);
    struct tm end = {0};
    bool is_fine = certificate && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1;

    X509_free(certificate);
    if (!is_fine)
        return false;
    int64_t end_ms = (int64_t)timegm(&end) * 1000;
    if (authorities->count++ == 0 || end_ms < authorities->first_end_unix_ms)
        authorities->first_end_unix_ms = end_ms;
    return true;
}

int authorities_read(const char *path, struct authorities *out, struct error *error)
{
    *out = (struct authorities){0};
    int result = authorities_each(path, look_at, out, error);
    if (result == 0 && out->count == 0)
        result = refuse(path, error);
    if (result < 0)
        error_next(error, _("set `ca-file` in crisis.yaml to the file of that authority"));
    return result;
}

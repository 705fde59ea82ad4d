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

/* False: it has no time that could be read. */
static bool take(struct authorities *authorities, const X509 *certificate)
{
    struct tm end = {0};

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
        return false;
    int64_t end_ms = (int64_t)timegm(&end) * 1000;
    if (authorities->count++ == 0 || end_ms < authorities->first_end_unix_ms)
        authorities->first_end_unix_ms = end_ms;
    return true;
}

/* True when all of it was read: the end of the file is an error of its own to OpenSSL. */
static bool take_all(struct authorities *authorities, BIO *file)
{
    bool is_whole = true;
    X509 *certificate;

    ERR_clear_error();
    while (is_whole && (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL))) {
        is_whole = take(authorities, certificate);
        X509_free(certificate);
    }
    is_whole = is_whole && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return is_whole && authorities->count > 0;
}

int authorities_read(const char *path, struct authorities *out, struct error *error)
{
    struct text bytes;

    *out = (struct authorities){0};
    int result = file_read(path, FILE_MAX_BYTES, &bytes, error);
    if (result == 0) {
        BIO *file = BIO_new_mem_buf(bytes.bytes, (int)bytes.length);
        if (!file)
            memory_exhausted();
        if (!take_all(out, file))
            result = error_set(error, ERROR_INPUT,
                               _("'%s' is no file of certificates, or a damaged one"), path);
        BIO_free(file);
    }
    text_release(&bytes);
    if (result < 0)
        error_next(error, _("set `ca-file` in crisis.yaml to the file of that authority"));
    return result;
}

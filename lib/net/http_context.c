/*
 * One TLS context for all connections of a lane. libcurl 7.88 makes one for each, and OpenSSL 3.0
 * looks up every algorithm that it knows for it: an eighth of the processor time of a handshake.
 * What libcurl sets in a context is the same each time, or copied from it when a connection is made
 * (the protocols that it offers).
 *
 * libcurl cannot be given one, so that its call is answered here: a symbol of the program comes
 * before that of a library. A lane's context is handed out only while that lane lets libcurl work;
 * a libcurl that makes another call goes past this, and makes its own.
 */
#include <openssl/ssl.h>

#include "base/memory.h"

#include "net/http_internal.h"

static _Thread_local SSL_CTX *current;

SSL_CTX *http_context_new(X509_STORE *trusted)
{
    SSL_CTX *context = SSL_CTX_new_ex(NULL, NULL, TLS_client_method());

    if (!context)
        memory_exhausted();
    SSL_CTX_set1_cert_store(context, trusted);
    return context;
}

void http_context_use(SSL_CTX *context)
{
    current = context;
}

__attribute__((visibility("default"))) SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    if (!current || method != TLS_client_method() || SSL_CTX_up_ref(current) != 1)
        return SSL_CTX_new_ex(NULL, NULL, method);
    return current;
}

#include "trust/age_crypto.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/language.h"
#include "base/secret.h"

static const unsigned char zero_nonce[AGE_NONCE_SIZE];

int age_crypto_failed(const char *what, struct error *error)
{
    return error_set(error, ERROR_SYSTEM, _("%s does not work in this OpenSSL"), what);
}

/* --- HKDF --------------------------------------------------------------------------------------
 */

/* OpenSSL takes its parameters without const, but only reads them. */
static void *unchanged(const void *bytes)
{
    union {
        const void *from;
        void *to;
    } pointer = {.from = bytes};

    return pointer.to;
}

int age_derive(const void *secret, size_t secret_size, const void *salt, size_t salt_size,
               const char *info, unsigned char out[AGE_KEY_SIZE], struct error *error)
{
    static char digest[] = "SHA256";
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM parameters[5], *next = parameters;
    int result = 0;

    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, unchanged(secret), secret_size);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, unchanged(info), strlen(info));
    if (salt_size > 0)
        *next++ =
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, unchanged(salt), salt_size);
    *next = OSSL_PARAM_construct_end();
    if (!context || EVP_KDF_derive(context, out, AGE_KEY_SIZE, parameters) != 1)
        result = age_crypto_failed("HKDF", error);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return result;
}

/* --- ChaCha20-Poly1305 -------------------------------------------------------------------------
 */

int age_seal(const unsigned char key[AGE_KEY_SIZE], const unsigned char nonce[AGE_NONCE_SIZE],
             const void *plain, size_t size, unsigned char *out, struct error *error)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int length = 0, last = 0, result = 0;

    if (!context || size > INT_MAX ||
        EVP_EncryptInit_ex2(context, EVP_chacha20_poly1305(), key, nonce, NULL) != 1 ||
        (size > 0 && EVP_EncryptUpdate(context, out, &length, plain, (int)size) != 1) ||
        EVP_EncryptFinal_ex(context, out + length, &last) != 1 ||
        (size_t)length + (size_t)last != size ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AGE_TAG_SIZE, out + size) != 1)
        result = age_crypto_failed("ChaCha20-Poly1305", error);
    EVP_CIPHER_CTX_free(context);
    return result;
}

bool age_open(const unsigned char key[AGE_KEY_SIZE], const unsigned char nonce[AGE_NONCE_SIZE],
              const void *sealed, size_t size, unsigned char *out)
{
    const unsigned char *bytes = sealed;
    int length = 0, last = 0;

    if (size < AGE_TAG_SIZE || size > INT_MAX)
        return false;
    const size_t plain_size = size - AGE_TAG_SIZE;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_genuine =
        context && EVP_DecryptInit_ex2(context, EVP_chacha20_poly1305(), key, nonce, NULL) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AGE_TAG_SIZE,
                            unchanged(bytes + plain_size)) == 1 &&
        (plain_size == 0 ||
         EVP_DecryptUpdate(context, out, &length, bytes, (int)plain_size) == 1) &&
        EVP_DecryptFinal_ex(context, out + length, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!is_genuine)
        secret_wipe(out, plain_size);
    return is_genuine;
}

int age_wrap(const unsigned char key[AGE_KEY_SIZE], const unsigned char file_key[AGE_FILE_KEY_SIZE],
             unsigned char out[AGE_WRAPPED_SIZE], struct error *error)
{
    return age_seal(key, zero_nonce, file_key, AGE_FILE_KEY_SIZE, out, error);
}

bool age_unwrap(const unsigned char key[AGE_KEY_SIZE],
                const unsigned char wrapped[AGE_WRAPPED_SIZE],
                unsigned char file_key[AGE_FILE_KEY_SIZE])
{
    return age_open(key, zero_nonce, wrapped, AGE_WRAPPED_SIZE, file_key);
}

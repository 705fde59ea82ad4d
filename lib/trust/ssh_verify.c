#include "trust/ssh_verify.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "trust/ssh_point.h"

enum { SIGNATURE_SIZE = 64, DER_MAX_BYTES = 80 };

static EVP_PKEY *load_ed25519(const struct ssh_key *key)
{
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->point, key->point_size);
}

/* Returns the length of the DER form, 0 when it could not be made. */
static size_t to_der(const unsigned char numbers[SIGNATURE_SIZE], unsigned char out[DER_MAX_BYTES])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(numbers, P256_NUMBER_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(numbers + P256_NUMBER_SIZE, P256_NUMBER_SIZE, NULL);
    int length = 0;

    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(s);
        BN_free(r);
    } else {
        length = i2d_ECDSA_SIG(pair, NULL);
        length = length > 0 && length <= DER_MAX_BYTES ? i2d_ECDSA_SIG(pair, &out) : 0;
    }
    ECDSA_SIG_free(pair);
    return length > 0 ? (size_t)length : 0;
}

static bool verify(EVP_PKEY *key, const EVP_MD *hash, const unsigned char *signature,
                   size_t signature_size, const void *message, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestVerifyInit(context, NULL, hash, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, signature_size, message, size) == 1;

    EVP_MD_CTX_free(context);
    return good;
}

bool ssh_verify(const struct ssh_key *key, const void *message, size_t size,
                const unsigned char numbers[SIGNATURE_SIZE])
{
    unsigned char der[DER_MAX_BYTES];
    bool p256 = ssh_key_is_p256(key), good = false;
    EVP_PKEY *loaded = p256 ? p256_load(key->point) : load_ed25519(key);

    if (loaded && p256) {
        size_t length = to_der(numbers, der);
        good = length > 0 && verify(loaded, EVP_sha256(), der, length, message, size);
    } else if (loaded) {
        good = verify(loaded, NULL, numbers, SIGNATURE_SIZE, message, size);
    }
    EVP_PKEY_free(loaded);
    return good;
}

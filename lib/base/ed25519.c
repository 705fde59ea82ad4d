#include "base/ed25519.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"

/* In locked memory. OpenSSL has its own copy only while something is signed, and wipes it. */
struct ed25519_key {
    unsigned char seed[ED25519_SEED_SIZE];
    unsigned char public_key[ED25519_PUBLIC_SIZE];
};

/* Without the sign bit of x, which makes two encodings of each: seven values of y. The last two are
 * not reduced (y + p). */
static const unsigned char low_order[][ED25519_PUBLIC_SIZE] = {
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

static int does_not_work(struct error *error)
{
    return error_set(error, ERROR_SYSTEM, _("Ed25519 does not work in this OpenSSL"));
}

int ed25519_key_new(const unsigned char seed[ED25519_SEED_SIZE], struct ed25519_key **out,
                    struct error *error)
{
    struct ed25519_key *key = secret_alloc(sizeof(*key));
    size_t size = sizeof(key->public_key);

    *out = NULL;
    memcpy(key->seed, seed, sizeof(key->seed));
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_SIZE);
    bool has_public = pair && EVP_PKEY_get_raw_public_key(pair, key->public_key, &size) == 1 &&
                      size == sizeof(key->public_key);
    EVP_PKEY_free(pair);
    if (!has_public) {
        ed25519_key_free(key);
        return does_not_work(error);
    }
    *out = key;
    return 0;
}

void ed25519_key_free(struct ed25519_key *key)
{
    secret_free(key);
}

void ed25519_key_public(const struct ed25519_key *key, unsigned char out[ED25519_PUBLIC_SIZE])
{
    memcpy(out, key->public_key, ED25519_PUBLIC_SIZE);
}

int ed25519_sign(const struct ed25519_key *key, const void *bytes, size_t size,
                 unsigned char out[ED25519_SIGNATURE_SIZE], struct error *error)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = ED25519_SIGNATURE_SIZE;

    if (!context)
        memory_exhausted();
    EVP_PKEY *pair =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, ED25519_SEED_SIZE);
    bool signed_it = pair && EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1 &&
                     EVP_DigestSign(context, out, &length, bytes, size) == 1 &&
                     length == ED25519_SIGNATURE_SIZE;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    return signed_it ? 0 : does_not_work(error);
}

bool ed25519_verify(const unsigned char public_key[ED25519_PUBLIC_SIZE], const void *bytes,
                    size_t size, const unsigned char signature[ED25519_SIGNATURE_SIZE])
{
    if (ed25519_is_low_order(public_key))
        return false;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_PUBLIC_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        memory_exhausted();
    bool fits = key && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, ED25519_SIGNATURE_SIZE, bytes, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return fits;
}

bool ed25519_is_low_order(const unsigned char public_key[ED25519_PUBLIC_SIZE])
{
    const size_t last = ED25519_PUBLIC_SIZE - 1;

    for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++)
        if (memcmp(public_key, low_order[i], last) == 0 &&
            (public_key[last] & 0x7f) == low_order[i][last])
            return true;
    return false;
}

#include "trust/ssh_point.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/ed25519.h"
#include "base/language.h"

enum { ED25519_SIZE = 32, P256_SIZE = 65 };

/* p = 2^255 - 19, and the curve's d. */
static const char prime_hex[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
static const char d_hex[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";

struct field {
    BN_CTX *context;
    BIGNUM *p, *d;
};

/*
 * x² = (y² - 1) / (d y² + 1): a point is there when that is a square. u/v is one when u·v is, and
 * u·v is one when its (p-1)/2-th power is 1 (Euler); 0 is the square of 0.
 */
static bool has_x(const struct field *field, const BIGNUM *y)
{
    BN_CTX *context = field->context;
    const BIGNUM *p = field->p;
    BIGNUM *u = BN_CTX_get(context), *v = BN_CTX_get(context), *half = BN_CTX_get(context);

    return half != NULL && BN_mod_sqr(u, y, p, context) == 1 &&
           BN_mod_mul(v, u, field->d, p, context) == 1 && BN_add_word(v, 1) == 1 &&
           BN_sub_word(u, 1) == 1 && BN_mod_mul(u, u, v, p, context) == 1 &&
           BN_rshift1(half, p) == 1 && BN_mod_exp(v, u, half, p, context) == 1 &&
           (BN_is_one(v) || BN_is_zero(v));
}

static const char *curve_fault(const struct field *field, const unsigned char y_bytes[ED25519_SIZE])
{
    const char *fault = _("is not on the curve");

    BN_CTX_start(field->context);
    BIGNUM *y = BN_CTX_get(field->context);
    if (!y || !BN_lebin2bn(y_bytes, ED25519_SIZE, y))
        fault = _("cannot be checked: OpenSSL has no memory");
    else if (BN_cmp(y, field->p) >= 0)
        fault = _("is not written in its one canonical form");
    else if (has_x(field, y))
        fault = NULL;
    BN_CTX_end(field->context);
    return fault;
}

const char *ed25519_point_fault(const unsigned char point[ED25519_SIZE])
{
    unsigned char y[ED25519_SIZE];
    struct field field = {.context = BN_CTX_new()};
    const char *fault = _("cannot be checked: OpenSSL has no memory");

    memcpy(y, point, sizeof(y));
    y[ED25519_SIZE - 1] &= 0x7f;
    if (ed25519_is_low_order(y))
        fault = _("is a point of low order, for which anybody can sign");
    else if (field.context && BN_hex2bn(&field.p, prime_hex) > 0 && BN_hex2bn(&field.d, d_hex) > 0)
        fault = curve_fault(&field, y);
    BN_free(field.d);
    BN_free(field.p);
    BN_CTX_free(field.context);
    return fault;
}

EVP_PKEY *p256_load(const unsigned char point[P256_SIZE])
{
    char group[] = "prime256v1";
    unsigned char copy[P256_SIZE];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    memcpy(copy, point, sizeof(copy));
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof(copy)),
        OSSL_PARAM_construct_end(),
    };
    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

const char *p256_point_fault(const unsigned char *point, size_t size)
{
    if (size != P256_SIZE || point[0] != 4)
        return _("is not 65 bytes that begin with 04");
    EVP_PKEY *key = p256_load(point);
    const char *fault = key ? NULL : _("is not on the curve");
    EVP_PKEY_free(key);
    return fault;
}

#include "trust/ssh_private.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/language.h"
#include "base/secret.h"

#include "trust/ssh_container.h"
#include "trust/sshsig.h"

enum { SEED_SIZE = 32, ED25519_SECRET_SIZE = 64, SIGNATURE_MAX_BYTES = 256, DER_MAX_BYTES = 80 };

struct ssh_private {
    struct ssh_key key;
    unsigned char secret[SEED_SIZE]; /* Ed25519: the seed. P-256: the number d. */
};

static int damaged(struct error *error)
{
    return error_set(error, ERROR_INPUT, _("the private key file is damaged"));
}

static int openssl_failed(struct error *error)
{
    return error_set(error, ERROR_SYSTEM, _("OpenSSL cannot sign with this key"));
}

/* --- OpenSSL's form -------------------------------------------------------------------------- */

static EVP_PKEY *load_p256(const struct ssh_private *private_key)
{
    EVP_PKEY *loaded = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *d = BN_secure_new();
    OSSL_PARAM *parameters = NULL;

    if (context && builder && d && BN_bin2bn(private_key->secret, SEED_SIZE, d) &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ==
            1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, private_key->key.point,
                                         private_key->key.point_size) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)
        parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters && (EVP_PKEY_fromdata_init(context) != 1 ||
                       EVP_PKEY_fromdata(context, &loaded, EVP_PKEY_KEYPAIR, parameters) != 1))
        loaded = NULL;
    OSSL_PARAM_free(parameters);
    BN_clear_free(d);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return loaded;
}

static EVP_PKEY *load(const struct ssh_private *private_key)
{
    if (ssh_key_is_p256(&private_key->key))
        return load_p256(private_key);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key->secret, SEED_SIZE);
}

/* Do the two halves belong together? A pair that does not may betray the secret when it signs. */
static bool is_pair(const struct ssh_private *private_key)
{
    unsigned char point[ED25519_POINT_SIZE];
    size_t size = sizeof(point);
    EVP_PKEY *loaded = load(private_key);
    EVP_PKEY_CTX *context = NULL;
    bool fits = false;

    if (loaded && ssh_key_is_p256(&private_key->key)) {
        context = EVP_PKEY_CTX_new_from_pkey(NULL, loaded, NULL);
        fits = context && EVP_PKEY_pairwise_check(context) == 1;
    } else if (loaded) {
        fits = EVP_PKEY_get_raw_public_key(loaded, point, &size) == 1 &&
               size == ED25519_POINT_SIZE && memcmp(point, private_key->key.point, size) == 0;
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(loaded);
    return fits;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Padding is 1, 2, 3, … (PROTOCOL.key, section 3). */
static bool is_padding(struct ssh_reader *reader)
{
    struct ssh_bytes padding = ssh_read_raw(reader, reader->left);

    for (size_t i = 0; i < padding.size; i++)
        if (padding.bytes[i] != (unsigned char)(i + 1))
            return false;
    return !reader->failed && padding.size < 256;
}

static bool read_ed25519(struct ssh_reader *reader, struct ssh_private *out)
{
    struct ssh_bytes point = ssh_read_string(reader);
    struct ssh_bytes secret = ssh_read_string(reader);

    if (point.size != ED25519_POINT_SIZE || secret.size != ED25519_SECRET_SIZE ||
        memcmp(point.bytes, out->key.point, ED25519_POINT_SIZE) != 0 ||
        memcmp(secret.bytes + SEED_SIZE, point.bytes, ED25519_POINT_SIZE) != 0)
        return false;
    memcpy(out->secret, secret.bytes, SEED_SIZE);
    return true;
}

static bool read_p256(struct ssh_reader *reader, struct ssh_private *out)
{
    struct ssh_bytes curve = ssh_read_string(reader);
    struct ssh_bytes point = ssh_read_string(reader);
    struct ssh_bytes d = ssh_read_mpint(reader);

    if (reader->failed || !ssh_bytes_equal(curve, "nistp256") || point.size != P256_POINT_SIZE ||
        memcmp(point.bytes, out->key.point, P256_POINT_SIZE) != 0 || d.size > SEED_SIZE)
        return false;
    memcpy(out->secret + SEED_SIZE - d.size, d.bytes, d.size);
    return true;
}

static int read_private_part(const struct text *open, bool encrypted, struct ssh_private *out,
                             struct error *error)
{
    struct ssh_reader reader;

    ssh_reader_init(&reader, open->bytes, open->length);
    uint32_t check = ssh_read_uint32(&reader), again = ssh_read_uint32(&reader);
    if (reader.failed || check != again)
        return encrypted
                   ? error_set(error, ERROR_INPUT, _("the passphrase of the private key is wrong"))
                   : damaged(error);
    struct ssh_bytes kind = ssh_read_string(&reader);
    if (!ssh_bytes_equal(kind, ssh_key_kind_name(out->key.kind)))
        return damaged(error);
    bool good = ssh_key_is_p256(&out->key) ? read_p256(&reader, out) : read_ed25519(&reader, out);
    ssh_read_string(&reader); /* the comment */
    if (!good || !is_padding(&reader))
        return damaged(error);
    if (!is_pair(out))
        return error_set(error, ERROR_INPUT,
                         _("the private and the public half of the key do not belong together"));
    return 0;
}

static int read_public_part(const struct ssh_container *container, struct ssh_key *out,
                            struct error *error)
{
    if (ssh_key_from_blob(container->public_key.bytes, container->public_key.size, out, error) < 0)
        return -1;
    if (!ssh_key_is_hardware(out))
        return 0;
    error_set(error, ERROR_INPUT,
              _("the file belongs to a security key: the secret is in the key itself"));
    return error_next(error,
                      _("add the key to ssh-agent (ssh-add FILE) and sign with the agent, or "
                        "sign with ssh-keygen -Y sign"));
}

int ssh_private_read(const char *bytes, size_t size, const struct text *passphrase,
                     struct ssh_private **out, struct error *error)
{
    struct ssh_container container;
    struct text open;
    struct ssh_private *private_key = secret_alloc(sizeof(*private_key));
    int result = -1;

    *out = NULL;
    text_init_secret(&open, SSH_PRIVATE_FILE_MAX_BYTES);
    if (ssh_container_read(bytes, size, &container, error) < 0 ||
        read_public_part(&container, &private_key->key, error) < 0 ||
        ssh_container_open(&container, passphrase, &open, error) < 0 ||
        read_private_part(&open, ssh_container_is_encrypted(&container), private_key, error) < 0)
        goto out;
    *out = private_key;
    private_key = NULL;
    result = 0;
out:
    text_release(&open);
    ssh_container_release(&container);
    ssh_private_free(private_key);
    return result;
}

int ssh_private_is_encrypted(const char *bytes, size_t size, bool *out, struct error *error)
{
    struct ssh_container container;
    int result = ssh_container_read(bytes, size, &container, error);

    *out = result == 0 && ssh_container_is_encrypted(&container);
    ssh_container_release(&container);
    return result;
}

void ssh_private_free(struct ssh_private *private_key)
{
    secret_free(private_key);
}

const struct ssh_key *ssh_private_public(const struct ssh_private *private_key)
{
    return &private_key->key;
}

/* --- signing --------------------------------------------------------------------------------- */

static bool add_p256_numbers(struct text *pair, const unsigned char *der, size_t size)
{
    unsigned char number[P256_NUMBER_SIZE];
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &der, (long)size);
    const BIGNUM *numbers[2];
    bool good = parsed != NULL;

    if (good) {
        ECDSA_SIG_get0(parsed, &numbers[0], &numbers[1]);
        for (size_t i = 0; good && i < 2; i++) {
            good = BN_bn2binpad(numbers[i], number, sizeof(number)) == (int)sizeof(number);
            ssh_add_mpint(pair, number, sizeof(number));
        }
    }
    ECDSA_SIG_free(parsed);
    return good;
}

/* The signature in wire form. */
static bool sign(const struct ssh_private *private_key, const struct text *tbs, struct text *out)
{
    bool p256 = ssh_key_is_p256(&private_key->key);
    unsigned char raw[DER_MAX_BYTES];
    size_t size = sizeof(raw);
    struct text pair;
    EVP_PKEY *loaded = load(private_key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        loaded && context &&
        EVP_DigestSignInit(context, NULL, p256 ? EVP_sha256() : NULL, NULL, loaded) == 1 &&
        EVP_DigestSign(context, raw, &size, (const unsigned char *)tbs->bytes, tbs->length) == 1;

    text_init(&pair, SIGNATURE_MAX_BYTES);
    if (good && p256)
        good = add_p256_numbers(&pair, raw, size);
    else if (good)
        text_add_bytes(&pair, raw, size);
    ssh_add_cstring(out, ssh_key_kind_name(private_key->key.kind));
    ssh_add_string(out, pair.bytes, pair.length);
    text_release(&pair);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(loaded);
    return good;
}

int ssh_private_sign(const struct ssh_private *private_key, const char *namespace_name,
                     const void *message, size_t size, struct text *out, struct error *error)
{
    struct text tbs, signature;
    int result = -1;

    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    text_init(&signature, SIGNATURE_MAX_BYTES);
    if (sshsig_add_tbs(&tbs, namespace_name, SSHSIG_SHA512, message, size, error) < 0)
        goto out;
    if (!sign(private_key, &tbs, &signature) || signature.overflowed) {
        openssl_failed(error);
        goto out;
    }
    result = sshsig_add_armour(out, &private_key->key, namespace_name, SSHSIG_SHA512,
                               signature.bytes, signature.length, error);
out:
    text_release(&signature);
    text_release(&tbs);
    return result;
}

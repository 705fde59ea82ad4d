#include "trust/age_x25519.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/secret.h"

#include "trust/bech32.h"

static const char type[] = "X25519";
static const char wrap_info[] = "age-encryption.org/v1/X25519";
static const char recipient_prefix[] = "age";
static const char identity_prefix[] = "AGE-SECRET-KEY-";

/* --- the curve ---------------------------------------------------------------------------------
 */

bool age_x25519_multiply(const unsigned char secret[X25519_SIZE],
                         const unsigned char point[X25519_SIZE], unsigned char out[X25519_SIZE])
{
    static const unsigned char zero[X25519_SIZE];
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, X25519_SIZE);
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, X25519_SIZE);
    EVP_PKEY_CTX *context = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    size_t size = X25519_SIZE;

    bool is_good = context && other && EVP_PKEY_derive_init(context) == 1 &&
                   EVP_PKEY_derive_set_peer(context, other) == 1 &&
                   EVP_PKEY_derive(context, out, &size) == 1 && size == X25519_SIZE &&
                   !equal_constant_time(out, zero, X25519_SIZE);
    if (!is_good)
        secret_wipe(out, X25519_SIZE);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    EVP_PKEY_free(own);
    return is_good;
}

/* The public half of a secret. */
static int find_recipient(const unsigned char secret[X25519_SIZE], struct age_x25519_recipient *out,
                          struct error *error)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, X25519_SIZE);
    size_t size = X25519_SIZE;
    int result = 0;

    if (!key || EVP_PKEY_get_raw_public_key(key, out->key, &size) != 1 || size != X25519_SIZE)
        result = age_crypto_failed("X25519", error);
    EVP_PKEY_free(key);
    return result;
}

/* --- spelling ----------------------------------------------------------------------------------
 */

int age_x25519_generate(struct age_x25519_identity *out, struct error *error)
{
    random_bytes(out->secret, X25519_SIZE);
    return find_recipient(out->secret, &out->recipient, error);
}

static bool begins_with(const char *spelling, size_t length, const char *start)
{
    return length >= strlen(start) && strncasecmp(spelling, start, strlen(start)) == 0;
}

/* What else people paste where a recipient belongs. */
static int refuse_recipient(const char *spelling, size_t length, struct error *error)
{
    if (begins_with(spelling, length, identity_prefix))
        return error_set(error, ERROR_INPUT,
                         _("this is a secret key, not a recipient: keep it to yourself"));
    if (begins_with(spelling, length, "ssh-") || begins_with(spelling, length, "age1pq1"))
        return error_set(error, ERROR_INPUT,
                         _("recipients of this type are not supported: it must be an X25519 one, "
                           "\"age1\" and 58 letters and digits"));
    return error_set(error, ERROR_INPUT,
                     _("not a valid recipient: it must be \"age1\" and 58 lower-case letters and "
                       "digits, with no mistake in them"));
}

int age_x25519_recipient_read(const char *spelling, size_t length, struct age_x25519_recipient *out,
                              struct error *error)
{
    struct text key;
    int result = 0;

    text_init(&key, X25519_SIZE);
    if (!bech32_decode(&key, recipient_prefix, spelling, length) || key.length != X25519_SIZE)
        result = refuse_recipient(spelling, length, error);
    else
        memcpy(out->key, key.bytes, X25519_SIZE);
    text_release(&key);
    return result;
}

int age_x25519_identity_read(const char *spelling, size_t length, struct age_x25519_identity *out,
                             struct error *error)
{
    struct text secret;
    int result;

    text_init_secret(&secret, X25519_SIZE);
    if (!bech32_decode(&secret, identity_prefix, spelling, length) ||
        secret.length != X25519_SIZE) {
        bool is_other = begins_with(spelling, length, "AGE-PLUGIN-") ||
                        begins_with(spelling, length, "AGE-SECRET-KEY-PQ-") ||
                        begins_with(spelling, length, "-----BEGIN ");
        result = error_set(error, ERROR_INPUT, "%s",
                           is_other ? _("secret keys of this type are not supported: it must be an "
                                        "X25519 one, AGE-SECRET-KEY-1…")
                                    : _("not a valid secret key (AGE-SECRET-KEY-1…)"));
    } else {
        memcpy(out->secret, secret.bytes, X25519_SIZE);
        result = find_recipient(out->secret, &out->recipient, error);
    }
    text_release(&secret);
    return result;
}

void age_x25519_recipient_add(struct text *out, const struct age_x25519_recipient *recipient)
{
    bech32_add(out, recipient_prefix, recipient->key, X25519_SIZE);
}

void age_x25519_identity_add(struct text *out, const struct age_x25519_identity *identity)
{
    bech32_add(out, identity_prefix, identity->secret, X25519_SIZE);
}

/* --- stanzas -----------------------------------------------------------------------------------
 */

/* What the two sides share, and the key that is derived from it. In secret memory. */
struct shared {
    unsigned char secret[X25519_SIZE];
    unsigned char key[AGE_KEY_SIZE];
};

static int derive_key(struct shared *shared, const unsigned char share[X25519_SIZE],
                      const struct age_x25519_recipient *recipient, struct error *error)
{
    unsigned char salt[2 * X25519_SIZE];

    memcpy(salt, share, X25519_SIZE);
    memcpy(salt + X25519_SIZE, recipient->key, X25519_SIZE);
    return age_derive(shared->secret, X25519_SIZE, salt, sizeof(salt), wrap_info, shared->key,
                      error);
}

int age_x25519_wrap(struct arena *arena, const struct age_x25519_recipient *recipient,
                    const unsigned char file_key[AGE_FILE_KEY_SIZE], struct age_stanza *out,
                    struct error *error)
{
    struct age_x25519_identity *ephemeral = secret_alloc(sizeof(*ephemeral));
    struct shared *shared = secret_alloc(sizeof(*shared));
    unsigned char *body = arena_alloc(arena, AGE_WRAPPED_SIZE);
    const char **arguments = arena_alloc_array(arena, 2, sizeof(*arguments));
    struct text share;
    int result = -1;

    text_init(&share, AGE_KEY_SIZE * 2);
    if (age_x25519_generate(ephemeral, error) < 0)
        goto out;
    if (!age_x25519_multiply(ephemeral->secret, recipient->key, shared->secret)) {
        error_set(error, ERROR_INPUT,
                  _("the recipient's key is of low order: anybody could decrypt"));
        goto out;
    }
    if (derive_key(shared, ephemeral->recipient.key, recipient, error) < 0 ||
        age_wrap(shared->key, file_key, body, error) < 0)
        goto out;
    base64_unpadded_add(&share, ephemeral->recipient.key, X25519_SIZE);
    arguments[0] = type;
    arguments[1] = arena_strndup(arena, share.bytes, share.length);
    *out = (struct age_stanza){arguments, 2, body, AGE_WRAPPED_SIZE};
    result = 0;
out:
    text_release(&share);
    secret_free(shared);
    secret_free(ephemeral);
    return result;
}

static bool read_share(const struct age_stanza *stanza, unsigned char out[X25519_SIZE])
{
    struct text share;

    text_init(&share, X25519_SIZE);
    bool is_good =
        stanza->argument_count == 2 &&
        base64_unpadded_decode(&share, stanza->arguments[1], strlen(stanza->arguments[1])) &&
        share.length == X25519_SIZE;
    if (is_good)
        memcpy(out, share.bytes, X25519_SIZE);
    text_release(&share);
    return is_good;
}

int age_x25519_check(const struct age_stanza *stanza, struct error *error)
{
    unsigned char share[X25519_SIZE];

    if (!age_stanza_is(stanza, type))
        return 0;
    if (!read_share(stanza, share))
        return error_set(
            error, ERROR_INPUT,
            _("not a valid age file: an X25519 recipient needs one share of 32 bytes"));
    /* A longer one could be made to open under several keys. */
    if (stanza->body_size != AGE_WRAPPED_SIZE)
        return error_set(
            error, ERROR_INPUT,
            _("not a valid age file: the key of an X25519 recipient is not %d bytes long"),
            AGE_WRAPPED_SIZE);
    return 0;
}

enum age_unwrapped age_x25519_unwrap(const struct age_stanza *stanza,
                                     const struct age_x25519_identity *identity,
                                     unsigned char file_key[AGE_FILE_KEY_SIZE], struct error *error)
{
    struct shared *shared = NULL;
    unsigned char share[X25519_SIZE];
    enum age_unwrapped result = AGE_UNWRAP_FAILED;

    if (!age_stanza_is(stanza, type))
        return AGE_UNWRAP_NOT_MINE;
    if (age_x25519_check(stanza, error) < 0 || !read_share(stanza, share))
        return AGE_UNWRAP_FAILED;
    shared = secret_alloc(sizeof(*shared));
    if (!age_x25519_multiply(identity->secret, share, shared->secret)) {
        error_set(error, ERROR_INPUT,
                  _("not a valid age file: the share of an X25519 recipient is of low order"));
        goto out;
    }
    if (derive_key(shared, share, &identity->recipient, error) < 0)
        goto out;
    result =
        age_unwrap(shared->key, stanza->body, file_key) ? AGE_UNWRAP_DONE : AGE_UNWRAP_NOT_MINE;
out:
    secret_free(shared);
    return result;
}

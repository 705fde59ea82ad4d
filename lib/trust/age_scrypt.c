#include "trust/age_scrypt.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/secret.h"
#include "base/text.h"

enum {
    SALT_SIZE = 16,
    BLOCK_SIZE = 8, /* r */
    PARALLEL = 1,   /* p */
    ARGUMENTS = 3,  /* type, salt, work factor */
    WORK_FACTOR_DIGITS_MAX = 2,
};

static const char type[] = "scrypt";
static const char salt_label[] = "age-encryption.org/v1/scrypt";

struct parameters {
    unsigned char salt[SALT_SIZE];
    int work_factor;
};

/* A decimal number without sign or leading zero; -1: none. More digits than any number that is
 * acceptable has stand for a number that is too large. */
static int read_work_factor(const char *digits)
{
    size_t length = strlen(digits);
    int number = 0;

    if (length == 0 || digits[0] == '0' || strspn(digits, "0123456789") != length)
        return -1;
    if (length > WORK_FACTOR_DIGITS_MAX)
        return AGE_SCRYPT_WORK_FACTOR_MAX + 1;
    for (size_t i = 0; i < length; i++)
        number = number * 10 + (digits[i] - '0');
    return number;
}

static int read_parameters(const struct age_stanza *stanza, struct parameters *out,
                           struct error *error)
{
    struct text salt;
    int result = -1;

    text_init(&salt, SALT_SIZE);
    if (stanza->argument_count != ARGUMENTS ||
        !base64_unpadded_decode(&salt, stanza->arguments[1], strlen(stanza->arguments[1])) ||
        salt.length != SALT_SIZE || stanza->body_size != AGE_WRAPPED_SIZE) {
        error_set(error, ERROR_INPUT,
                  _("not a valid age file: its passphrase stanza is malformed"));
        goto out;
    }
    memcpy(out->salt, salt.bytes, SALT_SIZE);
    out->work_factor = read_work_factor(stanza->arguments[2]);
    if (out->work_factor < 0) {
        error_set(error, ERROR_INPUT,
                  _("not a valid age file: the work factor of its passphrase is no number"));
        goto out;
    }
    if (out->work_factor > AGE_SCRYPT_WORK_FACTOR_MAX) {
        error_set(error, ERROR_INPUT,
                  _("the work factor of the age file's passphrase is larger than %d"),
                  AGE_SCRYPT_WORK_FACTOR_MAX);
        goto out;
    }
    result = 0;
out:
    text_release(&salt);
    return result;
}

int age_scrypt_check(const struct age_stanza *stanza, struct error *error)
{
    struct parameters parameters;

    return age_stanza_is(stanza, type) ? read_parameters(stanza, &parameters, error) : 0;
}

static int derive_key(const char *passphrase, size_t size, const struct parameters *parameters,
                      unsigned char out[AGE_KEY_SIZE], struct error *error)
{
    unsigned char salt[sizeof(salt_label) - 1 + SALT_SIZE];
    const uint64_t cost = UINT64_C(1) << parameters->work_factor;
    /* OpenSSL's own ceiling is below what age writes: the memory that is needed, and some more. */
    const uint64_t memory_max = cost * 128 * BLOCK_SIZE + (UINT64_C(1) << 20);

    memcpy(salt, salt_label, sizeof(salt_label) - 1);
    memcpy(salt + sizeof(salt_label) - 1, parameters->salt, SALT_SIZE);
    if (EVP_PBE_scrypt(passphrase, size, salt, sizeof(salt), cost, BLOCK_SIZE, PARALLEL, memory_max,
                       out, AGE_KEY_SIZE) != 1)
        return error_set(error, ERROR_SYSTEM,
                         _("cannot derive a key from the passphrase: it takes %llu MiB of memory"),
                         (unsigned long long)(memory_max >> 20));
    return 0;
}

int age_scrypt_wrap(struct arena *arena, const char *passphrase, size_t size, int work_factor,
                    const unsigned char file_key[AGE_FILE_KEY_SIZE], struct age_stanza *out,
                    struct error *error)
{
    struct parameters parameters = {.work_factor = work_factor};
    unsigned char *key = secret_alloc(AGE_KEY_SIZE);
    unsigned char *body = arena_alloc(arena, AGE_WRAPPED_SIZE);
    const char **arguments = arena_alloc_array(arena, ARGUMENTS, sizeof(*arguments));
    struct text salt;
    int result = -1;

    text_init(&salt, 2 * SALT_SIZE);
    random_bytes(parameters.salt, SALT_SIZE);
    if (derive_key(passphrase, size, &parameters, key, error) < 0 ||
        age_wrap(key, file_key, body, error) < 0)
        goto out;
    base64_unpadded_add(&salt, parameters.salt, SALT_SIZE);
    arguments[0] = type;
    arguments[1] = arena_strndup(arena, salt.bytes, salt.length);
    arguments[2] = arena_printf(arena, "%d", work_factor);
    *out = (struct age_stanza){arguments, ARGUMENTS, body, AGE_WRAPPED_SIZE};
    result = 0;
out:
    text_release(&salt);
    secret_free(key);
    return result;
}

enum age_unwrapped age_scrypt_unwrap(const struct age_stanza *stanza, const char *passphrase,
                                     size_t size, unsigned char file_key[AGE_FILE_KEY_SIZE],
                                     struct error *error)
{
    struct parameters parameters;
    unsigned char *key = NULL;
    enum age_unwrapped result = AGE_UNWRAP_FAILED;

    if (!age_stanza_is(stanza, type))
        return AGE_UNWRAP_NOT_MINE;
    if (read_parameters(stanza, &parameters, error) < 0)
        return AGE_UNWRAP_FAILED;
    key = secret_alloc(AGE_KEY_SIZE);
    if (derive_key(passphrase, size, &parameters, key, error) == 0)
        result = age_unwrap(key, stanza->body, file_key) ? AGE_UNWRAP_DONE : AGE_UNWRAP_NOT_MINE;
    secret_free(key);
    return result;
}

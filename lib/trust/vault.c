#include "trust/vault.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/memory.h"
#include "base/secret.h"

enum {
    KEY_SIZE = 32,
    NONCE_SIZE = 12,
    TAG_SIZE = 16,
    VERSION = 1,
    HEAD_SIZE = 1 + NONCE_SIZE,
    IDENTITY_MAX_BYTES = 1024,
};

static const char key_start[] = "crisis-vault-key/v1 ";
static const char identity_start[] = "crisis-account/v1";

struct vault {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *sealing; /* keyed once: a fresh nonce is all that changes */
    EVP_CIPHER_CTX *opening[VAULT_KEYS_MAX];
    size_t key_count;
};

/* --- keys ------------------------------------------------------------------------------------ */

void vault_new_key(struct text *out)
{
    unsigned char *key = secret_alloc(KEY_SIZE);

    text_init_secret(out, VAULT_KEYS_MAX_BYTES);
    random_bytes(key, KEY_SIZE);
    text_add(out, key_start);
    base64_add(out, key, KEY_SIZE);
    text_add_char(out, '\n');
    secret_free(key);
}

static bool read_key(const char *line, size_t length, struct text *keys)
{
    const size_t start = strlen(key_start), before = keys->length;

    return length > start && memcmp(line, key_start, start) == 0 &&
           base64_decode(keys, line + start, length - start) && keys->length - before == KEY_SIZE;
}

/* Appends the bytes of each; the last line may lack its end. */
static bool read_keys(const char *bytes, size_t size, struct text *keys)
{
    size_t at = 0;

    if (size == 0 || size > VAULT_KEYS_MAX_BYTES)
        return false;
    while (at < size) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t length = end ? (size_t)(end - bytes) - at : size - at;
        if (keys->length == VAULT_KEYS_MAX * KEY_SIZE || !read_key(bytes + at, length, keys))
            return false;
        at += length + 1;
    }
    return true;
}

/* --- opening --------------------------------------------------------------------------------- */

static int openssl_failed(struct error *error)
{
    return error_set(error, ERROR_SYSTEM, "AES-256-GCM does not work in this OpenSSL");
}

static int set_keys(struct vault *vault, const struct text *keys, struct error *error)
{
    const unsigned char *bytes = (const unsigned char *)keys->bytes;

    vault->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    vault->sealing = EVP_CIPHER_CTX_new();
    vault->key_count = keys->length / KEY_SIZE;
    if (!vault->cipher || !vault->sealing ||
        EVP_EncryptInit_ex2(vault->sealing, vault->cipher, bytes + keys->length - KEY_SIZE, NULL,
                            NULL) != 1)
        return openssl_failed(error);
    for (size_t i = 0; i < vault->key_count; i++) {
        vault->opening[i] = EVP_CIPHER_CTX_new();
        if (!vault->opening[i] || EVP_DecryptInit_ex2(vault->opening[i], vault->cipher,
                                                      bytes + i * KEY_SIZE, NULL, NULL) != 1)
            return openssl_failed(error);
    }
    return 0;
}

int vault_open(const char *keys, size_t size, struct vault **out, struct error *error)
{
    struct text bytes;
    struct vault *vault = NULL;
    int result = -1;

    *out = NULL;
    text_init_secret(&bytes, VAULT_KEYS_MAX * KEY_SIZE);
    if (!read_keys(keys, size, &bytes)) {
        error_set(error, ERROR_SYSTEM, "the vault's data key is not a line \"%sBASE64\"",
                  key_start);
        error_next(error, "restore vault.age from its backup");
        goto out;
    }
    vault = memory_alloc(sizeof(*vault));
    if (set_keys(vault, &bytes, error) < 0)
        goto out;
    *out = vault;
    vault = NULL;
    result = 0;
out:
    vault_close(vault);
    text_release(&bytes);
    return result;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    for (size_t i = 0; i < vault->key_count; i++)
        EVP_CIPHER_CTX_free(vault->opening[i]);
    EVP_CIPHER_CTX_free(vault->sealing);
    EVP_CIPHER_free(vault->cipher);
    memory_free(vault);
}

/* --- sealing --------------------------------------------------------------------------------- */

static void add_part(struct text *identity, const char *part)
{
    text_add_bytes(identity, part, strlen(part));
}

/* What a sealed credential belongs to. The parts hold no NUL, so no two accounts look alike. */
static int make_identity(const struct account *account, struct text *out, struct error *error)
{
    text_init(out, IDENTITY_MAX_BYTES);
    add_part(out, identity_start);
    text_add_char(out, '\0');
    add_part(out, account->municipality);
    text_add_char(out, '\0');
    add_part(out, account->channel);
    text_add_char(out, '\0');
    add_part(out, account->label);
    if (out->overflowed)
        return error_set(error, ERROR_INPUT,
                         "municipality, channel and label of an account are longer than %d bytes",
                         IDENTITY_MAX_BYTES);
    return 0;
}

static bool encrypt(struct vault *vault, const struct text *identity, const unsigned char *nonce,
                    const struct credential *credential, unsigned char *ciphertext,
                    unsigned char *tag)
{
    int length = 0, last = 0;

    return EVP_EncryptInit_ex2(vault->sealing, NULL, NULL, nonce, NULL) == 1 &&
           EVP_EncryptUpdate(vault->sealing, NULL, &length, (const unsigned char *)identity->bytes,
                             (int)identity->length) == 1 &&
           EVP_EncryptUpdate(vault->sealing, ciphertext, &length,
                             (const unsigned char *)credential->pairs,
                             (int)credential->size_bytes) == 1 &&
           EVP_EncryptFinal_ex(vault->sealing, ciphertext + length, &last) == 1 &&
           (size_t)length + (size_t)last == credential->size_bytes &&
           EVP_CIPHER_CTX_ctrl(vault->sealing, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
}

int vault_seal(struct vault *vault, const struct account *account,
               const struct credential *credential, struct text *out, struct error *error)
{
    struct text identity;
    unsigned char nonce[NONCE_SIZE], tag[TAG_SIZE] = {0};
    unsigned char *ciphertext = NULL;
    int result = -1;

    text_reset(out);
    if (make_identity(account, &identity, error) < 0)
        goto out;
    if (credential->size_bytes == 0 || credential->size_bytes > VAULT_CREDENTIAL_MAX_BYTES) {
        error_set(
            error, ERROR_INPUT, "the credential of %s %s '%s' is empty or larger than %d bytes",
            account->municipality, account->channel, account->label, VAULT_CREDENTIAL_MAX_BYTES);
        goto out;
    }
    ciphertext = memory_alloc(credential->size_bytes);
    random_bytes(nonce, sizeof(nonce));
    if (!encrypt(vault, &identity, nonce, credential, ciphertext, tag)) {
        openssl_failed(error);
        goto out;
    }
    text_add_char(out, VERSION);
    text_add_bytes(out, nonce, sizeof(nonce));
    text_add_bytes(out, ciphertext, credential->size_bytes);
    text_add_bytes(out, tag, sizeof(tag));
    if (out->overflowed) {
        error_set(error, ERROR_SYSTEM, "the sealed credential does not fit");
        goto out;
    }
    result = 0;
out:
    memory_free(ciphertext);
    text_release(&identity);
    return result;
}

/* Plaintext is written into `out` at once, and is taken away again when the tag is wrong. */
static bool decrypt(EVP_CIPHER_CTX *opening, const struct text *identity,
                    const unsigned char *sealed, size_t plain_size, unsigned char *out)
{
    unsigned char tag[TAG_SIZE];
    int length = 0, last = 0;

    memcpy(tag, sealed + HEAD_SIZE + plain_size, TAG_SIZE);
    return EVP_DecryptInit_ex2(opening, NULL, NULL, sealed + 1, NULL) == 1 &&
           EVP_DecryptUpdate(opening, NULL, &length, (const unsigned char *)identity->bytes,
                             (int)identity->length) == 1 &&
           EVP_DecryptUpdate(opening, out, &length, sealed + HEAD_SIZE, (int)plain_size) == 1 &&
           EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
           EVP_DecryptFinal_ex(opening, out + length, &last) == 1;
}

/* Most are under the last key. */
static bool decrypt_by_any(struct vault *vault, const struct text *identity,
                           const unsigned char *sealed, size_t plain_size, unsigned char *out)
{
    for (size_t i = vault->key_count; i-- > 0;)
        if (decrypt(vault->opening[i], identity, sealed, plain_size, out))
            return true;
    return false;
}

static int cannot_open(const struct account *account, const char *why, struct error *error)
{
    error_set(error, ERROR_VERIFICATION, "the stored credential of %s %s '%s' cannot be opened: %s",
              account->municipality, account->channel, account->label, why);
    return error_next(error,
                      "register the account again, or restore the vault.age it was sealed with");
}

int vault_unseal(struct vault *vault, const struct account *account, const void *sealed,
                 size_t size, struct text *out, struct error *error)
{
    const unsigned char *bytes = sealed;
    struct text identity = {0};
    int result = -1;

    text_reset(out);
    if (!out->secret)
        return error_set(error, ERROR_SYSTEM, "a credential must be opened into secret memory");
    if (size <= HEAD_SIZE + TAG_SIZE || size > VAULT_SEALED_MAX_BYTES || bytes[0] != VERSION)
        return cannot_open(account, "it is damaged, or sealed by a newer crisis", error);
    if (make_identity(account, &identity, error) < 0)
        goto out;
    const size_t plain_size = size - HEAD_SIZE - TAG_SIZE;
    /* The ciphertext stands in for the plaintext, so that the text makes room for it. */
    text_add_bytes(out, bytes + HEAD_SIZE, plain_size);
    if (out->overflowed) {
        error_set(error, ERROR_SYSTEM, "the credential of %s %s '%s' does not fit",
                  account->municipality, account->channel, account->label);
        goto out;
    }
    if (!decrypt_by_any(vault, &identity, bytes, plain_size, (unsigned char *)out->bytes)) {
        text_reset(out);
        cannot_open(account,
                    "it was changed, belongs to another account, or was sealed with another key",
                    error);
        goto out;
    }
    result = 0;
out:
    text_release(&identity);
    return result;
}

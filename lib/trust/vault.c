#include "trust/vault.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"
#include "model/failure_forms.h"

enum {
    KEY_SIZE = 32,
    NONCE_SIZE = 12,
    TAG_SIZE = 16,
    VERSION = 1,
    HEAD_SIZE = 1 + NONCE_SIZE,
    IDENTITY_MAX_BYTES = 1024,
};

static const char key_start[] = "crisis-vault-key/v1 ";
static const char account_start[] = "crisis-account/v1";
static const char secret_start[] = "crisis-secret/v1";

/* OpenSSL's own memory is not locked: it has a key only while something is sealed or opened, and
 * wipes it when its context is freed. */
struct vault {
    EVP_CIPHER *cipher;
    struct text keys; /* secret; the last one seals */
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

int vault_open(const char *keys, size_t size, struct vault **out, struct error *error)
{
    struct vault *vault = memory_alloc(sizeof(*vault));
    int result = -1;

    *out = NULL;
    text_init_secret(&vault->keys, VAULT_KEYS_MAX * KEY_SIZE);
    if (!read_keys(keys, size, &vault->keys)) {
        error_set(error, ERROR_SYSTEM, _("the vault's data key is not a line \"%sBASE64\""),
                  key_start);
        error_next(error, _("restore vault.age from its backup"));
        goto out;
    }
    vault->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (!vault->cipher) {
        openssl_failed(error);
        goto out;
    }
    *out = vault;
    vault = NULL;
    result = 0;
out:
    vault_close(vault);
    return result;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    EVP_CIPHER_free(vault->cipher);
    text_release(&vault->keys);
    memory_free(vault);
}

/* --- sealing --------------------------------------------------------------------------------- */

static void add_part(struct text *identity, const char *part)
{
    text_add_char(identity, '\0');
    text_add(identity, part);
}

/* What a sealed credential belongs to. The parts hold no NUL, so no two identities look alike. */
static int account_identity(const struct account *account, struct text *out, struct error *error)
{
    text_init(out, IDENTITY_MAX_BYTES);
    text_add(out, account_start);
    add_part(out, account->municipality);
    add_part(out, account->channel);
    add_part(out, account->label);
    if (out->overflowed)
        return error_set(error, ERROR_INPUT,
                         "municipality, channel and label of an account are longer than %d bytes",
                         IDENTITY_MAX_BYTES);
    return 0;
}

static int secret_identity(const char *name, struct text *out, struct error *error)
{
    text_init(out, IDENTITY_MAX_BYTES);
    text_add(out, secret_start);
    add_part(out, name);
    if (out->overflowed)
        return error_set(error, ERROR_INPUT, "the name of a secret is longer than %d bytes",
                         IDENTITY_MAX_BYTES);
    return 0;
}

static bool encrypt(struct vault *vault, const struct text *identity, const unsigned char *nonce,
                    const char *plain, size_t plain_size, unsigned char *ciphertext,
                    unsigned char *tag)
{
    const unsigned char *key =
        (const unsigned char *)vault->keys.bytes + vault->keys.length - KEY_SIZE;
    EVP_CIPHER_CTX *sealing = EVP_CIPHER_CTX_new();
    int length = 0, last = 0;

    bool is_sealed =
        sealing && EVP_EncryptInit_ex2(sealing, vault->cipher, key, nonce, NULL) == 1 &&
        EVP_EncryptUpdate(sealing, NULL, &length, (const unsigned char *)identity->bytes,
                          (int)identity->length) == 1 &&
        EVP_EncryptUpdate(sealing, ciphertext, &length, (const unsigned char *)plain,
                          (int)plain_size) == 1 &&
        EVP_EncryptFinal_ex(sealing, ciphertext + length, &last) == 1 &&
        (size_t)length + (size_t)last == plain_size &&
        EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(sealing);
    return is_sealed;
}

/* plain_size: 1 to VAULT_CREDENTIAL_MAX_BYTES. */
static int seal(struct vault *vault, const struct text *identity, const char *plain,
                size_t plain_size, struct text *out, struct error *error)
{
    unsigned char nonce[NONCE_SIZE], tag[TAG_SIZE] = {0};
    unsigned char *ciphertext = memory_alloc(plain_size);
    int result = -1;

    random_bytes(nonce, sizeof(nonce));
    if (!encrypt(vault, identity, nonce, plain, plain_size, ciphertext, tag)) {
        openssl_failed(error);
        goto out;
    }
    text_add_char(out, VERSION);
    text_add_bytes(out, nonce, sizeof(nonce));
    text_add_bytes(out, ciphertext, plain_size);
    text_add_bytes(out, tag, sizeof(tag));
    if (out->overflowed) {
        error_set(error, ERROR_SYSTEM, "the sealed credential does not fit");
        goto out;
    }
    result = 0;
out:
    memory_free(ciphertext);
    return result;
}

int vault_seal(struct vault *vault, const struct account *account,
               const struct credential *credential, struct text *out, struct error *error)
{
    struct text identity;

    text_reset(out);
    int result = account_identity(account, &identity, error);
    if (result == 0 &&
        (credential->size_bytes == 0 || credential->size_bytes > VAULT_CREDENTIAL_MAX_BYTES))
        result = error_set(
            error, ERROR_INPUT, "the credential of %s %s '%s' is empty or larger than %d bytes",
            account->municipality, account->channel, account->label, VAULT_CREDENTIAL_MAX_BYTES);
    if (result == 0)
        result = seal(vault, &identity, credential->pairs, credential->size_bytes, out, error);
    text_release(&identity);
    return result;
}

int vault_seal_secret(struct vault *vault, const char *name, const struct text *value,
                      struct text *out, struct error *error)
{
    struct text identity;

    text_reset(out);
    int result = secret_identity(name, &identity, error);
    if (result == 0 && (value->length == 0 || value->length > VAULT_CREDENTIAL_MAX_BYTES))
        result = error_set(error, ERROR_INPUT, "the secret '%s' is empty or larger than %d bytes",
                           name, VAULT_CREDENTIAL_MAX_BYTES);
    if (result == 0)
        result = seal(vault, &identity, value->bytes, value->length, out, error);
    text_release(&identity);
    return result;
}

/* --- opening what is sealed ------------------------------------------------------------------ */

/* Plaintext is written into `out` at once, and is taken away again when the tag is wrong. */
static bool decrypt(const struct vault *vault, const char *key, const struct text *identity,
                    const unsigned char *sealed, size_t plain_size, unsigned char *out)
{
    EVP_CIPHER_CTX *opening = EVP_CIPHER_CTX_new();
    unsigned char tag[TAG_SIZE];
    int length = 0, last = 0;

    memcpy(tag, sealed + HEAD_SIZE + plain_size, TAG_SIZE);
    bool is_genuine =
        opening &&
        EVP_DecryptInit_ex2(opening, vault->cipher, (const unsigned char *)key, sealed + 1, NULL) ==
            1 &&
        EVP_DecryptUpdate(opening, NULL, &length, (const unsigned char *)identity->bytes,
                          (int)identity->length) == 1 &&
        EVP_DecryptUpdate(opening, out, &length, sealed + HEAD_SIZE, (int)plain_size) == 1 &&
        EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
        EVP_DecryptFinal_ex(opening, out + length, &last) == 1;
    EVP_CIPHER_CTX_free(opening);
    return is_genuine;
}

/* Most are under the last key. */
static bool decrypt_by_any(struct vault *vault, const struct text *identity,
                           const unsigned char *sealed, size_t plain_size, unsigned char *out)
{
    for (size_t at = vault->keys.length; at > 0; at -= KEY_SIZE)
        if (decrypt(vault, vault->keys.bytes + at - KEY_SIZE, identity, sealed, plain_size, out))
            return true;
    return false;
}

/* *why, of a refusal, is for people; NULL: the error is set. */
static int unseal(struct vault *vault, const struct text *identity, const void *sealed, size_t size,
                  struct text *out, const char **why, struct error *error)
{
    const unsigned char *bytes = sealed;

    *why = NULL;
    if (!out->secret)
        return error_set(error, ERROR_SYSTEM, "a credential must be opened into secret memory");
    if (size <= HEAD_SIZE + TAG_SIZE || size > VAULT_SEALED_MAX_BYTES || bytes[0] != VERSION) {
        *why = N_("it is damaged, or sealed by a newer crisis");
        return -1;
    }
    const size_t plain_size = size - HEAD_SIZE - TAG_SIZE;
    /* The ciphertext stands in for the plaintext, so that the text makes room for it. */
    text_add_bytes(out, bytes + HEAD_SIZE, plain_size);
    if (out->overflowed)
        return error_set(error, ERROR_SYSTEM, "an opened credential does not fit");
    if (decrypt_by_any(vault, identity, bytes, plain_size, (unsigned char *)out->bytes))
        return 0;
    text_reset(out);
    *why = N_("it was changed, belongs elsewhere, or was sealed with another key");
    return -1;
}

int vault_unseal(struct vault *vault, const struct account *account, const void *sealed,
                 size_t size, struct text *out, struct error *error)
{
    struct text identity;
    const char *why = NULL;

    text_reset(out);
    int result = account_identity(account, &identity, error);
    if (result == 0)
        result = unseal(vault, &identity, sealed, size, out, &why, error);
    if (why) {
        error_set(error, ERROR_VERIFICATION, FORM_SEALED_CREDENTIAL, account->municipality,
                  account->channel, account->label, why);
        error_next(error,
                   N_("register the account again, or restore the vault.age it was sealed with"));
    }
    text_release(&identity);
    return result;
}

int vault_unseal_secret(struct vault *vault, const char *name, const void *sealed, size_t size,
                        struct text *out, struct error *error)
{
    struct text identity;
    const char *why = NULL;

    text_reset(out);
    int result = secret_identity(name, &identity, error);
    if (result == 0)
        result = unseal(vault, &identity, sealed, size, out, &why, error);
    if (why) {
        error_set(error, ERROR_VERIFICATION, FORM_SEALED_SECRET, name, why);
        error_next(error, FORM_PUT_SECRET, name);
    }
    text_release(&identity);
    return result;
}

#include "trust/ssh_container.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/encode.h"
#include "base/language.h"
#include "base/secret.h"

#include "trust/bcrypt_pbkdf.h"
#include "trust/ssh_private.h"

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
static const char end_line[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* with its NUL */

enum { KEY_SIZE = 32, IV_MAX_SIZE = 16, TAG_SIZE = 16 };

struct ssh_cipher {
    const char *name, *openssl_name; /* NULL: no encryption */
    size_t block_size, iv_size, tag_size;
};

static const struct ssh_cipher ciphers[] = {
    {"none", NULL, 8, 0, 0},
    {"aes256-ctr", "AES-256-CTR", 16, 16, 0},
    {"aes256-gcm@openssh.com", "AES-256-GCM", 16, 12, TAG_SIZE},
};

static int damaged(struct error *error)
{
    return error_set(error, ERROR_INPUT, _("the private key file is damaged"));
}

/* --- armour ---------------------------------------------------------------------------------- */

static int refuse_armour(const char *bytes, size_t size, struct error *error)
{
    static const char other[] = "-----BEGIN ";
    static const char public_key[] = "ssh-";

    error_set(error, ERROR_INPUT, _("this is no private key file of OpenSSH"));
    if (size >= strlen(other) && memcmp(bytes, other, strlen(other)) == 0)
        return error_next(error, _("convert a copy of it: ssh-keygen -p -f FILE rewrites a key in "
                                   "OpenSSH's format"));
    if (size >= strlen(public_key) && memcmp(bytes, public_key, strlen(public_key)) == 0)
        return error_next(error, _("name the private key file: the one without .pub"));
    return -1;
}

/* Takes the line ends out. The result is secret as the file is. */
static bool join_lines(const char *at, const char *end, struct text *out)
{
    for (;;) {
        if ((size_t)(end - at) >= strlen(end_line) && memcmp(at, end_line, strlen(end_line)) == 0)
            return true;
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end)
            return false;
        size_t length = (size_t)(line_end - at);
        text_add_bytes(out, at, length && line_end[-1] == '\r' ? length - 1 : length);
        at = line_end + 1;
    }
}

/* The beginning, up to where the base64 starts, with either line end; NULL when there is none. */
static const char *skip_begin(const char *bytes, size_t size)
{
    size_t words = strlen(begin_line) - 1;

    if (size <= words + 1 || memcmp(bytes, begin_line, words) != 0)
        return NULL;
    if (bytes[words] == '\n')
        return bytes + words + 1;
    return bytes[words] == '\r' && bytes[words + 1] == '\n' ? bytes + words + 2 : NULL;
}

static int read_armour(const char *bytes, size_t size, struct text *out, struct error *error)
{
    struct text base64;
    const char *start = size <= SSH_PRIVATE_FILE_MAX_BYTES ? skip_begin(bytes, size) : NULL;
    int result = -1;

    text_init_secret(&base64, SSH_PRIVATE_FILE_MAX_BYTES);
    if (!start)
        refuse_armour(bytes, size, error);
    else if (!join_lines(start, bytes + size, &base64) ||
             !base64_decode(out, base64.bytes, base64.length))
        damaged(error);
    else
        result = 0;
    text_release(&base64);
    return result;
}

/* --- fields ---------------------------------------------------------------------------------- */

static int find_cipher(struct ssh_bytes name, const struct ssh_cipher **out, struct error *error)
{
    for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
        if (ssh_bytes_equal(name, ciphers[i].name)) {
            *out = &ciphers[i];
            return 0;
        }
    }
    error_set(error, ERROR_INPUT,
              _("the private key file is encrypted with '%.*s', which is not read"),
              ssh_bytes_printable(name) && name.size <= 64 ? (int)name.size : 0,
              (const char *)name.bytes);
    return error_next(error, _("change that with: ssh-keygen -p -Z aes256-ctr -f FILE"));
}

static int read_kdf(struct ssh_bytes name, struct ssh_bytes options, struct ssh_container *out,
                    struct error *error)
{
    struct ssh_reader reader;
    bool encrypted = ssh_container_is_encrypted(out);

    if (!ssh_bytes_equal(name, encrypted ? "bcrypt" : "none"))
        return damaged(error);
    if (!encrypted)
        return options.size == 0 ? 0 : damaged(error);
    ssh_reader_init(&reader, options.bytes, options.size);
    out->salt = ssh_read_string(&reader);
    out->rounds = ssh_read_uint32(&reader);
    if (!ssh_reader_done(&reader) || out->salt.size == 0 ||
        out->salt.size > BCRYPT_PBKDF_SALT_MAX_BYTES || out->rounds == 0)
        return damaged(error);
    if (out->rounds > BCRYPT_PBKDF_ROUNDS_MAX) {
        error_set(
            error, ERROR_INPUT,
            _("the private key file asks for %u rounds of key derivation: at most %d are done"),
            (unsigned)out->rounds, BCRYPT_PBKDF_ROUNDS_MAX);
        return error_next(error, _("change that with: ssh-keygen -p -a 24 -f FILE"));
    }
    return 0;
}

static int read_fields(struct ssh_container *out, struct error *error)
{
    struct ssh_reader reader;

    ssh_reader_init(&reader, out->bytes.bytes, out->bytes.length);
    struct ssh_bytes start = ssh_read_raw(&reader, sizeof(magic));
    if (reader.failed || memcmp(start.bytes, magic, sizeof(magic)) != 0)
        return damaged(error);
    if (find_cipher(ssh_read_string(&reader), &out->cipher, error) < 0)
        return -1;
    struct ssh_bytes kdf = ssh_read_string(&reader);
    struct ssh_bytes options = ssh_read_string(&reader);
    uint32_t key_count = ssh_read_uint32(&reader);
    out->public_key = ssh_read_string(&reader);
    out->closed = ssh_read_string(&reader);
    out->tag = ssh_read_raw(&reader, out->cipher->tag_size);
    if (!ssh_reader_done(&reader) || key_count != 1 || out->closed.size == 0 ||
        out->closed.size % out->cipher->block_size != 0)
        return damaged(error);
    return read_kdf(kdf, options, out, error);
}

int ssh_container_read(const char *bytes, size_t size, struct ssh_container *out,
                       struct error *error)
{
    *out = (struct ssh_container){.cipher = &ciphers[0]};
    text_init_secret(&out->bytes, SSH_PRIVATE_FILE_MAX_BYTES);
    if (read_armour(bytes, size, &out->bytes, error) < 0)
        return -1;
    return read_fields(out, error);
}

void ssh_container_release(struct ssh_container *container)
{
    text_release(&container->bytes);
}

bool ssh_container_is_encrypted(const struct ssh_container *container)
{
    return container->cipher->openssl_name != NULL;
}

/* --- decryption ------------------------------------------------------------------------------ */

static bool decrypt(const struct ssh_container *container, const unsigned char *key_and_iv,
                    unsigned char *out)
{
    unsigned char tag[TAG_SIZE];
    int length = 0, last = 0;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, container->cipher->openssl_name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    size_t size = container->closed.size, tag_size = container->tag.size;
    bool good = cipher && context &&
                EVP_DecryptInit_ex2(context, cipher, key_and_iv, key_and_iv + KEY_SIZE, NULL) == 1;

    if (good && tag_size == TAG_SIZE) {
        memcpy(tag, container->tag.bytes, TAG_SIZE);
        good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    }
    good = good &&
           EVP_DecryptUpdate(context, out, &length, container->closed.bytes, (int)size) == 1 &&
           EVP_DecryptFinal_ex(context, out + length, &last) == 1 &&
           (size_t)length + (size_t)last == size;
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return good;
}

static int decrypt_with(const struct ssh_container *container, const struct text *passphrase,
                        struct text *out, struct error *error)
{
    unsigned char *key_and_iv = secret_alloc(KEY_SIZE + IV_MAX_SIZE);
    int result = -1;

    if (!bcrypt_pbkdf(passphrase->bytes, passphrase->length, container->salt.bytes,
                      container->salt.size, container->rounds, key_and_iv,
                      KEY_SIZE + container->cipher->iv_size))
        error_set(error, ERROR_SYSTEM, _("SHA-512 does not work in this OpenSSL"));
    else if (!decrypt(container, key_and_iv, (unsigned char *)out->bytes))
        error_set(error, ERROR_INPUT, _("the passphrase of the private key is wrong"));
    else
        result = 0;
    secret_free(key_and_iv);
    return result;
}

int ssh_container_open(const struct ssh_container *container, const struct text *passphrase,
                       struct text *out, struct error *error)
{
    text_reset(out);
    /* The closed bytes stand in for the open ones, so that the text makes room for them. */
    text_add_bytes(out, container->closed.bytes, container->closed.size);
    if (!out->secret || out->overflowed)
        return error_set(error, ERROR_SYSTEM, _("a private key must be opened into secret memory"));
    if (!ssh_container_is_encrypted(container))
        return 0;
    if (!passphrase || passphrase->length == 0)
        return error_set(error, ERROR_INPUT, _("the private key needs its passphrase"));
    if (decrypt_with(container, passphrase, out, error) < 0) {
        text_reset(out);
        return -1;
    }
    return 0;
}

#include "trust/age.h"

#include <string.h>

#include "base/language.h"

#include "trust/age_decryptor.h"

/* The '/v1' is left out: a file of a newer version is an age file, too. */
static const char binary_start[] = "age-encryption.org/";
static const char armored_start[] = "-----BEGIN AGE ENCRYPTED FILE-----";

static bool begins_with(const char *bytes, size_t size, const char *start)
{
    return size >= strlen(start) && memcmp(bytes, start, strlen(start)) == 0;
}

bool age_is_encrypted(const char *bytes, size_t size)
{
    size_t space = 0;

    if (begins_with(bytes, size, binary_start))
        return true;
    while (space < size && strchr(" \t\r\n", bytes[space]) && bytes[space])
        space++;
    return begins_with(bytes + space, size - space, armored_start);
}

int age_encrypt(const struct age_recipients *recipients, enum age_form form, const void *plain,
                size_t size, struct text *out, struct error *error)
{
    struct age_encryptor *encryptor = NULL;
    int result = -1;

    text_reset(out);
    if (size > AGE_PLAIN_MAX_BYTES)
        return error_set(error, ERROR_INPUT, _("what is to be encrypted is larger than %d bytes"),
                         AGE_PLAIN_MAX_BYTES);
    if (age_encryptor_new(recipients, form, out, &encryptor, error) == 0 &&
        age_encryptor_add(encryptor, plain, size, out, error) == 0)
        result = age_encryptor_finish(encryptor, out, error);
    if (result < 0)
        text_reset(out);
    age_encryptor_free(encryptor);
    return result;
}

int age_decrypt(const struct age_identities *identities, const void *bytes, size_t size,
                struct text *out, struct error *error)
{
    struct age_decryptor *decryptor = age_decryptor_new(identities);
    int result = -1;

    text_reset(out);
    if (size > AGE_FILE_MAX_BYTES)
        error_set(error, ERROR_INPUT, _("the age file is larger than %d bytes"),
                  AGE_FILE_MAX_BYTES);
    else if (age_decryptor_add(decryptor, bytes, size, out, error) == 0)
        result = age_decryptor_finish(decryptor, out, error);
    if (result < 0)
        text_reset(out);
    age_decryptor_free(decryptor);
    return result;
}

/* The plain text of an identity file that is encrypted with a passphrase. */
static int decrypt_identity_file(const char *bytes, size_t size, const char *passphrase,
                                 size_t passphrase_size, struct text *out, struct error *error)
{
    struct age_identities *only_passphrase = age_identities_new();
    int result = -1;

    if (!passphrase) {
        error_set(error, ERROR_USAGE,
                  _("the identity file is protected: its passphrase is needed"));
        goto out;
    }
    if (age_identities_add_passphrase(only_passphrase, passphrase, passphrase_size, error) < 0)
        goto out;
    result = age_decrypt(only_passphrase, bytes, size, out, error);
out:
    age_identities_free(only_passphrase);
    return result;
}

int age_identities_add_file(struct age_identities *identities, const char *bytes, size_t size,
                            const char *passphrase, size_t passphrase_size, struct error *error)
{
    struct text plain;
    int result;

    if (size > AGE_IDENTITY_FILE_MAX_BYTES)
        return error_set(error, ERROR_INPUT, _("the identity file is larger than %d bytes"),
                         AGE_IDENTITY_FILE_MAX_BYTES);
    if (!age_is_encrypted(bytes, size))
        return age_identities_add(identities, bytes, size, error);
    text_init_secret(&plain, AGE_IDENTITY_FILE_MAX_BYTES);
    result = decrypt_identity_file(bytes, size, passphrase, passphrase_size, &plain, error);
    if (result == 0)
        result = age_identities_add(identities, plain.bytes, plain.length, error);
    text_release(&plain);
    return result;
}

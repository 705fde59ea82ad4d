#include "trust/age_keys.h"

#include <stdbool.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"

#include "trust/age_scrypt.h"
#include "trust/age_x25519.h"

enum { IDENTITY_FILE_MAX_BYTES = 512 };

static int check_passphrase(size_t size, struct error *error)
{
    if (size == 0)
        return error_set(error, ERROR_USAGE, _("the passphrase is empty"));
    if (size > AGE_PASSPHRASE_MAX_BYTES)
        return error_set(error, ERROR_USAGE, _("the passphrase is longer than %d bytes"),
                         AGE_PASSPHRASE_MAX_BYTES);
    return 0;
}

/* --- recipients --------------------------------------------------------------------------------
 */

struct age_recipients {
    struct arena *arena;
    struct age_x25519_recipient *keys;
    size_t count, capacity;
    struct secret *passphrase;
    int work_factor;
};

struct age_recipients *age_recipients_new(void)
{
    struct age_recipients *recipients = memory_alloc(sizeof(*recipients));

    recipients->arena = arena_new();
    return recipients;
}

void age_recipients_free(struct age_recipients *recipients)
{
    if (!recipients)
        return;
    secret_release(recipients->passphrase);
    arena_free(recipients->arena);
    memory_free(recipients);
}

static int not_alone(struct error *error)
{
    return error_set(error, ERROR_USAGE,
                     _("a file encrypted with a passphrase cannot have other recipients"));
}

int age_recipients_add(struct age_recipients *recipients, const char *spelling, struct error *error)
{
    struct age_x25519_recipient recipient;

    if (recipients->passphrase)
        return not_alone(error);
    if (age_x25519_recipient_read(spelling, strlen(spelling), &recipient, error) < 0)
        return -1;
    for (size_t i = 0; i < recipients->count; i++)
        if (memcmp(&recipients->keys[i], &recipient, sizeof(recipient)) == 0)
            return 0;
    recipients->keys = arena_grow(recipients->arena, recipients->keys, recipients->count,
                                  &recipients->capacity, sizeof(recipient));
    recipients->keys[recipients->count++] = recipient;
    return 0;
}

int age_recipients_add_passphrase(struct age_recipients *recipients, const char *passphrase,
                                  size_t size, int work_factor, struct error *error)
{
    if (recipients->count > 0 || recipients->passphrase)
        return not_alone(error);
    if (check_passphrase(size, error) < 0)
        return -1;
    if (work_factor < 0 || work_factor > AGE_SCRYPT_WORK_FACTOR_MAX)
        return error_set(error, ERROR_USAGE, _("the work factor of a passphrase is 1 to %d"),
                         AGE_SCRYPT_WORK_FACTOR_MAX);
    recipients->passphrase = secret_new(passphrase, size);
    recipients->work_factor = work_factor > 0 ? work_factor : AGE_SCRYPT_WORK_FACTOR;
    return 0;
}

int age_recipients_wrap(const struct age_recipients *recipients, struct arena *arena,
                        const unsigned char file_key[AGE_FILE_KEY_SIZE],
                        const struct age_stanza **stanzas, size_t *count, struct error *error)
{
    const struct secret *passphrase = recipients->passphrase;

    *count = passphrase ? 1 : recipients->count;
    if (*count == 0)
        return error_set(error, ERROR_USAGE, _("there is no recipient to encrypt to"));
    struct age_stanza *made = arena_alloc_array(arena, *count, sizeof(*made));
    *stanzas = made;
    if (passphrase)
        return age_scrypt_wrap(arena, secret_bytes(passphrase), secret_size(passphrase),
                               recipients->work_factor, file_key, made, error);
    for (size_t i = 0; i < recipients->count; i++)
        if (age_x25519_wrap(arena, &recipients->keys[i], file_key, &made[i], error) < 0)
            return -1;
    return 0;
}

/* --- identities --------------------------------------------------------------------------------
 */

/* In secret memory. */
struct age_identities {
    struct age_x25519_identity keys[AGE_IDENTITIES_MAX];
    size_t count;
    struct secret *passphrase;
};

struct age_identities *age_identities_new(void)
{
    return secret_alloc(sizeof(struct age_identities));
}

void age_identities_free(struct age_identities *identities)
{
    if (!identities)
        return;
    secret_release(identities->passphrase);
    secret_free(identities);
}

static int add_identity(struct age_identities *identities, const char *line, size_t length,
                        size_t line_number, struct error *error)
{
    struct error why = {0};

    if (identities->count == AGE_IDENTITIES_MAX)
        return error_set(error, ERROR_INPUT, _("line %zu: more than %d secret keys"), line_number,
                         AGE_IDENTITIES_MAX);
    if (age_x25519_identity_read(line, length, &identities->keys[identities->count], &why) < 0)
        return error_set(error, why.kind, _("line %zu: %s"), line_number, why.message);
    identities->count++;
    return 0;
}

static int add_lines(struct age_identities *identities, const char *lines, size_t size,
                     struct error *error)
{
    const size_t count_before = identities->count;
    size_t number = 0, length;

    for (size_t at = 0; at < size; at += length + 1) {
        const char *line = lines + at;
        const char *end = memchr(line, '\n', size - at);
        length = end ? (size_t)(end - line) : size - at;
        size_t visible = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        number++;
        if (visible == 0 || line[0] == '#')
            continue;
        if (add_identity(identities, line, visible, number, error) < 0)
            return -1;
    }
    if (identities->count == count_before)
        return error_set(error, ERROR_INPUT, _("there is no secret key (AGE-SECRET-KEY-1…) in it"));
    return 0;
}

int age_identities_add(struct age_identities *identities, const char *lines, size_t size,
                       struct error *error)
{
    const size_t count = identities->count;

    if (add_lines(identities, lines, size, error) == 0)
        return 0;
    secret_wipe(&identities->keys[count], (AGE_IDENTITIES_MAX - count) * sizeof(*identities->keys));
    identities->count = count;
    return -1;
}

int age_identities_add_passphrase(struct age_identities *identities, const char *passphrase,
                                  size_t size, struct error *error)
{
    if (check_passphrase(size, error) < 0)
        return -1;
    secret_release(identities->passphrase);
    identities->passphrase = secret_new(passphrase, size);
    return 0;
}

size_t age_identities_count(const struct age_identities *identities)
{
    return identities->count;
}

void age_identities_recipient(const struct age_identities *identities, size_t index,
                              struct text *out)
{
    age_x25519_recipient_add(out, &identities->keys[index].recipient);
}

/* All stanzas of a known type must be well-formed, whosever they are. */
static int check_stanzas(const struct age_header *header, struct error *error)
{
    for (size_t i = 0; i < header->stanza_count; i++) {
        const struct age_stanza *stanza = &header->stanzas[i];
        if (age_stanza_is(stanza, "scrypt") && header->stanza_count > 1)
            return error_set(error, ERROR_INPUT,
                             _("not a valid age file: it has a passphrase and other recipients"));
        if (age_x25519_check(stanza, error) < 0 || age_scrypt_check(stanza, error) < 0)
            return -1;
    }
    return 0;
}

enum age_unwrapped age_identities_unwrap(const struct age_identities *identities,
                                         const struct age_header *header,
                                         unsigned char file_key[AGE_FILE_KEY_SIZE],
                                         struct error *error)
{
    enum age_unwrapped result = AGE_UNWRAP_NOT_MINE;
    const struct secret *passphrase = identities->passphrase;

    if (check_stanzas(header, error) < 0)
        return AGE_UNWRAP_FAILED;
    for (size_t i = 0; i < header->stanza_count; i++) {
        const struct age_stanza *stanza = &header->stanzas[i];
        for (size_t j = 0; j < identities->count && result == AGE_UNWRAP_NOT_MINE; j++)
            result = age_x25519_unwrap(stanza, &identities->keys[j], file_key, error);
        if (result == AGE_UNWRAP_NOT_MINE && passphrase)
            result = age_scrypt_unwrap(stanza, secret_bytes(passphrase), secret_size(passphrase),
                                       file_key, error);
        if (result != AGE_UNWRAP_NOT_MINE)
            return result;
    }
    return result;
}

int age_identity_generate(struct text *identity_file, struct text *recipient, struct error *error)
{
    struct age_x25519_identity *identity = secret_alloc(sizeof(*identity));
    int result;

    text_init_secret(identity_file, IDENTITY_FILE_MAX_BYTES);
    result = age_x25519_generate(identity, error);
    if (result == 0) {
        age_x25519_recipient_add(recipient, &identity->recipient);
        text_add(identity_file, "# public key: ");
        age_x25519_recipient_add(identity_file, &identity->recipient);
        text_add_char(identity_file, '\n');
        age_x25519_identity_add(identity_file, identity);
        text_add_char(identity_file, '\n');
    }
    secret_free(identity);
    return result;
}

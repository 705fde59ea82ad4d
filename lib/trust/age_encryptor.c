#include "trust/age_encryptor.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"

#include "trust/age_armor.h"
#include "trust/age_stream.h"

enum { PIECE_SIZE = 4 * AGE_CHUNK_SIZE };

struct age_encryptor {
    struct age_armor_writer *armor; /* NULL: binary */
    struct age_sealer *sealer;
    struct text sealed; /* on its way through the armor */
};

/* Where the bytes of the file go: through the armor, or straight out. */
static struct text *binary_out(struct age_encryptor *encryptor, struct text *out)
{
    return encryptor->armor ? &encryptor->sealed : out;
}

static int pass_on(struct age_encryptor *encryptor, struct text *out, struct error *error)
{
    if (encryptor->armor) {
        age_armor_writer_add(encryptor->armor, encryptor->sealed.bytes, encryptor->sealed.length,
                             out);
        text_reset(&encryptor->sealed);
    }
    if (out->overflowed)
        return error_set(error, ERROR_INPUT, _("the age file is larger than %zu bytes"),
                         out->ceiling);
    return 0;
}

/* The header, and the nonce that the payload begins with. */
static int start(struct age_encryptor *encryptor, const struct age_recipients *recipients,
                 struct text *out, struct error *error)
{
    unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE];
    unsigned char *file_key = secret_alloc(AGE_FILE_KEY_SIZE);
    unsigned char *key = secret_alloc(AGE_KEY_SIZE);
    struct text *binary = binary_out(encryptor, out);
    struct arena *arena = arena_new();
    const struct age_stanza *stanzas;
    size_t count;
    int result = -1;

    random_bytes(file_key, AGE_FILE_KEY_SIZE);
    random_bytes(nonce, sizeof(nonce));
    if (age_recipients_wrap(recipients, arena, file_key, &stanzas, &count, error) < 0 ||
        age_header_write(binary, stanzas, count, file_key, error) < 0 ||
        age_stream_key(file_key, nonce, key, error) < 0)
        goto out;
    text_add_bytes(binary, nonce, sizeof(nonce));
    encryptor->sealer = age_sealer_new(key);
    result = pass_on(encryptor, out, error);
out:
    arena_free(arena);
    secret_free(key);
    secret_free(file_key);
    return result;
}

int age_encryptor_new(const struct age_recipients *recipients, enum age_form form, struct text *out,
                      struct age_encryptor **encryptor, struct error *error)
{
    struct age_encryptor *made = memory_alloc(sizeof(*made));

    *encryptor = NULL;
    text_init(&made->sealed, AGE_HEADER_MAX_BYTES + 2 * PIECE_SIZE);
    if (form == AGE_ARMORED)
        made->armor = age_armor_writer_new();
    if (start(made, recipients, out, error) < 0) {
        age_encryptor_free(made);
        return -1;
    }
    *encryptor = made;
    return 0;
}

/* In pieces, so that what waits for the armor stays small. */
int age_encryptor_add(struct age_encryptor *encryptor, const void *plain, size_t size,
                      struct text *out, struct error *error)
{
    const unsigned char *bytes = plain;

    while (size > 0) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        if (age_sealer_add(encryptor->sealer, bytes, part, binary_out(encryptor, out), error) < 0 ||
            pass_on(encryptor, out, error) < 0)
            return -1;
        bytes += part;
        size -= part;
    }
    return 0;
}

int age_encryptor_finish(struct age_encryptor *encryptor, struct text *out, struct error *error)
{
    if (age_sealer_finish(encryptor->sealer, binary_out(encryptor, out), error) < 0 ||
        pass_on(encryptor, out, error) < 0)
        return -1;
    if (encryptor->armor)
        age_armor_writer_finish(encryptor->armor, out);
    return pass_on(encryptor, out, error);
}

void age_encryptor_free(struct age_encryptor *encryptor)
{
    if (!encryptor)
        return;
    age_sealer_free(encryptor->sealer);
    age_armor_writer_free(encryptor->armor);
    text_release(&encryptor->sealed);
    memory_free(encryptor);
}

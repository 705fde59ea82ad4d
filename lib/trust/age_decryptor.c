#include "trust/age_decryptor.h"

#include <stdbool.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"

#include "trust/age_armor.h"
#include "trust/age_stream.h"

enum { PIECE_SIZE = 64 * 1024 };

enum stage { AT_START, IN_HEADER, IN_NONCE, IN_PAYLOAD };

struct age_decryptor {
    const struct age_identities *identities;
    enum stage stage;
    enum age_failure failure;
    struct age_armor_reader *armor; /* NULL: binary */
    struct text dearmored;          /* on its way from the armor */
    struct text header;
    size_t line_start;       /* where the line of the header begins that is being gathered */
    unsigned char *file_key; /* in secret memory */
    unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE];
    size_t nonce_filled;
    struct age_opener *opener; /* NULL before IN_PAYLOAD */
};

struct age_decryptor *age_decryptor_new(const struct age_identities *identities)
{
    struct age_decryptor *decryptor = memory_alloc(sizeof(*decryptor));

    decryptor->identities = identities;
    decryptor->file_key = secret_alloc(AGE_FILE_KEY_SIZE);
    text_init(&decryptor->dearmored, PIECE_SIZE);
    text_init(&decryptor->header, AGE_HEADER_MAX_BYTES);
    return decryptor;
}

void age_decryptor_free(struct age_decryptor *decryptor)
{
    if (!decryptor)
        return;
    age_opener_free(decryptor->opener);
    secret_free(decryptor->file_key);
    text_release(&decryptor->header);
    text_release(&decryptor->dearmored);
    age_armor_reader_free(decryptor->armor);
    memory_free(decryptor);
}

enum age_failure age_decryptor_failure(const struct age_decryptor *decryptor)
{
    return decryptor->failure;
}

/* Notes the first failure. Returns -1. */
static int fail(struct age_decryptor *decryptor, enum age_failure failure)
{
    if (decryptor->failure == AGE_NO_FAILURE)
        decryptor->failure = failure;
    return -1;
}

/* --- the header --------------------------------------------------------------------------------
 */

static int no_match(const struct age_header *header, struct error *error)
{
    if (age_stanza_is(&header->stanzas[0], "scrypt"))
        return error_set(error, ERROR_INPUT,
                         _("the passphrase does not open this file, or none was given"));
    return error_set(error, ERROR_INPUT,
                     _("the file is not encrypted to any of these secret keys"));
}

/* Every line of the header is there. */
static int take_header(struct age_decryptor *decryptor, struct error *error)
{
    const struct text *text = &decryptor->header;
    struct arena *arena = arena_new();
    struct age_header header;
    int result = -1;

    if (age_header_read(arena, text->bytes, text->length, &header, error) < 0) {
        fail(decryptor, AGE_BAD_HEADER);
        goto out;
    }
    switch (age_identities_unwrap(decryptor->identities, &header, decryptor->file_key, error)) {
    case AGE_UNWRAP_FAILED:
        fail(decryptor, AGE_BAD_HEADER);
        goto out;
    case AGE_UNWRAP_NOT_MINE:
        no_match(&header, error);
        fail(decryptor, AGE_NO_MATCH);
        goto out;
    case AGE_UNWRAP_DONE:
        break;
    }
    if (age_header_verify(&header, text->bytes, decryptor->file_key, error) < 0) {
        fail(decryptor, AGE_BAD_MAC);
        goto out;
    }
    decryptor->stage = IN_NONCE;
    result = 0;
out:
    arena_free(arena);
    return result;
}

/* A line of the header has its LF. */
static int end_line(struct age_decryptor *decryptor, struct error *error)
{
    struct text *header = &decryptor->header;
    const char *line = header->bytes + decryptor->line_start;
    size_t length = header->length - decryptor->line_start - 1;

    if (decryptor->line_start == 0 && !age_header_is_first_line(line, length)) {
        error_set(error, ERROR_INPUT, _("not an age v1 file: it does not begin as one"));
        return fail(decryptor, AGE_BAD_HEADER);
    }
    decryptor->line_start = header->length;
    return age_header_is_last_line(line, length) ? take_header(decryptor, error) : 0;
}

/* Takes bytes up to the end of a line at most; *taken says how many. */
static int gather_header(struct age_decryptor *decryptor, const char *bytes, size_t size,
                         size_t *taken, struct error *error)
{
    const char *end = memchr(bytes, '\n', size);

    *taken = end ? (size_t)(end - bytes) + 1 : size;
    text_add_bytes(&decryptor->header, bytes, *taken);
    if (decryptor->header.overflowed) {
        error_set(error, ERROR_INPUT,
                  _("not an age v1 file: its header does not end within %d bytes"),
                  AGE_HEADER_MAX_BYTES);
        return fail(decryptor, AGE_BAD_HEADER);
    }
    return end ? end_line(decryptor, error) : 0;
}

/* --- the payload -------------------------------------------------------------------------------
 */

static int gather_nonce(struct age_decryptor *decryptor, const char *bytes, size_t size,
                        size_t *taken, struct error *error)
{
    unsigned char *key;
    size_t room = AGE_PAYLOAD_NONCE_SIZE - decryptor->nonce_filled;

    *taken = size < room ? size : room;
    memcpy(decryptor->nonce + decryptor->nonce_filled, bytes, *taken);
    decryptor->nonce_filled += *taken;
    if (decryptor->nonce_filled < AGE_PAYLOAD_NONCE_SIZE)
        return 0;
    key = secret_alloc(AGE_KEY_SIZE);
    int result = age_stream_key(decryptor->file_key, decryptor->nonce, key, error);
    if (result == 0) {
        decryptor->opener = age_opener_new(key);
        decryptor->stage = IN_PAYLOAD;
    } else {
        fail(decryptor, AGE_BROKEN);
    }
    secret_free(key);
    return result;
}

static int payload_failed(struct age_decryptor *decryptor, const struct text *out)
{
    return fail(decryptor, out->overflowed ? AGE_TOO_LARGE : AGE_BAD_PAYLOAD);
}

/* Bytes of the binary form. */
static int take_binary(struct age_decryptor *decryptor, const char *bytes, size_t size,
                       struct text *out, struct error *error)
{
    for (size_t at = 0, taken = 0; at < size; at += taken) {
        int result;
        if (decryptor->stage == IN_HEADER) {
            result = gather_header(decryptor, bytes + at, size - at, &taken, error);
        } else if (decryptor->stage == IN_NONCE) {
            result = gather_nonce(decryptor, bytes + at, size - at, &taken, error);
        } else {
            taken = size - at;
            result = age_opener_add(decryptor->opener, bytes + at, taken, out, error);
            if (result < 0)
                payload_failed(decryptor, out);
        }
        if (result < 0)
            return -1;
    }
    return 0;
}

static int finish_binary(struct age_decryptor *decryptor, struct text *out, struct error *error)
{
    if (decryptor->stage != IN_PAYLOAD) {
        error_set(error, ERROR_INPUT, _("not a whole age file: it ends within its header"));
        return fail(decryptor, AGE_BAD_HEADER);
    }
    if (age_opener_finish(decryptor->opener, out, error) < 0)
        return payload_failed(decryptor, out);
    return 0;
}

/* --- both forms --------------------------------------------------------------------------------
 */

/* What the armor held up to here, and then what is wrong with the armor itself: so the outcome does
 * not depend on where the pieces end. */
static int take_dearmored(struct age_decryptor *decryptor, const struct error *armor_error,
                          struct text *out, struct error *error)
{
    int result =
        take_binary(decryptor, decryptor->dearmored.bytes, decryptor->dearmored.length, out, error);

    text_reset(&decryptor->dearmored);
    if (result < 0 || armor_error->kind == ERROR_NONE)
        return result;
    error_set(error, armor_error->kind, "%s", armor_error->message);
    return fail(decryptor, AGE_BAD_ARMOR);
}

static int take_armored(struct age_decryptor *decryptor, const char *bytes, size_t size,
                        struct text *out, struct error *error)
{
    while (size > 0) {
        struct error armor_error = {0};
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        (void)age_armor_reader_add(decryptor->armor, bytes, part, &decryptor->dearmored,
                                   &armor_error);
        if (take_dearmored(decryptor, &armor_error, out, error) < 0)
            return -1;
        bytes += part;
        size -= part;
    }
    return 0;
}

static int finish_armored(struct age_decryptor *decryptor, struct text *out, struct error *error)
{
    struct error armor_error = {0};

    (void)age_armor_reader_finish(decryptor->armor, &decryptor->dearmored, &armor_error);
    return take_dearmored(decryptor, &armor_error, out, error);
}

static int check_use(struct age_decryptor *decryptor, const struct text *out, struct error *error)
{
    if (decryptor->failure != AGE_NO_FAILURE)
        return error_set(error, ERROR_SYSTEM, _("this age file could not be decrypted"));
    if (!out->secret) {
        error_set(error, ERROR_SYSTEM, _("an age file must be decrypted into secret memory"));
        return fail(decryptor, AGE_BROKEN);
    }
    return 0;
}

int age_decryptor_add(struct age_decryptor *decryptor, const void *bytes, size_t size,
                      struct text *out, struct error *error)
{
    if (check_use(decryptor, out, error) < 0)
        return -1;
    if (size == 0)
        return 0;
    if (decryptor->stage == AT_START) {
        if (age_armor_may_begin(*(const char *)bytes))
            decryptor->armor = age_armor_reader_new();
        decryptor->stage = IN_HEADER;
    }
    if (decryptor->armor)
        return take_armored(decryptor, bytes, size, out, error);
    return take_binary(decryptor, bytes, size, out, error);
}

int age_decryptor_finish(struct age_decryptor *decryptor, struct text *out, struct error *error)
{
    if (check_use(decryptor, out, error) < 0)
        return -1;
    if (decryptor->armor && finish_armored(decryptor, out, error) < 0)
        return -1;
    return finish_binary(decryptor, out, error);
}

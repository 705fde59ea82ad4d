#include "trust/age_stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/language.h"
#include "base/memory.h"
#include "base/secret.h"

/* The number of a chunk, big-endian, and a byte that marks the last one. */
static void make_nonce(uint64_t number, bool is_last, unsigned char out[AGE_NONCE_SIZE])
{
    memset(out, 0, AGE_NONCE_SIZE);
    for (unsigned i = 0; i < sizeof(number); i++)
        out[AGE_NONCE_SIZE - 2 - i] = (unsigned char)(number >> (8 * i));
    out[AGE_NONCE_SIZE - 1] = is_last;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

int age_stream_key(const unsigned char file_key[AGE_FILE_KEY_SIZE],
                   const unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE],
                   unsigned char out[AGE_KEY_SIZE], struct error *error)
{
    return age_derive(file_key, AGE_FILE_KEY_SIZE, nonce, AGE_PAYLOAD_NONCE_SIZE, "payload", out,
                      error);
}

/* --- encrypting --------------------------------------------------------------------------------
 */

/* In secret memory, as it holds the key and plaintext. */
struct age_sealer {
    unsigned char key[AGE_KEY_SIZE];
    uint64_t number; /* of the chunk that is being filled */
    size_t filled;
    unsigned char chunk[AGE_CHUNK_SIZE];
};

struct age_sealer *age_sealer_new(const unsigned char key[AGE_KEY_SIZE])
{
    struct age_sealer *sealer = secret_alloc(sizeof(*sealer));

    memcpy(sealer->key, key, AGE_KEY_SIZE);
    return sealer;
}

static int seal_chunk(struct age_sealer *sealer, bool is_last, struct text *out,
                      struct error *error)
{
    unsigned char nonce[AGE_NONCE_SIZE];
    unsigned char *sealed = memory_alloc(AGE_SEALED_CHUNK_SIZE);
    int result;

    make_nonce(sealer->number, is_last, nonce);
    result = age_seal(sealer->key, nonce, sealer->chunk, sealer->filled, sealed, error);
    if (result == 0)
        text_add_bytes(out, sealed, sealer->filled + AGE_TAG_SIZE);
    sealer->number++;
    sealer->filled = 0;
    memory_free(sealed);
    return result;
}

/* A full chunk waits for what comes after it: only then is it known not to be the last one. */
int age_sealer_add(struct age_sealer *sealer, const void *plain, size_t size, struct text *out,
                   struct error *error)
{
    const unsigned char *bytes = plain;

    while (size > 0) {
        if (sealer->filled == AGE_CHUNK_SIZE && seal_chunk(sealer, false, out, error) < 0)
            return -1;
        size_t part = smaller(size, AGE_CHUNK_SIZE - sealer->filled);
        memcpy(sealer->chunk + sealer->filled, bytes, part);
        sealer->filled += part;
        bytes += part;
        size -= part;
    }
    return 0;
}

int age_sealer_finish(struct age_sealer *sealer, struct text *out, struct error *error)
{
    return seal_chunk(sealer, true, out, error);
}

void age_sealer_free(struct age_sealer *sealer)
{
    secret_free(sealer);
}

/* --- decrypting --------------------------------------------------------------------------------
 */

struct age_opener {
    unsigned char *key; /* in secret memory */
    uint64_t number;
    size_t filled;
    unsigned char chunk[AGE_SEALED_CHUNK_SIZE];
};

struct age_opener *age_opener_new(const unsigned char key[AGE_KEY_SIZE])
{
    struct age_opener *opener = memory_alloc(sizeof(*opener));

    opener->key = secret_alloc(AGE_KEY_SIZE);
    memcpy(opener->key, key, AGE_KEY_SIZE);
    return opener;
}

enum opened { OPENED, NOT_GENUINE, NO_ROOM };

/* The ciphertext stands in for the plaintext, so that the text makes room for it. */
static enum opened open_chunk(const struct age_opener *opener, bool is_last, struct text *out)
{
    unsigned char nonce[AGE_NONCE_SIZE];
    const size_t start = out->length;

    if (opener->filled < AGE_TAG_SIZE)
        return NOT_GENUINE;
    text_add_bytes(out, opener->chunk, opener->filled - AGE_TAG_SIZE);
    if (out->overflowed)
        return NO_ROOM;
    make_nonce(opener->number, is_last, nonce);
    if (age_open(opener->key, nonce, opener->chunk, opener->filled,
                 (unsigned char *)out->bytes + start))
        return OPENED;
    text_truncate(out, start);
    return NOT_GENUINE;
}

static int changed(const struct age_opener *opener, struct error *error)
{
    return error_set(error, ERROR_VERIFICATION,
                     _("the age file was changed or damaged (in part %llu of its contents)"),
                     (unsigned long long)opener->number + 1);
}

static int no_room(const struct text *out, struct error *error)
{
    return error_set(error, ERROR_INPUT,
                     _("the contents of the age file are larger than %zu bytes"), out->ceiling);
}

/* A full chunk that something follows. */
static int open_inner(struct age_opener *opener, struct text *out, struct error *error)
{
    enum opened opened = open_chunk(opener, false, out);

    if (opened == NOT_GENUINE && open_chunk(opener, true, out) == OPENED)
        return error_set(error, ERROR_VERIFICATION,
                         _("there is something after the end of the age file's contents"));
    if (opened == NO_ROOM)
        return no_room(out, error);
    if (opened != OPENED)
        return changed(opener, error);
    opener->number++;
    opener->filled = 0;
    return 0;
}

int age_opener_add(struct age_opener *opener, const void *sealed, size_t size, struct text *out,
                   struct error *error)
{
    const unsigned char *bytes = sealed;

    while (size > 0) {
        if (opener->filled == AGE_SEALED_CHUNK_SIZE && open_inner(opener, out, error) < 0)
            return -1;
        size_t part = smaller(size, AGE_SEALED_CHUNK_SIZE - opener->filled);
        memcpy(opener->chunk + opener->filled, bytes, part);
        opener->filled += part;
        bytes += part;
        size -= part;
    }
    return 0;
}

int age_opener_finish(struct age_opener *opener, struct text *out, struct error *error)
{
    const bool is_full = opener->filled == AGE_SEALED_CHUNK_SIZE;
    enum opened opened = open_chunk(opener, true, out);

    if (opened == NO_ROOM)
        return no_room(out, error);
    if (opened == OPENED && opener->number > 0 && opener->filled == AGE_TAG_SIZE)
        return error_set(error, ERROR_VERIFICATION,
                         _("the age file's contents end with an empty part, which is not allowed"));
    if (opened == OPENED)
        return 0;
    if (opener->filled == 0 || (is_full && open_chunk(opener, false, out) == OPENED))
        return error_set(error, ERROR_VERIFICATION,
                         _("the age file is cut off: its end is missing"));
    return changed(opener, error);
}

void age_opener_free(struct age_opener *opener)
{
    if (!opener)
        return;
    secret_free(opener->key);
    memory_free(opener);
}

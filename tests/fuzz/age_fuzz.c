/* Armor, headers, payloads and keys of age files from any bytes; and any bytes through a payload.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/age.h"
#include "trust/age_armor.h"
#include "trust/age_decryptor.h"
#include "trust/age_header.h"
#include "trust/age_stream.h"
#include "trust/bech32.h"

enum { CEILING = 4 * 1024 * 1024 };

static const char identity[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
static const unsigned char file_key[AGE_FILE_KEY_SIZE] = "YELLOW SUBMARINE";
static const unsigned char payload_key[AGE_KEY_SIZE] = "a key of thirty-two bytes, fixed";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A header has one spelling: what was read is written in the same bytes, but for the MAC. */
static void fuzz_header(const char *bytes, size_t size)
{
    struct arena *arena = arena_new();
    struct age_header header;
    struct error error = {0};
    struct text again;

    text_init(&again, CEILING);
    if (age_header_read(arena, bytes, size, &header, &error) == 0) {
        require(header.stanza_count > 0 && header.covered_size < size);
        require(age_header_write(&again, header.stanzas, header.stanza_count, file_key, &error) ==
                0);
        require(again.length == size);
        require(memcmp(again.bytes, bytes, header.covered_size) == 0);
    } else {
        require(error.kind == ERROR_INPUT);
    }
    text_release(&again);
    arena_free(arena);
}

/* The outcome must not depend on where the pieces end. */
static int decrypt(const struct age_identities *identities, const char *bytes, size_t size,
                   size_t piece, struct text *out, enum age_failure *failure)
{
    struct age_decryptor *decryptor = age_decryptor_new(identities);
    struct error error = {0};
    int result = 0;

    text_init_secret(out, CEILING);
    for (size_t at = 0; at < size && result == 0; at += piece) {
        size_t left = size - at;
        result = age_decryptor_add(decryptor, bytes + at, left < piece ? left : piece, out, &error);
    }
    if (result == 0)
        result = age_decryptor_finish(decryptor, out, &error);
    *failure = age_decryptor_failure(decryptor);
    require((result == 0) == (*failure == AGE_NO_FAILURE));
    require(*failure != AGE_BROKEN && (result == 0) == (error.kind == ERROR_NONE));
    age_decryptor_free(decryptor);
    return result;
}

static void fuzz_file(const struct age_identities *identities, const char *bytes, size_t size,
                      size_t piece)
{
    enum age_failure first_failure, second_failure;
    struct text first, second;
    int result = decrypt(identities, bytes, size, size + 1, &first, &first_failure);

    require(decrypt(identities, bytes, size, piece, &second, &second_failure) == result);
    require(first_failure == second_failure && first.length == second.length);
    require(memcmp(first.bytes, second.bytes, first.length) == 0);
    text_release(&second);
    text_release(&first);
}

/* Behind a good header of an own file: the nonce and the chunks are the fuzzer's. */
static void fuzz_payload(const struct age_identities *identities, const struct text *header,
                         const char *bytes, size_t size, size_t piece)
{
    struct text file;

    text_init(&file, CEILING);
    text_add_bytes(&file, header->bytes, header->length);
    text_add_bytes(&file, bytes, size);
    if (!file.overflowed)
        fuzz_file(identities, file.bytes, file.length, piece);
    text_release(&file);
}

static void fuzz_stream(const char *bytes, size_t size, size_t piece)
{
    struct age_sealer *sealer = age_sealer_new(payload_key);
    struct age_opener *opener = age_opener_new(payload_key);
    struct error error = {0};
    struct text sealed, opened;

    text_init(&sealed, CEILING);
    text_init_secret(&opened, CEILING);
    for (size_t at = 0; at < size; at += piece)
        require(age_sealer_add(sealer, bytes + at, size - at < piece ? size - at : piece, &sealed,
                               &error) == 0);
    require(age_sealer_finish(sealer, &sealed, &error) == 0);
    require(age_opener_add(opener, sealed.bytes, sealed.length, &opened, &error) == 0);
    require(age_opener_finish(opener, &opened, &error) == 0);
    require(opened.length == size && (size == 0 || memcmp(opened.bytes, bytes, size) == 0));
    text_release(&opened);
    text_release(&sealed);
    age_opener_free(opener);
    age_sealer_free(sealer);
}

static void fuzz_armor(const char *bytes, size_t size, size_t piece)
{
    struct age_armor_writer *writer = age_armor_writer_new();
    struct age_armor_reader *reader = age_armor_reader_new();
    struct error error = {0};
    struct text armored, read;

    text_init(&armored, CEILING);
    text_init(&read, CEILING);
    for (size_t at = 0; at < size; at += piece)
        age_armor_writer_add(writer, bytes + at, size - at < piece ? size - at : piece, &armored);
    age_armor_writer_finish(writer, &armored);
    require(age_armor_reader_add(reader, armored.bytes, armored.length, &read, &error) == 0);
    require(age_armor_reader_finish(reader, &read, &error) == 0);
    require(read.length == size && (size == 0 || memcmp(read.bytes, bytes, size) == 0));
    text_release(&read);
    text_release(&armored);
    age_armor_reader_free(reader);
    age_armor_writer_free(writer);
}

static void fuzz_keys(const char *bytes, size_t size)
{
    struct age_identities *identities = age_identities_new();
    struct error error = {0};
    struct text decoded, again;

    if (age_identities_add(identities, bytes, size, &error) < 0)
        require(error.kind == ERROR_INPUT && age_identities_count(identities) == 0);
    text_init(&decoded, CEILING);
    text_init(&again, CEILING);
    if (bech32_decode(&decoded, "age", bytes, size)) {
        bech32_add(&again, "age", decoded.bytes, decoded.length);
        require(again.length == size && memcmp(again.bytes, bytes, size) == 0);
    }
    text_release(&again);
    text_release(&decoded);
    age_identities_free(identities);
}

/* A header for the identity, without the payload that followed it. */
static void make_header(const struct age_identities *identities, struct text *out)
{
    struct age_recipients *recipients = age_recipients_new();
    struct error error = {0};
    struct text recipient;

    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    text_init(out, CEILING);
    age_identities_recipient(identities, 0, &recipient);
    require(age_recipients_add(recipients, recipient.bytes, &error) == 0);
    require(age_encrypt(recipients, AGE_BINARY, "", 0, out, &error) == 0);
    text_truncate(out, out->length - AGE_PAYLOAD_NONCE_SIZE - AGE_TAG_SIZE);
    text_release(&recipient);
    age_recipients_free(recipients);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct age_identities *identities;
    static struct text header;
    struct error error = {0};

    if (!identities) {
        identities = age_identities_new();
        require(age_identities_add(identities, identity, strlen(identity), &error) == 0);
        make_header(identities, &header);
    }
    if (size == 0)
        return 0;
    const size_t piece = (size_t)data[0] + 1;
    const char *bytes = (const char *)data + 1;
    (void)age_is_encrypted(bytes, size - 1);
    fuzz_header(bytes, size - 1);
    fuzz_file(identities, bytes, size - 1, piece);
    fuzz_payload(identities, &header, bytes, size - 1, piece);
    fuzz_stream(bytes, size - 1, piece);
    fuzz_armor(bytes, size - 1, piece);
    fuzz_keys(bytes, size - 1);
    return 0;
}

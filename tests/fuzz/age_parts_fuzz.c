/* The layers of an age file by themselves: headers, armor, the stream of chunks, and keys. What is
 * accepted is written again in the same bytes. */
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/age.h"
#include "trust/age_armor.h"
#include "trust/age_header.h"
#include "trust/age_stream.h"
#include "trust/bech32.h"

#include "fuzz.h"

enum { CEILING = 4 * 1024 * 1024 };

static const unsigned char file_key[AGE_FILE_KEY_SIZE] = "YELLOW SUBMARINE";
static const unsigned char payload_key[AGE_KEY_SIZE] = "a key of thirty-two bytes, fixed";

/* A header has one spelling: what was read is written in the same bytes, but for the MAC. */
static void fuzz_header(const char *bytes, size_t size)
{
    struct arena *arena = arena_new();
    struct age_header header;
    struct error error = {0};
    struct text again;

    text_init(&again, CEILING);
    if (age_header_read(arena, bytes, size, &header, &error) == 0) {
        require(header.stanza_count > 0 && header.covered_size < size, "a header has a stanza");
        require(age_header_write(&again, header.stanzas, header.stanza_count, file_key, &error) ==
                    0,
                "what is read can be written");
        require(again.length == size && memcmp(again.bytes, bytes, header.covered_size) == 0,
                "a header has one spelling");
    } else {
        require(error.kind == ERROR_INPUT, "a refusal has a reason");
    }
    text_release(&again);
    arena_free(arena);
}

static int read_armor(const char *bytes, size_t size, size_t piece, struct text *out)
{
    struct age_armor_reader *reader = age_armor_reader_new();
    struct error error = {0};
    int result = 0;

    text_init(out, CEILING);
    for (size_t at = 0; at < size && result == 0; at += piece)
        result = age_armor_reader_add(reader, bytes + at, size - at < piece ? size - at : piece,
                                      out, &error);
    if (result == 0)
        result = age_armor_reader_finish(reader, out, &error);
    age_armor_reader_free(reader);
    return result;
}

static void write_armor(const char *bytes, size_t size, size_t piece, struct text *out)
{
    struct age_armor_writer *writer = age_armor_writer_new();

    text_init(out, CEILING);
    for (size_t at = 0; at < size; at += piece)
        age_armor_writer_add(writer, bytes + at, size - at < piece ? size - at : piece, out);
    age_armor_writer_finish(writer, out);
    age_armor_writer_free(writer);
}

static void fuzz_armor(const char *bytes, size_t size, size_t piece)
{
    struct text armored, read, again;

    const int result = read_armor(bytes, size, size + 1, &read);
    require(read_armor(bytes, size, piece, &again) == result, "pieces make no difference");
    require(result < 0 ||
                (read.length == again.length && memcmp(read.bytes, again.bytes, read.length) == 0),
            "pieces make no other bytes");
    text_release(&again);
    text_release(&read);
    write_armor(bytes, size, piece, &armored);
    require(read_armor(armored.bytes, armored.length, piece, &read) == 0 && read.length == size &&
                (size == 0 || memcmp(read.bytes, bytes, size) == 0),
            "armor loses nothing");
    text_release(&read);
    text_release(&armored);
}

static int open_stream(const char *bytes, size_t size, size_t piece, struct text *out)
{
    struct age_opener *opener = age_opener_new(payload_key);
    struct error error = {0};
    int result = 0;

    text_init_secret(out, CEILING);
    for (size_t at = 0; at < size && result == 0; at += piece)
        result =
            age_opener_add(opener, bytes + at, size - at < piece ? size - at : piece, out, &error);
    if (result == 0)
        result = age_opener_finish(opener, out, &error);
    age_opener_free(opener);
    return result;
}

/* Sealed, it opens; cut, or with one bit changed, it does not. */
static void fuzz_stream(const char *bytes, size_t size, size_t piece)
{
    struct age_sealer *sealer = age_sealer_new(payload_key);
    struct error error = {0};
    struct text sealed, opened;

    text_init(&sealed, CEILING);
    for (size_t at = 0; at < size; at += piece)
        require(age_sealer_add(sealer, bytes + at, size - at < piece ? size - at : piece, &sealed,
                               &error) == 0,
                "bytes are sealed");
    require(age_sealer_finish(sealer, &sealed, &error) == 0, "a stream ends");
    require(open_stream(sealed.bytes, sealed.length, piece, &opened) == 0 &&
                opened.length == size && (size == 0 || memcmp(opened.bytes, bytes, size) == 0),
            "sealing loses nothing");
    text_release(&opened);
    require(open_stream(sealed.bytes, sealed.length - 1, piece, &opened) < 0,
            "a stream that is cut off is refused");
    text_release(&opened);
    sealed.bytes[piece % sealed.length] ^= 1;
    require(open_stream(sealed.bytes, sealed.length, piece, &opened) < 0,
            "a stream that was changed is refused");
    text_release(&opened);
    text_release(&sealed);
    age_sealer_free(sealer);
}

static void fuzz_keys(const char *bytes, size_t size)
{
    struct age_identities *identities = age_identities_new();
    struct age_recipients *recipients = age_recipients_new();
    struct error error = {0}, why = {0};
    struct text decoded, again;
    char *spelling = fuzz_string(bytes, size);

    if (age_identities_add(identities, bytes, size, &error) < 0)
        require(error.kind == ERROR_INPUT && age_identities_count(identities) == 0,
                "all identities or none");
    if (age_recipients_add(recipients, spelling, &why) < 0)
        require(why.kind == ERROR_INPUT, "a refusal has a reason");
    text_init(&decoded, CEILING);
    text_init(&again, CEILING);
    if (bech32_decode(&decoded, "age", bytes, size)) {
        bech32_add(&again, "age", decoded.bytes, decoded.length);
        require(again.length == size && memcmp(again.bytes, bytes, size) == 0,
                "a key has one spelling");
    }
    text_release(&again);
    text_release(&decoded);
    free(spelling);
    age_recipients_free(recipients);
    age_identities_free(identities);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const size_t piece = (size_t)data[0] + 1;
    const char *bytes = (const char *)data + 1;
    (void)age_is_encrypted(bytes, size - 1);
    fuzz_header(bytes, size - 1);
    fuzz_armor(bytes, size - 1, piece);
    fuzz_stream(bytes, size - 1, piece);
    fuzz_keys(bytes, size - 1);
    return 0;
}

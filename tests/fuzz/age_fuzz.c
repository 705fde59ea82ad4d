/* Whole age files of any bytes, and any payload behind a good header. */
#include "base/error.h"
#include "base/text.h"
#include "trust/age.h"
#include "trust/age_decryptor.h"
#include "trust/age_stream.h"

#include "fuzz.h"

enum { CEILING = 4 * 1024 * 1024 };

static const char identity[] =
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

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
    require((result == 0) == (*failure == AGE_NO_FAILURE), "a failure has a kind");
    require(*failure != AGE_BROKEN, "nothing breaks by what a file holds");
    require((result == 0) == (error.kind == ERROR_NONE), "a failure has a reason");
    age_decryptor_free(decryptor);
    return result;
}

static void fuzz_file(const struct age_identities *identities, const char *bytes, size_t size,
                      size_t piece)
{
    enum age_failure first_failure, second_failure;
    struct text first, second;
    int result = decrypt(identities, bytes, size, size + 1, &first, &first_failure);

    require(decrypt(identities, bytes, size, piece, &second, &second_failure) == result &&
                first_failure == second_failure && first.length == second.length &&
                memcmp(first.bytes, second.bytes, first.length) == 0,
            "pieces make no difference");
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

/* A header for the identity, without the payload that followed it. */
static void make_header(const struct age_identities *identities, struct text *out)
{
    struct age_recipients *recipients = age_recipients_new();
    struct error error = {0};
    struct text recipient;

    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    text_init(out, CEILING);
    age_identities_recipient(identities, 0, &recipient);
    require(age_recipients_add(recipients, recipient.bytes, &error) == 0, "it is a recipient");
    require(age_encrypt(recipients, AGE_BINARY, "", 0, out, &error) == 0, "nothing is sealed");
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
        require(age_identities_add(identities, identity, strlen(identity), &error) == 0,
                "it is an identity");
        make_header(identities, &header);
    }
    if (size == 0)
        return 0;
    const size_t piece = (size_t)data[0] + 1;
    const char *bytes = (const char *)data + 1;
    fuzz_file(identities, bytes, size - 1, piece);
    fuzz_payload(identities, &header, bytes, size - 1, piece);
    return 0;
}

/*
 * Drives lib/trust/age*.c from the command line, for tests against other implementations:
 *
 *   age_tool generate                               a new identity file
 *   age_tool encrypt [-a] [-p FILE] [-r RECIPIENT]… standard input to standard output
 *   age_tool decrypt [-p FILE] [-i FILE]… [-n SIZE] [-w]
 *                                                   fed in pieces of SIZE bytes; writes what is
 *                                                   released, or with -w all of it or nothing
 *   age_tool x25519                                 "SECRET POINT" in hexadecimal, line by line;
 *                                                   answers with the product, or "refused"
 *   age_tool open                                   "KEY NONCE SEALED" likewise
 *
 * -p names a file that holds a passphrase and nothing else. A failure ends with the line
 * "age_tool: KIND: MESSAGE" on standard error and the exit code of the error.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/file.h"
#include "trust/age.h"
#include "trust/age_crypto.h"
#include "trust/age_decryptor.h"
#include "trust/age_x25519.h"

enum { PIECE_DEFAULT = 64 * 1024, LINE_FIELDS = 3, FIELD_MAX_BYTES = 128 * 1024 };

struct options {
    enum age_form form;
    bool whole;
    size_t piece_size;
    struct text passphrase; /* none: empty */
    struct age_recipients *recipients;
    struct age_identities *identities;
};

static const char *const failure_names[] = {
    [AGE_NO_FAILURE] = "failure",        [AGE_BAD_ARMOR] = "armor failure",
    [AGE_BAD_HEADER] = "header failure", [AGE_NO_MATCH] = "no match",
    [AGE_BAD_MAC] = "HMAC failure",      [AGE_BAD_PAYLOAD] = "payload failure",
    [AGE_TOO_LARGE] = "too large",       [AGE_BROKEN] = "broken",
};

static int read_input(struct text *out, struct error *error)
{
    char buffer[64 * 1024];
    size_t size;

    text_init_secret(out, AGE_FILE_MAX_BYTES);
    while ((size = fread(buffer, 1, sizeof(buffer), stdin)) > 0)
        text_add_bytes(out, buffer, size);
    if (ferror(stdin) || out->overflowed)
        return error_set(error, ERROR_INPUT, "cannot read standard input");
    return 0;
}

static int write_output(const struct text *text, struct error *error)
{
    if (fwrite(text->bytes, 1, text->length, stdout) != text->length || fflush(stdout) != 0)
        return error_set(error, ERROR_SYSTEM, "cannot write");
    return 0;
}

/* --- commands ----------------------------------------------------------------------------------
 */

static int generate(struct error *error)
{
    struct text file, recipient;

    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    int result = age_identity_generate(&file, &recipient, error);
    if (result == 0)
        result = write_output(&file, error);
    text_release(&file);
    text_release(&recipient);
    return result;
}

static int encrypt(const struct options *options, struct error *error)
{
    struct text plain, sealed;
    int result = read_input(&plain, error);

    text_init(&sealed, AGE_FILE_MAX_BYTES);
    if (result == 0)
        result = age_encrypt(options->recipients, options->form, plain.bytes, plain.length, &sealed,
                             error);
    if (result == 0)
        result = write_output(&sealed, error);
    text_release(&sealed);
    text_release(&plain);
    return result;
}

static int decrypt_pieces(const struct options *options, const struct text *sealed,
                          struct error *error)
{
    struct age_decryptor *decryptor = age_decryptor_new(options->identities);
    struct text plain;
    int result = 0;

    text_init_secret(&plain, AGE_PLAIN_MAX_BYTES);
    for (size_t at = 0; at < sealed->length && result == 0; at += options->piece_size) {
        size_t left = sealed->length - at;
        size_t size = left < options->piece_size ? left : options->piece_size;
        result = age_decryptor_add(decryptor, sealed->bytes + at, size, &plain, error);
    }
    if (result == 0)
        result = age_decryptor_finish(decryptor, &plain, error);
    if (write_output(&plain, error) < 0)
        result = -1;
    if (result < 0)
        fprintf(stderr, "age_tool: %s: %s\n", failure_names[age_decryptor_failure(decryptor)],
                error->message);
    text_release(&plain);
    age_decryptor_free(decryptor);
    return result;
}

static int decrypt_whole(const struct options *options, const struct text *sealed,
                         struct error *error)
{
    struct text plain;

    text_init_secret(&plain, AGE_PLAIN_MAX_BYTES);
    int result = age_decrypt(options->identities, sealed->bytes, sealed->length, &plain, error);
    if (write_output(&plain, error) < 0)
        result = -1;
    text_release(&plain);
    return result;
}

static int decrypt(const struct options *options, struct error *error)
{
    struct text sealed;
    int result = read_input(&sealed, error);

    if (result == 0)
        result = options->whole ? decrypt_whole(options, &sealed, error)
                                : decrypt_pieces(options, &sealed, error);
    text_release(&sealed);
    return result;
}

/* --- vectors, line by line ---------------------------------------------------------------------
 */

static void answer_x25519(const struct text fields[LINE_FIELDS], struct text *answer)
{
    unsigned char out[X25519_SIZE];

    if (fields[0].length == X25519_SIZE && fields[1].length == X25519_SIZE &&
        age_x25519_multiply((const unsigned char *)fields[0].bytes,
                            (const unsigned char *)fields[1].bytes, out))
        hex_add(answer, out, sizeof(out));
    else
        text_add(answer, "refused");
}

static void answer_open(const struct text fields[LINE_FIELDS], struct text *answer)
{
    unsigned char *out = malloc(fields[2].length + 1);

    if (out && fields[0].length == AGE_KEY_SIZE && fields[1].length == AGE_NONCE_SIZE &&
        age_open((const unsigned char *)fields[0].bytes, (const unsigned char *)fields[1].bytes,
                 fields[2].bytes, fields[2].length, out))
        hex_add(answer, out, fields[2].length - AGE_TAG_SIZE);
    else
        text_add(answer, "refused");
    free(out);
}

static void split(const char *line, struct text fields[LINE_FIELDS])
{
    for (size_t i = 0; i < LINE_FIELDS; i++) {
        size_t length = strcspn(line, " \n");
        text_reset(&fields[i]);
        if (!hex_decode(&fields[i], line, length))
            text_reset(&fields[i]);
        line += length;
        line += *line == ' ';
    }
}

static int vectors(bool is_x25519, struct error *error)
{
    struct text fields[LINE_FIELDS], answer;
    char *line = NULL;
    size_t capacity = 0;
    int result = 0;

    text_init(&answer, FIELD_MAX_BYTES);
    for (size_t i = 0; i < LINE_FIELDS; i++)
        text_init(&fields[i], FIELD_MAX_BYTES);
    while (result == 0 && getline(&line, &capacity, stdin) > 0) {
        split(line, fields);
        text_reset(&answer);
        if (is_x25519)
            answer_x25519(fields, &answer);
        else
            answer_open(fields, &answer);
        text_add_char(&answer, '\n');
        result = write_output(&answer, error);
    }
    free(line);
    for (size_t i = 0; i < LINE_FIELDS; i++)
        text_release(&fields[i]);
    text_release(&answer);
    return result;
}

/* --- options -----------------------------------------------------------------------------------
 */

static int add_identity_file(struct options *options, const char *path, struct error *error)
{
    const char *passphrase = options->passphrase.length ? options->passphrase.bytes : NULL;
    struct text file;
    int result = file_read(path, AGE_IDENTITY_FILE_MAX_BYTES, &file, error);

    if (result == 0)
        result = age_identities_add_file(options->identities, file.bytes, file.length, passphrase,
                                         options->passphrase.length, error);
    text_release(&file);
    return result;
}

static int add_passphrase(struct options *options, const char *path, bool encrypts,
                          struct error *error)
{
    struct text *text = &options->passphrase;

    if (file_read(path, AGE_PASSPHRASE_MAX_BYTES, text, error) < 0)
        return -1;
    if (encrypts)
        return age_recipients_add_passphrase(options->recipients, text->bytes, text->length, 10,
                                             error);
    return age_identities_add_passphrase(options->identities, text->bytes, text->length, error);
}

static int read_options(int count, char **words, struct options *options, struct error *error)
{
    const bool encrypts = strcmp(words[1], "encrypt") == 0;
    int option, result = 0;

    optind = 2;
    while (result == 0 && (option = getopt(count, words, "awp:r:i:n:")) != -1) {
        if (option == 'a')
            options->form = AGE_ARMORED;
        else if (option == 'w')
            options->whole = true;
        else if (option == 'p')
            result = add_passphrase(options, optarg, encrypts, error);
        else if (option == 'r')
            result = age_recipients_add(options->recipients, optarg, error);
        else if (option == 'i')
            result = add_identity_file(options, optarg, error);
        else if (option == 'n')
            options->piece_size = strtoul(optarg, NULL, 10);
        else
            result = error_set(error, ERROR_USAGE, "unknown option");
    }
    if (result == 0 && (optind != count || options->piece_size == 0))
        result = error_set(error, ERROR_USAGE, "one word too many, or a piece of nothing");
    return result;
}

static int run(const char *command, const struct options *options, struct error *error)
{
    if (strcmp(command, "generate") == 0)
        return generate(error);
    if (strcmp(command, "encrypt") == 0)
        return encrypt(options, error);
    if (strcmp(command, "decrypt") == 0)
        return decrypt(options, error);
    if (strcmp(command, "x25519") == 0 || strcmp(command, "open") == 0)
        return vectors(command[0] == 'x', error);
    return error_set(error, ERROR_USAGE, "unknown command");
}

int main(int count, char **words)
{
    struct options options = {.piece_size = PIECE_DEFAULT};
    struct error error = {0};
    int result;

    if (count < 2)
        return ERROR_USAGE;
    options.recipients = age_recipients_new();
    options.identities = age_identities_new();
    result = read_options(count, words, &options, &error);
    if (result == 0)
        result = run(words[1], &options, &error);
    if (result < 0)
        fprintf(stderr, "age_tool: %s\n", error.message);
    text_release(&options.passphrase);
    age_identities_free(options.identities);
    age_recipients_free(options.recipients);
    return result < 0 ? (int)error.kind : 0;
}

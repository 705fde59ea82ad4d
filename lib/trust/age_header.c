#include "trust/age_header.h"

#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/language.h"
#include "base/secret.h"

enum { COLUMNS = 64, COLUMNS_BYTES = COLUMNS / 4 * 3, MAC_DIGITS = 43 };

static const char first_line[] = "age-encryption.org/v1";
static const char stanza_mark[] = "-> ";
static const char last_mark[] = "---";

/* --- lines -------------------------------------------------------------------------------------
 */

struct lines {
    const char *bytes;
    size_t size;
    size_t at;     /* where the next line begins */
    size_t number; /* of the line taken last, from 1 */
};

static int malformed(const struct lines *lines, const char *why, struct error *error)
{
    return error_set(error, ERROR_INPUT, _("not a valid age file: line %zu of its header %s"),
                     lines->number, why);
}

/* The next line without its LF; false when there is no LF any more. */
static bool take_line(struct lines *lines, const char **line, size_t *length)
{
    const char *start = lines->bytes + lines->at;
    const char *end = memchr(start, '\n', lines->size - lines->at);

    lines->number++;
    if (!end)
        return false;
    *line = start;
    *length = (size_t)(end - start);
    lines->at += *length + 1;
    return true;
}

static bool begins_with(const char *line, size_t length, const char *mark)
{
    return length >= strlen(mark) && memcmp(line, mark, strlen(mark)) == 0;
}

bool age_header_is_first_line(const char *line, size_t length)
{
    return length == strlen(first_line) && memcmp(line, first_line, length) == 0;
}

/* No line of a body begins with a hyphen, and a stanza's first line goes on with '>'. */
bool age_header_is_last_line(const char *line, size_t length)
{
    return begins_with(line, length, last_mark);
}

bool age_stanza_is(const struct age_stanza *stanza, const char *type)
{
    return strcmp(stanza->arguments[0], type) == 0;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* The words of a stanza's first line, separated by one space each. */
static int read_arguments(struct arena *arena, const struct lines *lines, const char *words,
                          size_t length, struct age_stanza *out, struct error *error)
{
    size_t count = 1, word = 0, start = 0;

    for (size_t i = 0; i < length; i++) {
        if (words[i] < ' ' || words[i] > '~')
            return malformed(lines, _("has a character that is not allowed there"), error);
        count += words[i] == ' ';
    }
    const char **arguments = arena_alloc_array(arena, count, sizeof(*arguments));
    for (size_t i = 0; i <= length; i++) {
        if (i < length && words[i] != ' ')
            continue;
        if (i == start)
            return malformed(lines, _("has an empty argument"), error);
        arguments[word++] = arena_strndup(arena, words + start, i - start);
        start = i + 1;
    }
    out->arguments = arguments;
    out->argument_count = count;
    return 0;
}

static int read_body(struct arena *arena, struct lines *lines, struct age_stanza *out,
                     struct error *error)
{
    const char *line = NULL;
    size_t length = COLUMNS;
    struct text body;
    int result = -1;

    text_init(&body, AGE_HEADER_MAX_BYTES);
    while (length == COLUMNS) {
        if (!take_line(lines, &line, &length)) {
            malformed(lines, _("is missing: a stanza is cut off"), error);
            goto out;
        }
        if (length > COLUMNS || !base64_unpadded_decode(&body, line, length)) {
            malformed(lines, _("is no line of canonical base64 without padding"), error);
            goto out;
        }
    }
    out->body = arena_memdup(arena, body.bytes, body.length);
    out->body_size = body.length;
    result = 0;
out:
    text_release(&body);
    return result;
}

static int read_mac(const struct lines *lines, const char *line, size_t length,
                    struct age_header *out, struct error *error)
{
    const size_t mark = strlen(last_mark);
    struct text mac;
    int result = 0;

    text_init(&mac, AGE_MAC_SIZE);
    if (length != mark + 1 + MAC_DIGITS || line[mark] != ' ' ||
        !base64_unpadded_decode(&mac, line + mark + 1, MAC_DIGITS))
        result = malformed(lines, _("is not \"--- \" and the 43 digits of a MAC"), error);
    else
        memcpy(out->mac, mac.bytes, AGE_MAC_SIZE);
    text_release(&mac);
    return result;
}

int age_header_read(struct arena *arena, const char *bytes, size_t size, struct age_header *out,
                    struct error *error)
{
    struct lines lines = {.bytes = bytes, .size = size};
    struct age_stanza *stanzas = NULL;
    size_t count = 0, capacity = 0, length;
    const char *line;

    *out = (struct age_header){0};
    if (size > AGE_HEADER_MAX_BYTES)
        return error_set(error, ERROR_INPUT,
                         _("the header of the age file is larger than %d bytes"),
                         AGE_HEADER_MAX_BYTES);
    if (!take_line(&lines, &line, &length) || !age_header_is_first_line(line, length))
        return malformed(&lines, _("is not \"age-encryption.org/v1\""), error);
    for (;;) {
        size_t start = lines.at;
        if (!take_line(&lines, &line, &length))
            return malformed(&lines, _("is missing: the header is cut off"), error);
        if (age_header_is_last_line(line, length)) {
            out->covered_size = start + strlen(last_mark);
            break;
        }
        if (!begins_with(line, length, stanza_mark))
            return malformed(&lines, _("does not begin with \"-> \" or \"---\""), error);
        const size_t mark = strlen(stanza_mark);
        stanzas = arena_grow(arena, stanzas, count, &capacity, sizeof(*stanzas));
        struct age_stanza *stanza = &stanzas[count++];
        if (read_arguments(arena, &lines, line + mark, length - mark, stanza, error) < 0 ||
            read_body(arena, &lines, stanza, error) < 0)
            return -1;
    }
    if (count == 0)
        return malformed(&lines, _("comes before any recipient"), error);
    if (lines.at != size)
        return malformed(&lines, _("should be the last one"), error);
    out->stanzas = stanzas;
    out->stanza_count = count;
    return read_mac(&lines, line, length, out, error);
}

/* --- the MAC -----------------------------------------------------------------------------------
 */

static int compute_mac(const void *covered, size_t size,
                       const unsigned char file_key[AGE_FILE_KEY_SIZE],
                       unsigned char out[AGE_MAC_SIZE], struct error *error)
{
    unsigned char *key = secret_alloc(AGE_KEY_SIZE);
    int result = age_derive(file_key, AGE_FILE_KEY_SIZE, NULL, 0, "header", key, error);

    if (result == 0)
        hmac_sha256(key, AGE_KEY_SIZE, covered, size, out);
    secret_free(key);
    return result;
}

int age_header_verify(const struct age_header *header, const char *bytes,
                      const unsigned char file_key[AGE_FILE_KEY_SIZE], struct error *error)
{
    unsigned char expected[AGE_MAC_SIZE];

    if (compute_mac(bytes, header->covered_size, file_key, expected, error) < 0)
        return -1;
    if (!equal_constant_time(expected, header->mac, AGE_MAC_SIZE))
        return error_set(error, ERROR_VERIFICATION,
                         _("the header of the age file was changed after it was encrypted"));
    return 0;
}

/* --- writing -----------------------------------------------------------------------------------
 */

/* A body that fills its last line is followed by an empty one. */
static void add_stanza(struct text *out, const struct age_stanza *stanza)
{
    size_t at = 0, size;

    text_add(out, "->");
    for (size_t i = 0; i < stanza->argument_count; i++) {
        text_add_char(out, ' ');
        text_add(out, stanza->arguments[i]);
    }
    do {
        size = stanza->body_size - at < COLUMNS_BYTES ? stanza->body_size - at : COLUMNS_BYTES;
        text_add_char(out, '\n');
        base64_unpadded_add(out, stanza->body + at, size);
        at += size;
    } while (size == COLUMNS_BYTES);
    text_add_char(out, '\n');
}

int age_header_write(struct text *out, const struct age_stanza *stanzas, size_t count,
                     const unsigned char file_key[AGE_FILE_KEY_SIZE], struct error *error)
{
    unsigned char mac[AGE_MAC_SIZE];
    struct text header;
    int result = -1;

    text_init(&header, AGE_HEADER_MAX_BYTES);
    text_addf(&header, "%s\n", first_line);
    for (size_t i = 0; i < count; i++)
        add_stanza(&header, &stanzas[i]);
    text_add(&header, last_mark);
    if (!header.overflowed && compute_mac(header.bytes, header.length, file_key, mac, error) < 0)
        goto out;
    text_add_char(&header, ' ');
    base64_unpadded_add(&header, mac, sizeof(mac));
    text_add_char(&header, '\n');
    text_add_bytes(out, header.bytes, header.length);
    if (header.overflowed || out->overflowed) {
        error_set(error, ERROR_INPUT, _("there are too many recipients for one age file"));
        goto out;
    }
    result = 0;
out:
    text_release(&header);
    return result;
}

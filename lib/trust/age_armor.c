#include "trust/age_armor.h"

#include <string.h>

#include "base/encode.h"
#include "base/language.h"
#include "base/memory.h"

enum { COLUMNS = 64, COLUMNS_BYTES = COLUMNS / 4 * 3, LINE_MAX_BYTES = COLUMNS + 1 };

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----";

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool age_armor_may_begin(char byte)
{
    return byte == '-' || is_space(byte);
}

/* --- writing -----------------------------------------------------------------------------------
 */

struct age_armor_writer {
    bool has_begun;
    size_t filled;
    unsigned char line[COLUMNS_BYTES];
};

struct age_armor_writer *age_armor_writer_new(void)
{
    return memory_alloc(sizeof(struct age_armor_writer));
}

static void begin(struct age_armor_writer *writer, struct text *out)
{
    if (!writer->has_begun)
        text_addf(out, "%s\n", begin_line);
    writer->has_begun = true;
}

static void write_line(struct age_armor_writer *writer, struct text *out)
{
    base64_add(out, writer->line, writer->filled);
    text_add_char(out, '\n');
    writer->filled = 0;
}

void age_armor_writer_add(struct age_armor_writer *writer, const void *bytes, size_t size,
                          struct text *out)
{
    const unsigned char *from = bytes;

    begin(writer, out);
    while (size > 0) {
        size_t room = COLUMNS_BYTES - writer->filled, part = size < room ? size : room;
        memcpy(writer->line + writer->filled, from, part);
        writer->filled += part;
        from += part;
        size -= part;
        if (writer->filled == COLUMNS_BYTES)
            write_line(writer, out);
    }
}

void age_armor_writer_finish(struct age_armor_writer *writer, struct text *out)
{
    begin(writer, out);
    if (writer->filled > 0)
        write_line(writer, out);
    text_addf(out, "%s\n", end_line);
}

void age_armor_writer_free(struct age_armor_writer *writer)
{
    memory_free(writer);
}

/* --- reading -----------------------------------------------------------------------------------
 */

enum place { BEFORE, INSIDE, LAST_LINE_SEEN, AFTER };

struct age_armor_reader {
    enum place place;
    size_t line_number; /* of the line that is being gathered, from 1 */
    size_t space;       /* bytes of white space outside, on this side */
    bool in_space;      /* the line being gathered is white space so far, and some */
    size_t filled;
    char line[LINE_MAX_BYTES];
};

struct age_armor_reader *age_armor_reader_new(void)
{
    struct age_armor_reader *reader = memory_alloc(sizeof(*reader));

    reader->line_number = 1;
    return reader;
}

static int refuse(const struct age_armor_reader *reader, const char *why, struct error *error)
{
    return error_set(error, ERROR_INPUT, _("not a valid armored age file: line %zu %s"),
                     reader->line_number, why);
}

static bool line_is(const struct age_armor_reader *reader, size_t length, const char *expected)
{
    return length == strlen(expected) && memcmp(reader->line, expected, length) == 0;
}

static int take_body_line(struct age_armor_reader *reader, size_t length, struct text *out,
                          struct error *error)
{
    const size_t start = out->length;

    if (length == 0 || length > COLUMNS || !base64_decode(out, reader->line, length)) {
        if (out->overflowed)
            return error_set(error, ERROR_INPUT, _("the armored age file is too large"));
        return refuse(reader, _("is not 64 columns of canonical base64"), error);
    }
    if (out->length - start < COLUMNS_BYTES)
        reader->place = LAST_LINE_SEEN;
    return 0;
}

/* A line without its LF; a CR before that belongs to the line end. */
static int take_line(struct age_armor_reader *reader, bool has_end, struct text *out,
                     struct error *error)
{
    size_t length = reader->filled;

    reader->filled = 0;
    if (has_end && length > 0 && reader->line[length - 1] == '\r')
        length--;
    if (reader->place == BEFORE) {
        if (!line_is(reader, length, begin_line))
            return refuse(reader, _("should be \"-----BEGIN AGE ENCRYPTED FILE-----\""), error);
        reader->place = INSIDE;
        return 0;
    }
    if (line_is(reader, length, end_line)) {
        reader->place = AFTER;
        reader->space = 0;
        return 0;
    }
    if (reader->place == LAST_LINE_SEEN)
        return refuse(reader, _("comes after the last line of base64"), error);
    return take_body_line(reader, length, out, error);
}

/* White space outside: whole lines of it only, so that BEGIN stands at the start of its line. */
static int take_space(struct age_armor_reader *reader, char byte, struct error *error)
{
    if (!is_space(byte))
        return refuse(reader, _("has something besides white space outside of BEGIN and END"),
                      error);
    if (++reader->space > AGE_ARMOR_SPACE_MAX_BYTES)
        return refuse(reader, _("goes on with too much white space"), error);
    reader->in_space = byte != '\n';
    return 0;
}

static int take_byte(struct age_armor_reader *reader, char byte, struct text *out,
                     struct error *error)
{
    int result = 0;

    if (reader->place == AFTER || reader->in_space ||
        (reader->place == BEFORE && reader->filled == 0 && is_space(byte))) {
        result = take_space(reader, byte, error);
    } else if (byte == '\n') {
        result = take_line(reader, true, out, error);
    } else if (reader->filled == LINE_MAX_BYTES) {
        result = refuse(reader, _("is longer than 64 columns"), error);
    } else {
        reader->line[reader->filled++] = byte;
    }
    reader->line_number += byte == '\n';
    return result;
}

int age_armor_reader_add(struct age_armor_reader *reader, const void *bytes, size_t size,
                         struct text *out, struct error *error)
{
    const char *from = bytes;

    for (size_t i = 0; i < size; i++)
        if (take_byte(reader, from[i], out, error) < 0)
            return -1;
    return 0;
}

int age_armor_reader_finish(struct age_armor_reader *reader, struct text *out, struct error *error)
{
    if (reader->place != AFTER && reader->filled > 0 && take_line(reader, false, out, error) < 0)
        return -1;
    if (reader->place == BEFORE)
        return refuse(reader, _("should be \"-----BEGIN AGE ENCRYPTED FILE-----\""), error);
    if (reader->place != AFTER)
        return refuse(reader, _("should be \"-----END AGE ENCRYPTED FILE-----\""), error);
    return 0;
}

void age_armor_reader_free(struct age_armor_reader *reader)
{
    memory_free(reader);
}

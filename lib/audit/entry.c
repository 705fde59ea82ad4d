#include "audit/entry.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { ENTRY_USUAL_BYTES = 500 };

static const char first_line[] = "crisis-log/v1\n";

#define NAMED_CASE(value, name)                                                                    \
    case value:                                                                                    \
        return name;

const char *entry_type_name(enum entry_type type)
{
    switch (type) {
        AUDIT_ENTRY_TYPES(NAMED_CASE)
    case ENTRY_TYPE_COUNT:
        break;
    }
    return "";
}

/* --- writing --------------------------------------------------------------------------------- */

void entry_begin(struct text *draft, enum entry_type type, const char *actor, int64_t unix_ms)
{
    char time[RFC3339_SIZE];

    text_init(draft, AUDIT_ENTRY_MAX_BYTES);
    text_reserve(draft, ENTRY_USUAL_BYTES);
    rfc3339_format(unix_ms, time);
    entry_add(draft, "time", time);
    entry_add(draft, "type", entry_type_name(type));
    entry_add(draft, "actor", actor);
}

static bool is_printable_ascii(const char *value)
{
    for (const char *at = value; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            return false;
    return true;
}

/* A value is one line: what would end it, hide in it or turn its direction becomes U+FFFD. */
static void add_cleaned(struct text *draft, const char *value)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t left = strlen(value);

    while (left > 0) {
        uint32_t code_point = 0;
        size_t used = utf8_decode(value, left, &code_point);
        if (used == 0 || code_point == '\n' || code_point == '\t' ||
            utf8_is_forbidden(code_point)) {
            text_add(draft, replacement);
            used = used == 0 ? 1 : used;
        } else {
            text_add_bytes(draft, value, used);
        }
        value += used;
        left -= used;
    }
}

void entry_add(struct text *draft, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    text_add(draft, key);
    text_add_char(draft, ' ');
    if (is_printable_ascii(value))
        text_add(draft, value);
    else
        add_cleaned(draft, value);
    text_add_char(draft, '\n');
}

void entry_add_number(struct text *draft, const char *key, int64_t value)
{
    text_add(draft, key);
    text_add_char(draft, ' ');
    text_add_number(draft, value);
    text_add_char(draft, '\n');
}

void entry_add_body(struct text *draft, const char *text)
{
    text_add_char(draft, '\n');
    text_add(draft, text);
}

bool entry_finish(const struct text *draft, uint64_t sequence, struct text *out)
{
    text_reset(out);
    if (draft->overflowed || sequence > INT64_MAX)
        return false;
    text_add(out, first_line);
    entry_add_number(out, "sequence", (int64_t)sequence);
    text_add_bytes(out, draft->bytes, draft->length);
    return !out->overflowed && out->length <= AUDIT_ENTRY_MAX_BYTES;
}

/* --- reading --------------------------------------------------------------------------------- */

enum { LINES_KEPT = 32 }; /* more than an ordinary entry has */

struct line {
    const char *key, *value;
    size_t key_length, value_length;
};

static bool is_key_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

/* Takes one "key value" line off *at; whether a NUL is in it the caller looks. */
static bool take_line(const char **at, const char *end, struct line *out)
{
    const char *line_end = memchr(*at, '\n', (size_t)(end - *at));
    const char *key = *at, *key_end = key;

    if (!line_end)
        return false;
    while (key_end < line_end && is_key_byte(*key_end))
        key_end++;
    if (key_end == key || *key_end != ' ' || key_end + 1 == line_end)
        return false;
    *out =
        (struct line){key, key_end + 1, (size_t)(key_end - key), (size_t)(line_end - key_end - 1)};
    *at = line_end + 1;
    return true;
}

static bool is_sequence_line(const struct line *line)
{
    if (line->key_length != strlen("sequence") || memcmp(line->key, "sequence", 8) != 0)
        return false;
    for (size_t i = 0; i < line->value_length; i++)
        if (line->value[i] < '0' || line->value[i] > '9')
            return false;
    return line->value_length == 1 || line->value[0] != '0';
}

/* The lines of an entry: an ordinary one is walked over once. */
struct entry_lines {
    struct line first[LINES_KEPT];
    size_t kept;
    const char *rest, *end; /* those that do not fit above, to be walked over again */
};

/* Walks to the end of the lines, which is the bytes' or an empty line. */
static bool take_lines(const char *at, const char *end, struct entry_lines *out)
{
    const char *const begin = at;
    struct line line;

    if (!take_line(&at, end, &line) || !is_sequence_line(&line))
        return false;
    out->first[0] = line;
    out->kept = 1;
    while (out->kept < LINES_KEPT && at < end && *at != '\n')
        if (!take_line(&at, end, &out->first[out->kept++]))
            return false;
    out->rest = at;
    while (at < end && *at != '\n')
        if (!take_line(&at, end, &line))
            return false;
    out->end = at;
    return !memchr(begin, '\0', (size_t)(at - begin));
}

bool entry_read(const char *bytes, size_t size,
                void (*field)(void *context, const char *key, size_t key_length, const char *value,
                              size_t value_length),
                void *context, const char **body, size_t *body_size)
{
    const size_t first_length = strlen(first_line);
    struct entry_lines lines;
    struct line line;

    *body = NULL;
    *body_size = 0;
    /* All of it is looked at before any of it is told. */
    if (size < first_length || size > AUDIT_ENTRY_MAX_BYTES ||
        memcmp(bytes, first_line, first_length) != 0 ||
        !take_lines(bytes + first_length, bytes + size, &lines))
        return false;
    if (lines.end < bytes + size) {
        *body = lines.end + 1;
        *body_size = (size_t)(bytes + size - *body);
    }
    if (!field)
        return true;
    for (size_t i = 0; i < lines.kept; i++)
        field(context, lines.first[i].key, lines.first[i].key_length, lines.first[i].value,
              lines.first[i].value_length);
    while (lines.rest < lines.end && take_line(&lines.rest, lines.end, &line))
        field(context, line.key, line.key_length, line.value, line.value_length);
    return true;
}

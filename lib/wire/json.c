#include "wire/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "base/utf8.h"

/* Functions in parentheses have the names of Jansson's macros. `struct json` is never defined: it
 * is Jansson's json_t under a name of ours. */
static const json_t *to_jansson(const struct json *value)
{
    return (const json_t *)(const void *)value;
}

static const struct json *from_jansson(const json_t *value)
{
    return (const struct json *)(const void *)value;
}

void json_take_memory(void)
{
    json_set_alloc_funcs(memory_take, memory_free);
}

/* Jansson reads recursively: what is nested too deeply does not reach it. */
static bool is_shallow(const char *bytes, size_t size)
{
    unsigned depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < size; i++) {
        char byte = bytes[i];
        if (in_string) {
            if (byte == '\\')
                i++;
            else if (byte == '"')
                in_string = false;
        } else if (byte == '"') {
            in_string = true;
        } else if (byte == '{' || byte == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return false;
        } else if ((byte == '}' || byte == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

struct json *json_parse(const char *bytes, size_t size)
{
    if (size > JSON_SIZE_MAX_BYTES || !is_shallow(bytes, size))
        return NULL;
    return (struct json *)(void *)json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
}

void json_free(struct json *root)
{
    json_decref((json_t *)(void *)root);
}

static const json_t *walk(const struct json *value, va_list path)
{
    const json_t *at = to_jansson(value);

    for (const char *name; (name = va_arg(path, const char *));)
        at = json_object_get(at, name);
    return at;
}

const struct json *json_get(const struct json *value, ...)
{
    va_list path;
    va_start(path, value);
    const json_t *found = walk(value, path);
    va_end(path);
    return from_jansson(found);
}

bool(json_is_object)(const struct json *value)
{
    return value && json_typeof(to_jansson(value)) == JSON_OBJECT;
}

const char *json_text(const struct json *value, ...)
{
    va_list path;
    va_start(path, value);
    const json_t *found = walk(value, path);
    va_end(path);
    return json_string_value(found);
}

bool json_id(const struct json *value, char *out, size_t size, ...)
{
    va_list path;
    va_start(path, size);
    const json_t *found = walk(value, path);
    va_end(path);
    char digits[24];
    const char *id = json_string_value(found);
    if (json_is_integer(found)) {
        snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, json_integer_value(found));
        id = digits;
    }
    size_t length = id ? strlen(id) : 0;
    if (length == 0 || length >= size)
        return false;
    memcpy(out, id, length + 1);
    return true;
}

static bool parse_whole(const char *string, int64_t *out)
{
    bool negative = string[0] == '-';
    const char *digits = string + (negative ? 1 : 0);
    int64_t value = 0;

    if (!digits[0] || strlen(digits) > 18)
        return false;
    for (; *digits; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        value = value * 10 + (*digits - '0');
    }
    *out = negative ? -value : value;
    return true;
}

bool json_whole(const struct json *value, int64_t *out, ...)
{
    va_list path;
    va_start(path, out);
    const json_t *found = walk(value, path);
    va_end(path);
    if (json_is_string(found))
        return parse_whole(json_string_value(found), out);
    if (!json_is_integer(found))
        return false;
    *out = json_integer_value(found);
    return true;
}

bool json_number(const struct json *value, double *out, ...)
{
    va_list path;
    va_start(path, out);
    const json_t *found = walk(value, path);
    va_end(path);
    if (!json_is_number(found))
        return false;
    *out = json_number_value(found);
    return true;
}

bool(json_is_true)(const struct json *value, ...)
{
    va_list path;
    va_start(path, value);
    const json_t *found = walk(value, path);
    va_end(path);
    return found && json_typeof(found) == JSON_TRUE;
}

bool(json_is_false)(const struct json *value, ...)
{
    va_list path;
    va_start(path, value);
    const json_t *found = walk(value, path);
    va_end(path);
    return found && json_typeof(found) == JSON_FALSE;
}

bool(json_is_array)(const struct json *value)
{
    return value && json_typeof(to_jansson(value)) == JSON_ARRAY;
}

size_t json_count(const struct json *array)
{
    return json_array_size(to_jansson(array));
}

const struct json *json_item(const struct json *array, size_t index)
{
    return from_jansson(json_array_get(to_jansson(array), index));
}

bool json_next(struct json *root, void **cursor, const struct json **value)
{
    json_t *members = (json_t *)(void *)root;
    *cursor = *cursor ? json_object_iter_next(members, *cursor) : json_object_iter(members);
    if (*cursor)
        *value = from_jansson(json_object_iter_value(*cursor));
    return *cursor != NULL;
}

static void add_comma(struct text *out)
{
    char last = out->length ? out->bytes[out->length - 1] : '{';
    if (last != '{' && last != '[' && last != ':' && last != ',')
        text_add_char(out, ',');
}

/* Whether eight bytes stand in a JSON string as they are: none is below 0x20, a quote, a backslash
 * or 0x7f. A byte of the sums is above 0x7f where one is. */
static bool are_plain(const char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    const uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\',
                   delete = word ^ ones * 0x7f;
    return ((((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
             ((backslash - ones) & ~backslash) | ((delete - ones) & ~delete)) &
            ones * 0x80) == 0;
}

/* How many bytes stand in a JSON string as they are. */
static size_t plain_length(const char *bytes, size_t length)
{
    size_t i = 0;

    while (length - i >= sizeof(uint64_t) && are_plain(bytes + i))
        i += sizeof(uint64_t);
    while (i < length && (unsigned char)bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\' &&
           bytes[i] != 0x7f)
        i++;
    return i;
}

static void add_escaped(struct text *out, unsigned char byte)
{
    if (byte == '\n')
        text_add(out, "\\n");
    else if (byte == '"' || byte == '\\')
        text_addf(out, "\\%c", byte);
    else
        text_addf(out, "\\u%04x", byte);
}

void json_add_string(struct text *out, const char *string)
{
    size_t length = strlen(string);
    if (utf8_valid_prefix(string, length) != length) {
        out->overflowed = true;
        return;
    }
    add_comma(out);
    text_add_char(out, '"');
    for (size_t i = 0, plain; i < length; i += plain) {
        plain = plain_length(string + i, length - i);
        text_add_bytes(out, string + i, plain);
        if (i + plain == length)
            break;
        add_escaped(out, (unsigned char)string[i + plain]);
        plain++;
    }
    text_add_char(out, '"');
}

void json_add_name(struct text *out, const char *name)
{
    json_add_string(out, name);
    text_add_char(out, ':');
}

void json_add_member(struct text *out, const char *name, const char *string)
{
    json_add_name(out, name);
    json_add_string(out, string);
}

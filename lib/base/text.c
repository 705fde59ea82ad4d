#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"

/* What an empty text points at: readable as "", never written. */
static char empty_text[1];

void text_init(struct text *text, size_t ceiling)
{
    *text = (struct text){.bytes = empty_text, .ceiling = ceiling};
}

void text_init_secret(struct text *text, size_t ceiling)
{
    text_init(text, ceiling);
    text->secret = true;
}

static void free_bytes(struct text *text)
{
    if (text->capacity == 0)
        return;
    if (text->secret)
        secret_free(text->bytes);
    else
        memory_free(text->bytes);
}

void text_release(struct text *text)
{
    free_bytes(text);
    bool secret = text->secret; /* stays one, in case it is filled again */
    text_init(text, text->ceiling);
    text->secret = secret;
}

void text_reset(struct text *text)
{
    if (text->secret && text->capacity)
        secret_wipe(text->bytes, text->length);
    text->length = 0;
    text->overflowed = false;
    if (text->capacity)
        text->bytes[0] = '\0';
}

static void make_room(struct text *text, size_t length)
{
    if (length + 1 <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < length + 1)
        capacity *= 2;
    if (!text->secret) {
        char *old = text->capacity ? text->bytes : NULL;
        text->bytes = memory_resize(old, capacity);
    } else {
        char *moved = secret_alloc(capacity);
        if (text->length)
            memcpy(moved, text->bytes, text->length);
        free_bytes(text);
        text->bytes = moved;
    }
    text->capacity = capacity;
}

char *text_grow(struct text *text, size_t length)
{
    if (text->overflowed || length > text->ceiling - text->length) {
        text->overflowed = true;
        return NULL;
    }
    make_room(text, text->length + length);
    char *added = text->bytes + text->length;
    text->length += length;
    text->bytes[text->length] = '\0';
    return added;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
    char *added = text_grow(text, length);
    if (added && length)
        memcpy(added, bytes, length);
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char byte)
{
    text_add_bytes(text, &byte, 1);
}

void text_add_number(struct text *text, int64_t number)
{
    char digits[sizeof("-9223372036854775808")];
    char *const end = digits + sizeof(digits), *at = end;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0)
        *--at = '-';
    text_add_bytes(text, at, (size_t)(end - at));
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_addv(text, format, arguments);
    va_end(arguments);
}

/* Most additions fit the room that is there, and are formatted once. What a secret would leave
 * behind its end is not risked. */
void text_addv(struct text *text, const char *format, va_list arguments)
{
    const size_t room = text->secret || text->capacity == 0 ? 0 : text->capacity - text->length;
    va_list again;
    va_copy(again, arguments);
    int wanted = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, arguments);
    if (wanted < 0 || text->overflowed || (size_t)wanted > text->ceiling - text->length) {
        text->overflowed = true;
        if (room > 0)
            text->bytes[text->length] = '\0';
    } else {
        make_room(text, text->length + (size_t)wanted);
        if ((size_t)wanted >= room)
            vsnprintf(text->bytes + text->length, (size_t)wanted + 1, format, again);
        text->length += (size_t)wanted;
    }
    va_end(again);
}

void text_reserve(struct text *text, size_t length)
{
    make_room(text, length < text->ceiling ? length : text->ceiling);
    text->bytes[text->length] = '\0';
}

void text_truncate(struct text *text, size_t length)
{
    if (length >= text->length)
        return;
    if (text->secret)
        secret_wipe(text->bytes + length, text->length - length);
    text->length = length;
    text->bytes[length] = '\0';
}

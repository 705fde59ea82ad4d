#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Marks a message that did not fit, so that nobody takes it for the whole. */
static void mark_cut(char *buffer, size_t size, int wanted)
{
    static const char ellipsis[] = "…";

    if (wanted < 0 || (size_t)wanted < size)
        return;
    size_t end = size - sizeof(ellipsis);
    while (end > 0 && ((unsigned char)buffer[end] & 0xC0) == 0x80)
        end--; /* do not leave half a character before the mark */
    memcpy(buffer + end, ellipsis, sizeof(ellipsis));
}

int error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    if (!error || error->kind != ERROR_NONE)
        return -1;
    error->kind = kind;
    error->next[0] = '\0';
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    mark_cut(error->message, sizeof(error->message), wanted);
    return -1;
}

int error_next(struct error *error, const char *format, ...)
{
    if (!error || error->next[0])
        return -1;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(error->next, sizeof(error->next), format, arguments);
    va_end(arguments);
    mark_cut(error->next, sizeof(error->next), wanted);
    return -1;
}

void error_clear(struct error *error)
{
    error->kind = ERROR_NONE;
    error->message[0] = '\0';
    error->next[0] = '\0';
}

const char *error_errno(int errno_value)
{
    static _Thread_local char buffer[128];

    const char *words = strerrordesc_np(errno_value); /* the same in every language: it is stored */
    if (words)
        snprintf(buffer, sizeof(buffer), "%s", words);
    else
        snprintf(buffer, sizeof(buffer), "Unknown error %d", errno_value);
    if (buffer[0] >= 'A' && buffer[0] <= 'Z' && !(buffer[1] >= 'A' && buffer[1] <= 'Z'))
        buffer[0] = (char)(buffer[0] - 'A' + 'a'); /* but "I/O error" stays */
    return buffer;
}

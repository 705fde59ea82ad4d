#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"

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

/* The C library's words for what usually goes wrong: it has them in the languages of installed
 * locales only. */
static const struct {
    int value;
    const char *words;
} usual[] = {
    {EPERM, N_("operation not permitted")},
    {ENOENT, N_("no such file or directory")},
    {EIO, N_("input/output error")},
    {EAGAIN, N_("resource temporarily unavailable")},
    {ENOMEM, N_("cannot allocate memory")},
    {EACCES, N_("permission denied")},
    {EBUSY, N_("device or resource busy")},
    {EEXIST, N_("file exists")},
    {ENOTDIR, N_("not a directory")},
    {EISDIR, N_("is a directory")},
    {EINVAL, N_("invalid argument")},
    {ENFILE, N_("too many open files in system")},
    {EMFILE, N_("too many open files")},
    {EFBIG, N_("file too large")},
    {ENOSPC, N_("no space left on device")},
    {EROFS, N_("read-only file system")},
    {EPIPE, N_("broken pipe")},
    {ENAMETOOLONG, N_("file name too long")},
    {ELOOP, N_("too many levels of symbolic links")},
    {EADDRINUSE, N_("address already in use")},
    {EADDRNOTAVAIL, N_("cannot assign requested address")},
    {ECONNREFUSED, N_("connection refused")},
    {ECONNRESET, N_("connection reset by peer")},
    {ETIMEDOUT, N_("connection timed out")},
    {EDQUOT, N_("disk quota exceeded")},
    {ESTALE, N_("stale file handle")},
};

const char *error_errno(int errno_value)
{
    static _Thread_local char buffer[128];

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i].value == errno_value)
            return translated(usual[i].words);
    const char *words = strerrordesc_np(errno_value);
    if (words)
        snprintf(buffer, sizeof(buffer), "%s", words);
    else
        snprintf(buffer, sizeof(buffer), "Unknown error %d", errno_value);
    if (buffer[0] >= 'A' && buffer[0] <= 'Z' && !(buffer[1] >= 'A' && buffer[1] <= 'Z'))
        buffer[0] = (char)(buffer[0] - 'A' + 'a'); /* but "I/O error" stays */
    return buffer;
}

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/language.h"
#include "base/secret.h"

ssize_t file_read_whole(int descriptor, void *out, size_t size)
{
    char *bytes = out;
    size_t length = 0;

    while (length < size) {
        ssize_t got = read(descriptor, bytes + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

int file_write_whole(int descriptor, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t written = write(descriptor, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

bool file_errno_is_of_system(int system_errno)
{
    switch (system_errno) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO:
        return true;
    default:
        return false;
    }
}

static int too_large(const char *path, size_t max_bytes, struct error *error)
{
    if (max_bytes >= 1024 * 1024)
        return error_set(error, ERROR_INPUT, _("'%s' is larger than %zu MiB"), path,
                         max_bytes / (1024 * 1024));
    return error_set(error, ERROR_INPUT, _("'%s' is larger than %zu bytes"), path, max_bytes);
}

static int check_kind(int descriptor, const char *path, size_t max_bytes, struct error *error)
{
    struct stat status;

    if (fstat(descriptor, &status) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot read '%s': %s"), path, error_errno(errno));
    if (S_ISDIR(status.st_mode))
        return error_set(error, ERROR_INPUT, _("cannot read '%s': it is a folder"), path);
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_INPUT, _("cannot read '%s': it is no regular file"), path);
    if (status.st_size > 0 && (size_t)status.st_size > max_bytes)
        return too_large(path, max_bytes, error);
    return 0;
}

static int read_all(int descriptor, const char *path, struct text *out, struct error *error)
{
    char buffer[32 * 1024];

    for (;;) {
        ssize_t got = file_read_whole(descriptor, buffer, sizeof(buffer));
        if (got < 0)
            return error_set(error, ERROR_SYSTEM, _("cannot read '%s': %s"), path,
                             error_errno(errno));
        if (got == 0)
            return 0;
        text_add_bytes(out, buffer, (size_t)got);
        if (out->secret)
            secret_wipe(buffer, (size_t)got);
        if (out->overflowed) /* it grew since it was opened */
            return too_large(path, out->ceiling, error);
    }
}

/* Not blocking: a named pipe in the file's place must not hold the program. */
enum { READING = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Reads what was opened, and closes it. descriptor < 0: it could not be, errno says why. */
static int read_opened(int descriptor, const char *path, size_t max_bytes, struct text *out,
                       struct error *error)
{
    if (descriptor < 0)
        return error_set(error, file_errno_is_of_system(errno) ? ERROR_SYSTEM : ERROR_INPUT,
                         _("cannot read '%s': %s"), path, error_errno(errno));

    int result = check_kind(descriptor, path, max_bytes, error);
    if (result == 0)
        result = read_all(descriptor, path, out, error);
    close(descriptor);
    return result;
}

static int read_into(const char *path, size_t max_bytes, struct text *out, struct error *error)
{
    return read_opened(open(path, READING), path, max_bytes, out, error);
}

int file_read(const char *path, size_t max_bytes, struct text *out, struct error *error)
{
    text_init(out, max_bytes);
    return read_into(path, max_bytes, out, error);
}

int file_read_secret(const char *path, size_t max_bytes, struct text *out, struct error *error)
{
    text_init_secret(out, max_bytes);
    return read_into(path, max_bytes, out, error);
}

/* openat2(2), which the C library has no function for. Kernels before 5.6 do not have it: there, no
 * link is followed to the file itself. */
static int open_below(int folder, const char *name)
{
    struct open_how how = {.flags = READING, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long descriptor = syscall(SYS_openat2, folder, name, &how, sizeof(how));

    if (descriptor < 0 && errno == ENOSYS)
        return openat(folder, name, READING | O_NOFOLLOW);
    return (int)descriptor;
}

int file_read_below(const char *folder, const char *name, size_t max_bytes, struct text *out,
                    struct error *error)
{
    int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int descriptor = at < 0 ? -1 : open_below(at, name), why = errno;
    struct text path;

    text_init(out, max_bytes);
    text_init(&path, PATH_MAX);
    if (strcmp(folder, ".") != 0)
        text_addf(&path, "%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/");
    text_add(&path, name);
    if (at >= 0)
        close(at);
    errno = why;
    int result = 0;
    if (descriptor < 0 && (why == EXDEV || why == ELOOP))
        result = error_set(error, ERROR_INPUT,
                           _("cannot read '%s': a symbolic link leads out of '%s': put the file "
                             "itself there"),
                           path.bytes, folder);
    else
        result = read_opened(descriptor, path.bytes, max_bytes, out, error);
    text_release(&path);
    return result;
}

#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#include "store/workspace.h"

int files_sync_folder_of(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = memory_strdup(slash ? path : ".");
    int result = -1;

    if (slash)
        folder[slash == path ? 1 : slash - path] = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        result = fsync(descriptor);
        (void)close(descriptor); /* opened to read: nothing is lost by it */
    }
    if (result < 0)
        error_set(error, ERROR_SYSTEM, "cannot sync the folder '%s': %s", folder,
                  error_errno(errno));
    memory_free(folder);
    return result;
}

static int write_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Fills the temporary file and makes it durable. Closes the descriptor in any case. */
static int fill(int descriptor, const void *bytes, size_t size, unsigned mode)
{
    int result = fchmod(descriptor, (mode_t)mode);

    if (result == 0)
        result = write_all(descriptor, bytes, size);
    if (result == 0)
        result = fsync(descriptor);
    int failure = errno;
    if (close(descriptor) < 0 && result == 0)
        return -1;
    errno = failure;
    return result;
}

int file_replace(const char *path, const void *bytes, size_t size, unsigned mode,
                 struct error *error)
{
    struct text name;
    int result = -1;

    text_init(&name, PATH_MAX);
    text_addf(&name, "%s.new-XXXXXX", path); /* in the same folder: rename is atomic only there */
    if (name.overflowed) {
        error_set(error, ERROR_SYSTEM, "cannot write '%s': the name is too long", path);
        goto out;
    }
    int descriptor = mkostemp(name.bytes, O_CLOEXEC); /* made with mode 0600 */
    if (descriptor < 0) {
        error_set(error, ERROR_SYSTEM, "cannot write '%s': %s", path, error_errno(errno));
        goto out;
    }
    if (fill(descriptor, bytes, size, mode) < 0 || rename(name.bytes, path) < 0) {
        error_set(error, ERROR_SYSTEM, "cannot write '%s': %s", path, error_errno(errno));
        (void)unlink(name.bytes);
        goto out;
    }
    result = files_sync_folder_of(path, error);
out:
    text_release(&name);
    return result;
}

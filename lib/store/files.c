#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"
#include "base/memory.h"

#include "store/file_writer.h"

const char files_temporary_mark[] = ".new-";

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
        error_set(error, ERROR_SYSTEM, _("cannot sync the folder '%s': %s"), folder,
                  error_errno(errno));
    memory_free(folder);
    return result;
}

int file_replace(const char *path, const void *bytes, size_t size, unsigned mode,
                 struct error *error)
{
    struct file_writer *writer = file_writer_new(path, error);
    int result = writer ? file_writer_add(writer, bytes, size, error) : -1;

    if (result == 0)
        result = file_writer_finish(writer, FILE_REPLACE, mode, error);
    file_writer_free(writer);
    return result;
}

/* --- keys ------------------------------------------------------------------------------------ */

static int check_key_mode(int descriptor, const char *path, bool is_ours, struct error *error)
{
    struct stat status;

    if (fstat(descriptor, &status) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot read '%s': %s"), path, error_errno(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_SYSTEM, _("cannot read '%s': it is no regular file"), path);
    if (!is_ours || (status.st_mode & 077) == 0)
        return 0;
    error_set(error, ERROR_SYSTEM, _("others on this machine may read '%s' (mode %04o)"), path,
              (unsigned)status.st_mode & 07777);
    return error_next(error,
                      _("run `chmod 600 '%s'`; if somebody may have read it, register all "
                        "accounts again in a new workspace"),
                      path);
}

/* Into secret memory from the first byte on. */
static int read_key_file(int descriptor, const char *path, struct text *out, struct error *error)
{
    while (out->length < out->ceiling)
        text_add_char(out, '\0');
    ssize_t got = file_read_whole(descriptor, out->bytes, out->length);
    if (got < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot read '%s': %s"), path, error_errno(errno));
    text_truncate(out, (size_t)got);
    return 0;
}

int files_read_key(const struct workspace *workspace, struct arena *arena, const char *name,
                   struct text *out, const char **path, struct error *error)
{
    const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");
    int result = -1;

    *path = NULL;
    if (credentials && *credentials)
        *path = arena_printf(arena, "%s/%s", credentials, name);
    /* The service manager's folder is its own affair: it gives the file the mode that it needs. */
    bool is_ours = !*path || access(*path, F_OK) != 0;
    if (is_ours)
        *path = workspace_file(workspace, arena, arena_printf(arena, "keys/%s", name));
    int descriptor = open(*path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) {
        error_set(error, ERROR_SYSTEM, _("cannot open the key '%s': %s"), *path,
                  error_errno(errno));
        return error_next(error, _("restore it from its backup"));
    }
    if (check_key_mode(descriptor, *path, is_ours, error) == 0 &&
        read_key_file(descriptor, *path, out, error) == 0)
        result = 0;
    (void)close(descriptor); /* opened to read */
    return result;
}

#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"

int disk_free_bytes(const char *folder, uint64_t *out, struct error *error)
{
    struct statvfs state;

    if (statvfs(folder, &state) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot ask how much room there is in '%s': %s"),
                         folder, error_errno(errno));
    *out = (uint64_t)state.f_bavail * state.f_frsize;
    return 0;
}

int disk_try(const char *folder, bool *out_tried, struct error *error)
{
    static const char block[4096] = "a trial, without a name";
    int result = 0;

    *out_tried = false;
    int file = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
        return 0;
    if (file < 0)
        return error_set(error, ERROR_SYSTEM, _("nothing can be written in '%s': %s"), folder,
                         error_errno(errno));
    *out_tried = true;
    if (file_write_whole(file, block, sizeof(block)) < 0 || fsync(file) < 0)
        result = error_set(error, ERROR_SYSTEM, _("what is written in '%s' does not last: %s"),
                           folder, error_errno(errno));
    if (close(file) < 0 && result == 0)
        result = error_set(error, ERROR_SYSTEM, _("cannot close a file in '%s': %s"), folder,
                           error_errno(errno));
    return result;
}

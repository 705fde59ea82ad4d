#include "store/file_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include "store/files.h"

struct file_writer {
    char *path;
    struct text name; /* the temporary one; empty: there is none */
    int descriptor;   /* -1: closed */
};

static int failed(const struct file_writer *writer, int errno_value, struct error *error)
{
    error_set(error, ERROR_SYSTEM, "cannot write '%s': %s", writer->path, error_errno(errno_value));
    errno = errno_value;
    return -1;
}

static int make_temporary(struct file_writer *writer, struct error *error)
{
    /* Beside the file: rename is atomic in one folder. */
    text_addf(&writer->name, "%s%sXXXXXX", writer->path, files_temporary_mark);
    if (writer->name.overflowed)
        return failed(writer, ENAMETOOLONG, error);
    writer->descriptor = mkostemp(writer->name.bytes, O_CLOEXEC); /* made with mode 0600 */
    if (writer->descriptor >= 0)
        return 0;
    int failure = errno;
    text_reset(&writer->name);
    return failed(writer, failure, error);
}

struct file_writer *file_writer_new(const char *path, struct error *error)
{
    struct file_writer *writer = memory_alloc(sizeof(*writer));

    writer->path = memory_strdup(path);
    writer->descriptor = -1;
    text_init(&writer->name, PATH_MAX);
    if (make_temporary(writer, error) < 0) {
        file_writer_free(writer);
        writer = NULL;
    }
    return writer;
}

int file_writer_add(struct file_writer *writer, const void *bytes, size_t size, struct error *error)
{
    if (file_write_whole(writer->descriptor, bytes, size) < 0)
        return failed(writer, errno, error);
    return 0;
}

/* A file system that cannot rename without replacing (NFS) can make a second name, which never
 * replaces either. */
static int rename_to_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return link(from, to) < 0 ? -1 : unlink(from);
}

static int place_it(struct file_writer *writer, enum file_place place, struct error *error)
{
    const char *from = writer->name.bytes;
    int result = place == FILE_NEW ? rename_to_new(from, writer->path) : rename(from, writer->path);

    if (result < 0 && place == FILE_NEW && errno == EEXIST)
        return error_set(error, ERROR_USAGE, "'%s' is there already", writer->path);
    if (result < 0)
        return failed(writer, errno, error);
    text_reset(&writer->name);
    return 0;
}

int file_writer_place(struct file_writer *writer, enum file_place place, unsigned mode,
                      struct error *error)
{
    int descriptor = writer->descriptor;

    if (fchmod(descriptor, (mode_t)mode) < 0 || fsync(descriptor) < 0)
        return failed(writer, errno, error);
    writer->descriptor = -1;
    if (close(descriptor) < 0)
        return failed(writer, errno, error);
    return place_it(writer, place, error);
}

int file_writer_finish(struct file_writer *writer, enum file_place place, unsigned mode,
                       struct error *error)
{
    if (file_writer_place(writer, place, mode, error) < 0)
        return -1;
    return files_sync_folder_of(writer->path, error);
}

void file_writer_free(struct file_writer *writer)
{
    if (!writer)
        return;
    if (writer->descriptor >= 0)
        (void)close(writer->descriptor); /* it is taken away, and nothing is lost by it */
    if (writer->name.length > 0)
        (void)unlink(writer->name.bytes);
    text_release(&writer->name);
    memory_free(writer->path);
    memory_free(writer);
}

#include "cmd/output_file.h"

#include <string.h>
#include <sys/stat.h>

#include "base/language.h"
#include "store/file_writer.h"

#include "cmd/output.h"

enum { OUTPUT_FILE_MODE = 0644 };

static int to_output(void *context, const char *bytes, size_t size, struct error *error)
{
    (void)context;
    (void)error; /* that it could not be written is told at the end of the program */
    output_bytes(bytes, size);
    return 0;
}

static int to_file(void *context, const char *bytes, size_t size, struct error *error)
{
    return file_writer_add(context, bytes, size, error);
}

int output_file_check(const char *path, bool is_replaced, struct error *error)
{
    struct stat status;

    if (strcmp(path, "-") == 0 || lstat(path, &status) < 0)
        return 0;
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_USAGE, _("cannot write '%s': it is no regular file"), path);
    if (is_replaced)
        return 0;
    error_set(error, ERROR_USAGE, _("'%s' is there already"), path);
    return error_next(error, _("name another file, or add --force to replace it"));
}

int output_file_write(const char *path, bool is_replaced, output_file_writer *write, void *context,
                      struct error *error)
{
    const bool is_output = strcmp(path, "-") == 0;
    struct file_writer *writer = is_output ? NULL : file_writer_new(path, error);
    struct sink sink;

    if (!is_output && !writer)
        return -1;
    sink_init(&sink, is_output ? to_output : to_file, writer);
    int result = write(context, &sink, error);
    if (result == 0 && writer)
        result = file_writer_finish(writer, is_replaced ? FILE_REPLACE : FILE_NEW, OUTPUT_FILE_MODE,
                                    error);
    sink_release(&sink);
    file_writer_free(writer);
    return result;
}

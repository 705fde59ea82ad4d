/* The system's authorities and the workspace's own in one file in memory: libcurl caches what it
 * parsed for a file, but not for several places. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"

#include "net/http_internal.h"

static const char system_ca_file[] = "/etc/ssl/certs/ca-certificates.crt";

static int copy_file(int to, const char *path, bool required, struct error *error)
{
    char buffer[65536];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return required
                   ? error_set(error, ERROR_SYSTEM, _("cannot read the certificates in '%s': %s"),
                               path, error_errno(errno))
                   : 0;
    int result = 0;
    bool whole = true;
    ssize_t size;
    while ((size = file_read_whole(from, buffer, sizeof(buffer))) > 0)
        whole &= file_write_whole(to, buffer, (size_t)size) == 0;
    if (size < 0 || !whole || file_write_whole(to, "\n", 1) < 0)
        result = error_set(error, ERROR_SYSTEM, _("cannot read the certificates in '%s'"), path);
    close(from);
    return result;
}

static int gather(int to, const char *ca_file, struct error *error)
{
    if (copy_file(to, system_ca_file, !ca_file, error) < 0)
        return error_next(error, _("install the package ca-certificates"));
    if (ca_file && copy_file(to, ca_file, true, error) < 0)
        return error_next(error, _("set `ca-file` in crisis.yaml to the file of that authority"));
    return 0;
}

int http_certificates_gather(const char *ca_file, struct error *error)
{
    int descriptor = memfd_create("crisis-ca", MFD_CLOEXEC);
    if (descriptor < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot hold certificates in memory: %s"),
                         error_errno(errno));
    if (gather(descriptor, ca_file, error) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

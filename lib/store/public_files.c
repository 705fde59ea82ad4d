#include "store/public_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "model/public_record.h"

#include "store/files.h"

enum {
    FILE_MODE = 0644,
    FOLDER_MODE = 0755,
    LOCK_PAUSE_MS = 20,
    LOCK_WAIT_MS = 20 * 1000,
    NAMES_MAX = 1000 * 1000,
    FOLDERS_MAX = 100 * 1000,
};

struct public_file {
    const char *path, *temporary;
};

static const char lock_name[] = ".lock";
static const char probe_name[] = ".probe";

static bool fail(struct public_trouble *trouble, int system_errno, const char *what,
                 const char *path)
{
    if (trouble->result != PUBLIC_DONE)
        return false;
    if (system_errno == EACCES || system_errno == EPERM || system_errno == EROFS)
        trouble->result = PUBLIC_DENIED;
    else if (system_errno == ENOSPC || system_errno == EDQUOT)
        trouble->result = PUBLIC_FULL;
    else
        trouble->result = PUBLIC_BROKEN;
    error_set(&trouble->error, ERROR_SYSTEM, "cannot %s '%s': %s", what, path,
              error_errno(system_errno));
    return false;
}

static void join(struct text *out, const char *folder, const char *name)
{
    text_init(out, PATH_MAX);
    text_addf(out, "%s/%s", folder, name);
}

/* --- one process at a time ------------------------------------------------------------------- */

static bool wait_for_lock(int descriptor, const char *path, struct public_trouble *trouble)
{
    const struct timespec pause = {0, LOCK_PAUSE_MS * 1000000L};

    for (int waited_ms = 0;; waited_ms += LOCK_PAUSE_MS) {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            return true;
        if ((errno != EWOULDBLOCK && errno != EINTR) || waited_ms >= LOCK_WAIT_MS)
            return fail(trouble, errno, "lock", path);
        (void)nanosleep(&pause, NULL);
    }
}

int public_lock(const char *folder, struct public_trouble *trouble)
{
    struct text path;

    join(&path, folder, lock_name);
    int descriptor = open(path.bytes, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (descriptor < 0) {
        fail(trouble, errno, "lock", path.bytes);
    } else if (!wait_for_lock(descriptor, path.bytes, trouble)) {
        (void)close(descriptor);
        descriptor = -1;
    }
    text_release(&path);
    return descriptor;
}

/* --- writing --------------------------------------------------------------------------------- */

static bool make_folder(const char *path, struct public_trouble *trouble)
{
    struct stat status;

    if (mkdir(path, FOLDER_MODE) == 0)
        return true;
    int failure = errno;
    if (failure == EEXIST && stat(path, &status) == 0)
        failure = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
    return failure == 0 || fail(trouble, failure, "make the folder", path);
}

bool public_make_folders(const char *folder, const char *path, struct public_trouble *trouble)
{
    struct text made;

    text_init(&made, PATH_MAX);
    for (const char *end = path; trouble->result == PUBLIC_DONE && *end;) {
        end += strcspn(end, "/");
        text_reset(&made);
        text_addf(&made, "%s/%.*s", folder, (int)(end - path), path);
        make_folder(made.bytes, trouble);
        end += *end == '/';
    }
    text_release(&made);
    return trouble->result == PUBLIC_DONE;
}

/* 0, or the errno. Closes the descriptor in any case. */
static int fill(int descriptor, const struct text *bytes)
{
    int failure = 0;

    if (fchmod(descriptor, FILE_MODE) < 0 ||
        file_write_whole(descriptor, bytes->bytes, bytes->length) < 0)
        failure = errno;
    if (close(descriptor) < 0 && failure == 0)
        failure = errno;
    return failure;
}

bool public_write(struct public_files *files, const char *folder, const char *name,
                  const struct text *bytes, struct public_trouble *trouble)
{
    const char *path = arena_printf(files->arena, "%s/%s", folder, name);
    char *temporary = arena_printf(files->arena, "%s%sXXXXXX", path, files_temporary_mark);

    if (trouble->result != PUBLIC_DONE)
        return false;
    if (bytes->overflowed)
        return fail(trouble, EFBIG, "write", path);
    int descriptor = mkostemp(temporary, O_CLOEXEC);
    if (descriptor < 0)
        return fail(trouble, errno, "write", path);
    files->items = arena_grow(files->arena, files->items, files->count, &files->capacity,
                              sizeof(*files->items));
    files->items[files->count++] = (struct public_file){path, temporary};
    int failure = fill(descriptor, bytes);
    if (failure == 0)
        return true;
    (void)unlink(temporary);
    files->count--;
    return fail(trouble, failure, "write", path);
}

static void rename_all(const struct public_files *files, int root, struct public_trouble *trouble)
{
    if (syncfs(root) < 0)
        fail(trouble, errno, "sync", files->root);
    for (size_t i = 0; i < files->count && trouble->result == PUBLIC_DONE; i++)
        if (rename(files->items[i].temporary, files->items[i].path) < 0)
            fail(trouble, errno, "write", files->items[i].path);
    if (trouble->result == PUBLIC_DONE && syncfs(root) < 0)
        fail(trouble, errno, "sync", files->root);
}

bool public_flush(struct public_files *files, struct public_trouble *trouble)
{
    int root = open(files->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (root < 0) {
        fail(trouble, errno, "open the folder", files->root);
    } else {
        rename_all(files, root, trouble);
        (void)close(root); /* opened to read: nothing is lost by it */
    }
    for (size_t i = 0; i < files->count && trouble->result != PUBLIC_DONE; i++)
        (void)unlink(files->items[i].temporary); /* those that were renamed are not there */
    files->count = 0;
    return trouble->result == PUBLIC_DONE;
}

bool public_probe(const char *folder, struct public_trouble *trouble)
{
    struct text something, path;

    if (trouble->result != PUBLIC_DONE)
        return false;
    text_init(&something, 1);
    text_add_char(&something, '\n');
    join(&path, folder, probe_name);
    int descriptor = open(path.bytes, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    int failure = descriptor < 0 ? errno : fill(descriptor, &something);
    if (descriptor >= 0 && unlink(path.bytes) < 0 && failure == 0)
        failure = errno;
    if (failure != 0)
        fail(trouble, failure, "write", path.bytes);
    text_release(&path);
    text_release(&something);
    return trouble->result == PUBLIC_DONE;
}

/* --- reading --------------------------------------------------------------------------------- */

bool public_is_there(const char *folder, const char *name)
{
    struct text path;

    join(&path, folder, name);
    bool is_there = access(path.bytes, F_OK) == 0;
    text_release(&path);
    return is_there;
}

bool public_read_record(const char *folder, const char *name, struct text *out)
{
    struct text path;
    struct error ignored = {0}; /* the caller has no use for why */

    join(&path, folder, name);
    int result = file_read(path.bytes, PUBLIC_RECORD_MAX_BYTES, out, &ignored);
    text_release(&path);
    return result == 0;
}

/* A record's name begins with its date, so that none is taken for a feed. */
static bool is_record_name(const char *name)
{
    size_t length = strlen(name), end = strlen(PUBLIC_RECORD_END);

    return length > end && length <= PUBLIC_PATH_MAX + end && name[0] >= '0' && name[0] <= '9' &&
           public_name_has_length(name, length - end) &&
           strcmp(name + length - end, PUBLIC_RECORD_END) == 0;
}

static int compare_latest_first(const void *a, const void *b)
{
    return -strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What a process that died has left. No other is at work: the caller holds the lock. */
static void remove_half_written(DIR *opened, const struct dirent *found)
{
    if (strstr(found->d_name, files_temporary_mark))
        (void)unlinkat(dirfd(opened), found->d_name, 0); /* what stays does no harm */
}

static bool list_records(struct arena *arena, const char *folder, const char ***out, size_t *count,
                         struct public_trouble *trouble)
{
    DIR *opened = opendir(folder);
    const struct dirent *found;
    size_t capacity = 0;

    *out = NULL;
    *count = 0;
    if (!opened)
        return fail(trouble, errno, "read the folder", folder);
    while (*count < NAMES_MAX && (found = readdir(opened))) {
        remove_half_written(opened, found);
        if (is_record_name(found->d_name)) {
            *out = arena_grow(arena, *out, *count, &capacity, sizeof(**out));
            (*out)[(*count)++] = arena_strdup(arena, found->d_name);
        }
    }
    (void)closedir(opened);
    if (*count > 0)
        qsort(*out, *count, sizeof(**out), compare_latest_first);
    return true;
}

/* The record says where it stands: one that was copied elsewhere is none of that folder's. */
static bool is_in_place(const struct site_message *message, const char *path, const char *name)
{
    size_t length = strlen(message->slug);

    return strcmp(message->path, path) == 0 && strncmp(message->slug, name, length) == 0 &&
           strcmp(name + length, PUBLIC_RECORD_END) == 0;
}

bool public_read_records(struct arena *arena, const char *folder, const char *path, size_t most,
                         struct site_messages *out, struct public_trouble *trouble)
{
    const char **names, *fault;
    size_t count;

    if (!list_records(arena, folder, &names, &count, trouble))
        return false;
    for (size_t i = 0; i < count && i < most; i++) {
        struct text bytes;
        struct site_message *message = NULL;
        if (public_read_record(folder, names[i], &bytes))
            message = site_message_parse(arena, bytes.bytes, bytes.length, &fault);
        if (message && is_in_place(message, path, names[i]))
            site_messages_add(arena, out, message);
        text_release(&bytes);
    }
    return true;
}

/* --- all folders ----------------------------------------------------------------------------- */

/* Links are not followed: what is reached twice would be listed twice. */
static bool is_folder(DIR *opened, const struct dirent *found)
{
    struct stat status;

    if (found->d_type != DT_UNKNOWN)
        return found->d_type == DT_DIR;
    return fstatat(dirfd(opened), found->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

struct paths {
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};

/* Adds the folders of an open one, whose path is `path`; empty: it is the site's. */
static void add_folders(struct paths *paths, DIR *opened, const char *path)
{
    const struct dirent *found;

    while (paths->count < FOLDERS_MAX && (found = readdir(opened))) {
        if (!path[0])
            remove_half_written(opened, found);
        const char *below = path[0] ? arena_printf(paths->arena, "%s/%s", path, found->d_name)
                                    : arena_strdup(paths->arena, found->d_name);
        if (!public_path_is_valid(below) || !is_folder(opened, found))
            continue;
        paths->items = arena_grow(paths->arena, paths->items, paths->count, &paths->capacity,
                                  sizeof(*paths->items));
        paths->items[paths->count++] = below;
    }
}

bool public_list_folders(struct arena *arena, const char *folder, const char ***out, size_t *count,
                         struct public_trouble *trouble)
{
    struct paths paths = {.arena = arena};
    DIR *opened = opendir(folder);

    if (!opened)
        return fail(trouble, errno, "read the folder", folder);
    add_folders(&paths, opened, "");
    (void)closedir(opened);
    for (size_t i = 0; i < paths.count; i++) {
        const char *below = arena_printf(arena, "%s/%s", folder, paths.items[i]);
        opened = opendir(below);
        if (opened) {
            add_folders(&paths, opened, paths.items[i]);
            (void)closedir(opened);
        } else if (errno != EACCES && errno != ENOENT) { /* somebody else's folder is left alone */
            return fail(trouble, errno, "read the folder", below);
        }
    }
    *out = paths.items;
    *count = paths.count;
    return true;
}

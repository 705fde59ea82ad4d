#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/text.h"

struct walk {
    void (*visit)(void *context, const struct folder_entry *entry);
    void *context;
    struct text path;
    size_t root_length;
    struct error *error;
};

static int cannot(struct walk *walk, const char *why)
{
    return error_set(walk->error, ERROR_SYSTEM, _("cannot read the folder '%s': %s"),
                     walk->path.bytes, why);
}

static int walk_folder(struct walk *walk, unsigned depth);

/* walk->path is that of the entry. */
static int walk_entry(struct walk *walk, unsigned depth)
{
    struct folder_entry entry = {.path = walk->path.bytes,
                                 .name = walk->path.bytes + walk->root_length + 1};
    struct stat status;

    if (walk->path.overflowed)
        return cannot(walk, _("a path there is too long"));
    if (lstat(entry.path, &status) < 0)
        return errno == ENOENT ? 0 : cannot(walk, error_errno(errno)); /* somebody removed it */
    entry.is_folder = S_ISDIR(status.st_mode);
    entry.is_file = S_ISREG(status.st_mode);
    if (entry.is_folder && walk_folder(walk, depth + 1) < 0)
        return -1;
    entry.path = walk->path.bytes; /* it may have moved as it grew */
    entry.name = entry.path + walk->root_length + 1;
    walk->visit(walk->context, &entry);
    return 0;
}

static bool is_itself_or_parent(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* walk->path is that of the folder, and is so again at the end. */
static int walk_folder(struct walk *walk, unsigned depth)
{
    const size_t length = walk->path.length;
    const struct dirent *found;
    int result = 0;

    if (depth > FOLDER_DEPTH_MAX)
        return cannot(walk, _("there are too many folders in each other"));
    DIR *folder = opendir(walk->path.bytes);
    if (!folder)
        return errno == ENOENT && depth > 0 ? 0 : cannot(walk, error_errno(errno));
    while (result == 0 && (errno = 0, found = readdir(folder))) {
        if (is_itself_or_parent(found->d_name))
            continue;
        text_add(&walk->path, "/");
        text_add(&walk->path, found->d_name);
        result = walk_entry(walk, depth);
        text_truncate(&walk->path, length);
    }
    if (result == 0 && errno != 0)
        result = cannot(walk, error_errno(errno));
    (void)closedir(folder);
    return result;
}

int folder_walk(const char *root, void (*visit)(void *context, const struct folder_entry *entry),
                void *context, struct error *error)
{
    struct walk walk = {.visit = visit, .context = context, .error = error};

    text_init(&walk.path, PATH_MAX);
    text_add(&walk.path, root);
    walk.root_length = walk.path.length;
    int result =
        walk.path.overflowed ? cannot(&walk, _("the path is too long")) : walk_folder(&walk, 0);
    text_release(&walk.path);
    return result;
}

static void remove_one(void *context, const struct folder_entry *found)
{
    (void)context;
    if (found->is_folder)
        (void)rmdir(found->path);
    else
        (void)unlink(found->path);
}

int folder_remove(const char *path)
{
    struct error ignored = {0};

    (void)folder_walk(path, remove_one, NULL, &ignored); /* what is left keeps the folder */
    return rmdir(path) == 0 || errno == ENOENT ? 0 : -1;
}

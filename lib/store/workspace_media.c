/* public/media/: the pictures and films of the runs, for networks and readers that fetch them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"

#include "store/workspace.h"

/* A file on its way: written under a temporary name, and renamed when all are on disk. Hundreds of
 * cards share one sync of the file system. */
struct placing {
    char *path, *temporary;
};

struct placings {
    struct arena *arena;
    const char *folder;
    struct placing *items;
    size_t count;
};

static bool is_there(const char *path, const struct media *media)
{
    struct error ignored = {0};
    struct text bytes;
    bool same = file_read(path, media->size_bytes, &bytes, &ignored) == 0 &&
                bytes.length == media->size_bytes &&
                memcmp(bytes.bytes, media->bytes, media->size_bytes) == 0;

    text_release(&bytes);
    return same;
}

static int cannot_write(const char *path, struct error *error)
{
    return error_set(error, ERROR_SYSTEM, _("cannot write '%s': %s"), path, error_errno(errno));
}

static int write_one(struct placings *placings, const struct media *media, struct error *error)
{
    const char *name = strrchr(media->url, '/') + 1;
    struct placing *placing = &placings->items[placings->count];

    placing->path = arena_printf(placings->arena, "%s/%s", placings->folder, name);
    if (is_there(placing->path, media))
        return 0;
    placing->temporary = arena_printf(placings->arena, "%s.new-XXXXXX", placing->path);
    int descriptor = mkostemp(placing->temporary, O_CLOEXEC);
    if (descriptor < 0)
        return cannot_write(placing->path, error);
    placings->count++; /* from here on it is taken away when something fails */
    int result = fchmod(descriptor, 0644);
    if (result == 0)
        result = file_write_whole(descriptor, media->bytes, media->size_bytes);
    int failure = errno;
    if (close(descriptor) < 0 && result == 0)
        return cannot_write(placing->path, error);
    errno = failure;
    return result < 0 ? cannot_write(placing->path, error) : 0;
}

static int rename_all(const struct placings *placings, int folder, struct error *error)
{
    if (placings->count == 0)
        return 0;
    if (syncfs(folder) < 0)
        return cannot_write(placings->folder, error);
    for (size_t i = 0; i < placings->count; i++)
        if (rename(placings->items[i].temporary, placings->items[i].path) < 0)
            return cannot_write(placings->items[i].path, error);
    return fsync(folder) < 0 ? cannot_write(placings->folder, error) : 0;
}

static int put_all(struct placings *placings, const struct media *media, size_t count,
                   struct error *error)
{
    int folder = -1, result = 0;

    if (mkdir(placings->folder, 0755) < 0 && errno != EEXIST)
        return cannot_write(placings->folder, error);
    folder = open(placings->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return cannot_write(placings->folder, error);
    for (size_t i = 0; i < count && result == 0; i++)
        if (media[i].url)
            result = write_one(placings, &media[i], error);
    if (result == 0)
        result = rename_all(placings, folder, error);
    for (size_t i = 0; i < placings->count && result < 0; i++)
        (void)unlink(placings->items[i].temporary); /* those that were renamed are not there */
    (void)close(folder);                            /* opened to read: nothing is lost by it */
    return result;
}

int workspace_put_media(const struct workspace *workspace, const struct media *media, size_t count,
                        struct error *error)
{
    struct arena *arena = arena_new();
    struct placings placings = {
        .arena = arena,
        .folder = workspace_file(workspace, arena, "public/media"),
        .items = arena_alloc_array(arena, count, sizeof(struct placing)),
    };
    bool any = false;

    for (size_t i = 0; i < count; i++)
        any |= media[i].url != NULL;
    int result = any ? put_all(&placings, media, count, error) : 0;
    arena_free(arena);
    return result;
}

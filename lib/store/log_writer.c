#include "store/log_writer.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/language.h"
#include "base/text.h"

#include "store/file_writer.h"
#include "store/files.h"
#include "store/log_files.h"
#include "store/workspace.h"

enum { FILE_MODE = 0644, FOLDER_MODE = 0755 };

static const char partial_end[] = ".p";

/* Also syncs when it was there: who made it may have died before. */
static int make_folder(const char *path, struct error *error)
{
    if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
        return error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), path,
                         error_errno(errno));
    return files_sync_folder_of(path, error);
}

/* Whoever wrote a checkpoint had come through here before, and synced the folder's name: a send
 * need not wait for the disk once more. */
int log_writer_init(struct log_writer *writer, const char *folder, struct error *error)
{
    memset(writer, 0, sizeof(*writer));
    writer->folder = folder;
    return log_file_is_there(folder, log_checkpoint_name) ? 0 : make_folder(folder, error);
}

int log_writer_file(struct log_writer *writer, const char *name, const void *bytes, size_t size,
                    struct error *error)
{
    struct text path;

    log_file_path(writer->folder, name, &path);
    int result = file_replace(path.bytes, bytes, size, FILE_MODE, error);
    text_release(&path);
    return result;
}

/* All folders of a name below the log's. */
static int make_folders(struct log_writer *writer, const char *name, struct error *error)
{
    struct text path;
    int result = 0;

    text_init(&path, PATH_MAX);
    for (const char *slash = strchr(name, '/'); result == 0 && slash;
         slash = strchr(slash + 1, '/')) {
        text_reset(&path);
        text_addf(&path, "%s/%.*s", writer->folder, (int)(slash - name), name);
        result = make_folder(path.bytes, error);
    }
    text_release(&path);
    return result;
}

/* A folder gets many tiles, and is synced once. */
static int sync_folder(struct log_writer *writer, int level, struct error *error)
{
    struct text path;

    if (!writer->made[level - TILE_ENTRIES].is_unsynced)
        return 0;
    log_file_path(writer->folder, writer->made[level - TILE_ENTRIES].name, &path);
    text_add(&path, "/"); /* the folder itself */
    int result = files_sync_folder_of(path.bytes, error);
    text_release(&path);
    writer->made[level - TILE_ENTRIES].is_unsynced = result < 0;
    return result;
}

int log_writer_sync(struct log_writer *writer, struct error *error)
{
    for (int level = TILE_ENTRIES; level < TILE_LEVELS; level++)
        if (sync_folder(writer, level, error) < 0)
            return -1;
    return 0;
}

static int go_to_folder(struct log_writer *writer, int level, const char *name, struct error *error)
{
    char *const made = writer->made[level - TILE_ENTRIES].name;
    char folder[TILE_PATH_SIZE];

    memcpy(folder, name, sizeof(folder));
    *strrchr(folder, '/') = '\0';
    if (strcmp(made, folder) == 0)
        return 0;
    if (sync_folder(writer, level, error) < 0 || make_folders(writer, name, error) < 0)
        return -1;
    memcpy(made, folder, sizeof(folder));
    return 0;
}

int log_writer_tile(struct log_writer *writer, const struct tile *tile, const void *bytes,
                    size_t size, struct error *error)
{
    char name[TILE_PATH_SIZE];
    struct text path;

    tile_path(tile, name);
    if (go_to_folder(writer, tile->level, name, error) < 0)
        return -1;
    writer->made[tile->level - TILE_ENTRIES].is_unsynced = true;
    log_file_path(writer->folder, name, &path);
    struct file_writer *file = file_writer_new(path.bytes, error);
    int result = file ? file_writer_add(file, bytes, size, error) : -1;
    if (result == 0)
        result = file_writer_place(file, FILE_REPLACE, FILE_MODE, error);
    file_writer_free(file);
    text_release(&path);
    return result;
}

/* --- taking away ----------------------------------------------------------------------------- */

static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *found;

    if (!folder)
        return;
    while ((found = readdir(folder)))
        if (found->d_name[0] != '.')
            (void)unlinkat(dirfd(folder), found->d_name, 0); /* what stays keeps its folder */
    (void)closedir(folder);
    (void)rmdir(path);
}

void log_writer_drop_partial(struct log_writer *writer, const struct tile *tile)
{
    const struct tile full = {tile->level, tile->index, TILE_WIDTH};
    char name[TILE_PATH_SIZE];
    struct text path;

    tile_path(&full, name);
    log_file_path(writer->folder, name, &path);
    text_add(&path, partial_end);
    if (!path.overflowed)
        remove_folder(path.bytes);
    text_release(&path);
    /* It may be made again when the log is rebuilt. */
    memset(&writer->made[tile->level - TILE_ENTRIES], 0, sizeof(writer->made[0]));
}

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);

    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

/* Whether the log of that size has this tile. False for what is no tile at all, too. */
static bool has_tile(const char *name, uint64_t size, unsigned *out_width)
{
    struct tile tile;

    *out_width = 0;
    if (!tile_path_parse(name, &tile))
        return false;
    *out_width = tile_width_at(size, tile.level, tile.index);
    return tile.width <= *out_width;
}

static void sweep_one(void *context, const struct folder_entry *found)
{
    const uint64_t size = *(const uint64_t *)context;
    const char *base = strrchr(found->path, '/') + 1;
    unsigned width;
    struct text full;

    if (found->is_file) {
        bool is_temporary = strstr(base, files_temporary_mark) != NULL;
        bool is_tile = strncmp(found->name, "tile/", 5) == 0;
        if (is_temporary || (is_tile && !has_tile(found->name, size, &width)))
            (void)unlink(found->path);
    } else if (found->is_folder && ends_in(found->name, partial_end)) {
        text_init(&full, PATH_MAX);
        text_add_bytes(&full, found->name, strlen(found->name) - strlen(partial_end));
        if (has_tile(full.bytes, size, &width))
            remove_folder(found->path);
        text_release(&full);
    }
}

int log_writer_sweep(struct log_writer *writer, uint64_t size, struct error *error)
{
    return folder_walk(writer->folder, sweep_one, &size, error);
}

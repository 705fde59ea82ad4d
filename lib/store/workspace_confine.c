/* What a process that sends still needs of the workspace's files. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/workspace.h"

#include "store/files.h"

/* Beside the database: what SQLite keeps there, and the locks of the runs. */
static const char *const database_endings[] = {"", "-wal", "-shm", "-lock"};

/* The published log, and the public pages. */
static const char *const written_folders[] = {"audit", "public"};

enum {
    ENDING_COUNT = sizeof(database_endings) / sizeof(database_endings[0]),
    FOLDER_COUNT = sizeof(written_folders) / sizeof(written_folders[0]),
    PATHS_MAX = ENDING_COUNT + FOLDER_COUNT + 2,
};

const char *workspace_public_folder(const struct workspace *workspace, struct arena *arena)
{
    const char *folder = workspace_file(workspace, arena, "public");

    (void)mkdir(folder, 0755); /* mostly it is there; what else is wrong is seen when it is used */
    return folder;
}

/* The keys, the list of approvers, the configuration and registration files are not among them:
 * what was needed of them is in memory. */
struct confinement workspace_confine(const struct workspace *workspace)
{
    struct arena *arena = arena_new();
    struct confine_path paths[PATHS_MAX];
    size_t count = 0;
    char resolved[PATH_MAX];

    /* SQLite puts its files beside the database itself, not beside a link to it. */
    const char *database = workspace_file(workspace, arena, workspace_database_name);
    if (realpath(database, resolved))
        database = resolved;
    for (size_t i = 0; i < ENDING_COUNT; i++)
        paths[count++] = (struct confine_path){
            arena_printf(arena, "%s%s", database, database_endings[i]), CONFINE_WRITE};
    for (size_t i = 0; i < FOLDER_COUNT; i++)
        paths[count++] = (struct confine_path){workspace_file(workspace, arena, written_folders[i]),
                                               CONFINE_WRITE};
    paths[count++] = (struct confine_path){workspace->path, CONFINE_LIST}; /* to be synced */
    if (workspace->config->ca_file)
        paths[count++] = (struct confine_path){workspace->config->ca_file, CONFINE_READ};
    struct confinement holds = confine_process(paths, count);
    arena_free(arena);
    return holds;
}

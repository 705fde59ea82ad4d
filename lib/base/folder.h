/* What is below a folder. fts(3) would do the same, but where memory is short glibc 2.36 writes to
 * NULL there. */
#ifndef CRISIS_BASE_FOLDER_H
#define CRISIS_BASE_FOLDER_H

#include <stdbool.h>

#include "base/error.h"

enum { FOLDER_DEPTH_MAX = 32 };

struct folder_entry {
    const char *path;
    const char *name; /* the part of the path that is below the root, as in "a/b" */
    bool is_folder;
    bool is_file; /* a regular one; a link is neither */
};

/* Calls visit() for all that is below `root`, for a folder after what is in it. It may remove what
 * it is called for. Links are not followed. ERROR_SYSTEM: a folder cannot be read, a path is too
 * long, or folders are nested deeper than FOLDER_DEPTH_MAX; what was read before has been visited.
 */
int folder_walk(const char *root, void (*visit)(void *context, const struct folder_entry *entry),
                void *context, struct error *error);

/* Removes a folder with all that is below it. 0 when it is gone, or was not there. */
int folder_remove(const char *path);

#endif

/* The folder's side of writing files durably, and of reading keys. For the files of this room. */
#ifndef CRISIS_STORE_FILES_H
#define CRISIS_STORE_FILES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "store/workspace.h"

extern const char workspace_database_name[]; /* in the workspace */

/* Makes the names in the folder that holds `path` durable. */
int files_sync_folder_of(const char *path, struct error *error);

/* In the names of files that a crash may have left half written. */
extern const char files_temporary_mark[];

/* Reads a key of the workspace: $CREDENTIALS_DIRECTORY/NAME when that is set and there, else
 * keys/NAME, whose mode must be 0600 or stricter. `out` is an initialised secret text; its ceiling
 * is the most that is read. *path, which is in the arena, is what was read. ERROR_SYSTEM. */
int files_read_key(const struct workspace *workspace, struct arena *arena, const char *name,
                   struct text *out, const char **path, struct error *error);

#endif

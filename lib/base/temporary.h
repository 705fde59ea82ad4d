/*
 * A folder for temporary files, readable by this user alone, that is gone when this process has
 * ended, however it ends: should it be killed, a small process that waits for that removes the
 * folder. To be made before any thread is.
 */
#ifndef CRISIS_BASE_TEMPORARY_H
#define CRISIS_BASE_TEMPORARY_H

#include <sys/types.h>

#include "base/error.h"

enum { TEMPORARY_PATH_SIZE = 512 };

struct temporary_folder {
    char path[TEMPORARY_PATH_SIZE]; /* empty: there is none */
    pid_t keeper;
    int alive; /* a descriptor: the keeper sees it closed when this process is gone */
};

/* Makes one in $TMPDIR, else in /tmp; `name` begins its name. ERROR_SYSTEM. */
int temporary_folder_new(const char *name, struct temporary_folder *out, struct error *error);
/* Removes it with all that is in it. Zeroed ones too. */
void temporary_folder_remove(struct temporary_folder *folder);

#endif

/* The folder's side of writing files durably. For the files of this room. */
#ifndef CRISIS_STORE_FILES_H
#define CRISIS_STORE_FILES_H

#include "base/error.h"

/* Makes the names in the folder that holds `path` durable. */
int files_sync_folder_of(const char *path, struct error *error);

#endif

/* Files and folders of the public site. For lib/store/public_site.c. */
#ifndef CRISIS_STORE_PUBLIC_FILES_H
#define CRISIS_STORE_PUBLIC_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "site/message.h"

#include "store/public_site.h"

/* What went wrong, first cause first. */
struct public_trouble {
    enum public_result result; /* PUBLIC_DONE: nothing yet */
    struct error error;
};

/* Files on their way: under temporary names until public_flush(). All share one sync of the file
 * system, for a message goes to hundreds of municipalities. */
struct public_files {
    struct arena *arena;
    const char *root; /* public/, absolute */
    struct public_file *items;
    size_t count, capacity;
};

/* All functions with `trouble` do nothing, and return false, once there is any. `folder` is
 * absolute. */

/* Keeps other processes out until the descriptor is closed; -1 with trouble. */
int public_lock(const char *folder, struct public_trouble *trouble);
/* The folder of a path below `folder`, with all of its folders; public_flush() makes them durable.
 */
bool public_make_folders(const char *folder, const char *path, struct public_trouble *trouble);
/* Bytes that have passed their ceiling are trouble: nothing is written then. */
bool public_write(struct public_files *files, const char *folder, const char *name,
                  const struct text *bytes, struct public_trouble *trouble);
/* Makes all that was written durable, gives it its names in the order in which it was written, and
 * makes these durable. With trouble there may be some; what is left over is taken away. */
bool public_flush(struct public_files *files, struct public_trouble *trouble);
/* Writes a file, and takes it away again. */
bool public_probe(const char *folder, struct public_trouble *trouble);

bool public_is_there(const char *folder, const char *name);

/* The newest records of a folder, at most `most`, added to *out in any order. A file that is no
 * record is left alone. What a crash has left half written is taken away. */
bool public_read_records(struct arena *arena, const char *folder, const char *path, size_t most,
                         struct site_messages *out, struct public_trouble *trouble);
/* One record's bytes; false when it cannot be read. Release `out` in any case. */
bool public_read_record(const char *folder, const char *name, struct text *out);

/* The paths of all folders that may have records, in the arena. What a crash has left half written
 * in `folder` itself is taken away. */
bool public_list_folders(struct arena *arena, const char *folder, const char ***out, size_t *count,
                         struct public_trouble *trouble);

#endif

/* The files of a published log, written durably. For the files of this room. */
#ifndef CRISIS_STORE_LOG_WRITER_H
#define CRISIS_STORE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "audit/tile.h"
#include "base/error.h"

struct log_writer {
    const char *folder;
    struct {
        char name[TILE_PATH_SIZE];
        bool is_unsynced;
    } made[TILE_LEVELS + 1]; /* for each level the folder it wrote into last */
};

/* Makes the folder of the log, durably; it may be there. */
int log_writer_init(struct log_writer *writer, const char *folder, struct error *error);
int log_writer_file(struct log_writer *writer, const char *name, const void *bytes, size_t size,
                    struct error *error);
/* Makes the tile's folders too. A file that is there is replaced: a crash may have left another.
 * The tiles are durable after log_writer_sync(). */
int log_writer_tile(struct log_writer *writer, const struct tile *tile, const void *bytes,
                    size_t size, struct error *error);
int log_writer_sync(struct log_writer *writer, struct error *error);
/* Takes away the partial files of a tile whose full file is there. What cannot be taken away does
 * no harm, and is tried again by the next sweep. */
void log_writer_drop_partial(struct log_writer *writer, const struct tile *tile);
/* Takes away what a crash may have left in a log of that size: temporary files, files beyond the
 * size, and partial files of full tiles. */
int log_writer_sweep(struct log_writer *writer, uint64_t size, struct error *error);

#endif

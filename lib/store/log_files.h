/*
 * The files of a published log, read. For the files of this room.
 *
 * Errors are ERROR_VERIFICATION when a file is not there or is not what it must be, with its name;
 * ERROR_SYSTEM when the disk fails.
 */
#ifndef CRISIS_STORE_LOG_FILES_H
#define CRISIS_STORE_LOG_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "audit/tile.h"
#include "base/error.h"
#include "base/text.h"

extern const char log_checkpoint_name[]; /* "checkpoint" */
extern const char log_vkey_name[];       /* "log.vkey" */

/* The path of a file in the folder, in a text that is initialised here. */
void log_file_path(const char *folder, const char *name, struct text *out);
bool log_file_is_there(const char *folder, const char *name);

/* These initialise `out`: release it, after a failure too. */
int log_file_read(const char *folder, const char *name, size_t max_bytes, struct text *out,
                  struct error *error);
/* Of a hash tile exactly its hashes, of a bundle exactly its entries. Where the partial file is not
 * there, the beginning of the full one is as good. */
int log_tile_read(const char *folder, const struct tile *tile, struct text *out,
                  struct error *error);
int log_vkey_read(const char *folder, struct note_vkey *out, struct error *error);
/* The note points into `bytes`. */
int log_checkpoint_read(const char *folder, const struct note_vkey *key, struct text *bytes,
                        struct note *note, struct checkpoint *out, struct error *error);

/* Subtree roots of a log of `size` entries out of its tiles, for proof.h. The last tile read at
 * each level is kept. */
struct log_tiles {
    const char *folder;
    uint64_t size;
    struct sha256 *state;
    struct {
        bool is_known;
        uint64_t index;
        struct text bytes;
    } kept[TILE_LEVELS];
};
void log_tiles_init(struct log_tiles *tiles, const char *folder, uint64_t size);
void log_tiles_release(struct log_tiles *tiles);
struct hash_source log_tiles_source(struct log_tiles *tiles);

#endif

/*
 * Reads a published log as anybody can, and recomputes it: every entry of the bundles is hashed,
 * and every hash tile and the signed checkpoint must come out of that. Nothing is written.
 *
 * What does not fit is ERROR_VERIFICATION, and names the first entry that it shows at, or the file.
 */
#ifndef CRISIS_STORE_LOG_READER_H
#define CRISIS_STORE_LOG_READER_H

#include <stddef.h>
#include <stdint.h>

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "base/error.h"
#include "base/text.h"

#include "store/store.h"

struct log_reading {
    struct note_vkey key;
    struct checkpoint checkpoint;
    uint64_t unpublished; /* entries that only the store has; set by log_reader_compare */
};

/* Verifies the folder against itself. key: the one that the log must be signed with, which the
 * reader should have from elsewhere; NULL: the one in the folder's log.vkey. */
int log_reader_verify(const char *folder, const struct note_vkey *key, struct log_reading *out,
                      struct error *error);
/* The same, and compares with the store both ways: every published entry stands in it, byte for
 * byte; it may only have more at the end. */
int log_reader_compare(const char *folder, const struct note_vkey *key, struct store *store,
                       struct log_reading *out, struct error *error);

/* Whether the log still begins as it was when this earlier checkpoint was signed. Reads the tiles
 * that this needs, and trusts them: verify first. */
int log_reader_extends(const char *folder, const struct log_reading *reading,
                       const struct checkpoint *earlier, struct error *error);
/* Makes the proof file (audit/proof.h) of one entry, and appends the entry's bytes to `entry`,
 * which may be NULL. What is made has been checked. ERROR_INPUT: there is no such entry. */
int log_reader_prove(const char *folder, const struct note_vkey *key, uint64_t index,
                     struct text *proof, struct text *entry, struct error *error);

#endif

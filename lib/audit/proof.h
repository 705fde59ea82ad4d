/*
 * Proofs about the log's Merkle tree (RFC 9162 sections 2.1.3 and 2.1.4): that an entry is in it,
 * and that a larger tree begins with a smaller one. They are made from a source of stored hashes,
 * and checked from nothing but themselves.
 *
 * The file of a proof (C2SP tlog-proof) stands alone: index, inclusion path and signed checkpoint.
 */
#ifndef CRISIS_AUDIT_PROOF_H
#define CRISIS_AUDIT_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#include "audit/checkpoint.h"
#include "audit/note.h"

enum { PROOF_HASHES_MAX = 63, PROOF_FILE_MAX_BYTES = NOTE_MAX_BYTES + 128 * 1024 };

struct proof {
    size_t count;
    unsigned char hashes[PROOF_HASHES_MAX][SHA256_SIZE];
};

/* --- making ---------------------------------------------------------------------------------- */

/* Reads the root of the complete subtree of the 2^level leaves from index * 2^level on. */
struct hash_source {
    int (*read)(void *context, unsigned level, uint64_t index, unsigned char out[SHA256_SIZE],
                struct error *error);
    void *context;
};

/* Asks only for subtrees within the first `size` leaves. -1 when the source fails, when index or
 * old_size do not lie within size, or when a proof needs more than PROOF_HASHES_MAX hashes (never
 * below 2^62 entries). */
int proof_root(const struct hash_source *source, uint64_t size, unsigned char out[SHA256_SIZE],
               struct error *error);
int proof_inclusion(const struct hash_source *source, uint64_t index, uint64_t size,
                    struct proof *out, struct error *error);
int proof_consistency(const struct hash_source *source, uint64_t old_size, uint64_t size,
                      struct proof *out, struct error *error);

/* --- checking -------------------------------------------------------------------------------- */

bool proof_inclusion_holds(const struct proof *proof, const unsigned char leaf_hash[SHA256_SIZE],
                           uint64_t index, uint64_t size, const unsigned char root[SHA256_SIZE]);
/* An empty old tree is the beginning of every tree: its root must be that of the empty one. */
bool proof_consistency_holds(const struct proof *proof, uint64_t old_size,
                             const unsigned char old_root[SHA256_SIZE], uint64_t size,
                             const unsigned char root[SHA256_SIZE]);

/* --- the file -------------------------------------------------------------------------------- */

/* Points into the bytes that it was parsed from. */
struct proof_file {
    uint64_t index;
    struct proof path;
    const char *checkpoint; /* the signed note */
    size_t checkpoint_size;
};

void proof_file_add(struct text *out, uint64_t index, const struct proof *path,
                    const char *checkpoint, size_t checkpoint_size);
/* ERROR_VERIFICATION: it is none. The unauthenticated "extra" line is read over. */
int proof_file_parse(const char *bytes, size_t size, struct proof_file *out, struct error *error);

/* Who must have signed: the log, and at least `quorum` of the witnesses (each counts once, by its
 * public key). */
struct proof_policy {
    struct note_vkey log;
    const struct note_vkey *witnesses; /* of type NOTE_COSIGNATURE */
    size_t witness_count;
    size_t quorum;
};

struct proof_verdict {
    uint64_t index;
    struct checkpoint checkpoint;
    size_t witness_count;           /* that have cosigned */
    uint64_t earliest_unix_seconds; /* of their times: by then the entry was there; 0: no witness */
};

/* Checks the file for these bytes of an entry. 0, or -1 with ERROR_VERIFICATION and the reason. */
int proof_file_verify(const char *bytes, size_t size, const void *entry, size_t entry_size,
                      const struct proof_policy *policy, struct proof_verdict *out,
                      struct error *error);

#endif

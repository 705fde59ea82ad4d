/* What the files of the published log share. */
#ifndef CRISIS_STORE_PUBLISHED_LOG_INTERNAL_H
#define CRISIS_STORE_PUBLISHED_LOG_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "audit/note.h"
#include "base/ed25519.h"
#include "base/error.h"

#include "store/log_writer.h"

struct published_log {
    char *path;
    struct note_vkey vkey;
    struct ed25519_key *key;
    struct log_writer writer;
    bool is_swept;
    bool is_known; /* the store has been found to have the head at known_size */
    uint64_t known_size;
};

/* Takes the folder for this process; the descriptor that holds the lock, or -1. */
int published_log_lock(struct published_log *log, struct error *error);

#endif

/*
 * The audit log as static files for everybody (C2SP tlog-tiles), made from the store: `tile/…`,
 * `log.vkey`, and last of all `checkpoint`, which the workspace's log key signs.
 *
 *     published_log_open("…/audit", origin, seed, &log, error);
 *     published_log_update(log, store, error);      whenever the store has grown
 *     published_log_close(log);
 *
 * Every file goes to a temporary name, is synced, renamed, and its folder synced; the checkpoint
 * follows when all that it covers is on disk. A crash in between leaves the log as its checkpoint
 * says, and the next update goes on. Partial tiles are kept until their full tile is on disk and
 * signed for.
 *
 * A log never takes anything back. When the store is shorter than the checkpoint that the folder
 * has, or holds something else, then the store is a restored backup or was changed: to sign its
 * entries would be a fork that anybody can prove. Nothing is published then: ERROR_VERIFICATION,
 * with how to begin a new log.
 *
 * What a witness remembers is evidence too: published_log_stop() leaves a mark in the folder
 * (`.stopped`), and every later update is refused in the same way.
 *
 * One origin, one key, one folder. Several processes may publish the same workspace: they take
 * turns (flock on `.lock`), and each goes on from what it finds.
 */
#ifndef CRISIS_STORE_PUBLISHED_LOG_H
#define CRISIS_STORE_PUBLISHED_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "base/ed25519.h"
#include "base/error.h"
#include "base/text.h"

#include "store/store.h"

struct published_log;

enum { PUBLISHED_LOG_BUSY_TIMEOUT_MS = 5000 };

/* path: the folder, which is made when it is not there. Nothing is read or written yet.
 * ERROR_INPUT: the origin cannot be one. The seed may be wiped afterwards. */
int published_log_open(const char *path, const char *origin,
                       const unsigned char seed[ED25519_SEED_SIZE], struct published_log **out,
                       struct error *error);
void published_log_close(struct published_log *log); /* NULL is fine */

/* Makes the folder where it is not there; the others do so too. */
int published_log_make_folder(struct published_log *log, struct error *error);
/* Publishes the entries that the store has now. Nothing is written when there are no new ones. */
int published_log_update(struct published_log *log, struct store *store, struct error *error);
/* Writes every file anew from the store, after it has been found to fit the checkpoint: for a
 * folder whose files were damaged or lost. */
int published_log_rebuild(struct published_log *log, struct store *store, struct error *error);

/* The checkpoint that was published last, as a signed note appended to `out` (also when another
 * process did); *checkpoint may be NULL. ERROR_VERIFICATION: there is none, or it is not ours. */
int published_log_checkpoint(struct published_log *log, struct text *out,
                             struct checkpoint *checkpoint, struct error *error);
/* The proof for a witness that knows old_size entries, which has been checked. *size: of the
 * checkpoint that it leads to. */
int published_log_consistency(struct published_log *log, uint64_t old_size, struct proof *out,
                              uint64_t *size, struct error *error);
/* A witness that remembers more entries than were ever signed here (remembered > size), or that
 * remembers as many or fewer, and other ones. */
struct log_fork {
    char origin[NOTE_NAME_MAX_BYTES + 1], witness[NOTE_NAME_MAX_BYTES + 1];
    uint64_t remembered; /* entries, by the witness */
    uint64_t size;       /* of the checkpoint here */
};
/* Sees to it, durably, that nothing is published any more. Returns -1 always, with the error that
 * every later update gets. */
int published_log_stop(struct published_log *log, const struct log_fork *fork, struct error *error);
/* Whether that was done to the log in this folder: 0, or -1 with that error. */
int published_log_check_stopped(const char *folder, struct error *error);

/* Adds witnesses' signature lines, which have been checked (witness.h), to the checkpoint with that
 * text. Nothing happens when another one has been published meanwhile. */
int published_log_add_cosignatures(struct published_log *log, const char *text, size_t text_size,
                                   const char *lines, size_t lines_size, struct error *error);

#endif

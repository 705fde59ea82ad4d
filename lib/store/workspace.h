/*
 * The workspace: the folder a coordinator works in (spec: workspace). Finds it, makes it, opens
 * what is in it. Every file it writes goes to a temporary name, is synced, renamed, and the folder
 * synced.
 */
#ifndef CRISIS_STORE_WORKSPACE_H
#define CRISIS_STORE_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/confine.h"
#include "base/ed25519.h"
#include "base/error.h"
#include "base/problems.h"
#include "base/text.h"
#include "model/media.h"

#include "store/config.h"
#include "store/published_log.h"
#include "store/store.h"

struct xml_signer;

struct workspace {
    const char *path; /* absolute */
    const struct config *config;
};

/* The folder: `directory` (from -C) when not NULL, else `environment` ($CRISIS_WORKSPACE) when not
 * NULL or empty, else the nearest folder upward from the current one that holds crisis.yaml.
 * Reads its configuration. ERROR_USAGE: there is none. ERROR_INPUT: the configuration is not valid,
 * and `problems` says why. */
int workspace_open(struct arena *arena, const char *directory, const char *environment,
                   bool (*known_channel)(const char *name), struct problems *problems,
                   struct workspace **out, struct error *error);

/* Makes a workspace, and the folder too if it is not there: configuration, keys/ (0700) with
 * vault.key and log.key (0600), vault.age, an empty approvers file, the database with the first
 * audit entry, audit/ and public/. Refuses a folder that has one (ERROR_USAGE); takes away what it
 * has made when it fails. unix_ms: now. recipient: the workspace's, age1…, is appended; may be
 * NULL. */
int workspace_init(const char *directory, int64_t unix_ms, struct text *recipient,
                   struct error *error);

/* Whether workspace_open would find one from the current folder upward. */
bool workspace_is_near(struct arena *arena);

/* A path inside the workspace, in the arena. */
const char *workspace_file(const struct workspace *workspace, struct arena *arena,
                           const char *name);
int workspace_store(const struct workspace *workspace, enum store_access access, struct store **out,
                    struct error *error);
/* The seed of the key that signs the published log: $CREDENTIALS_DIRECTORY/log.key when that is set
 * and there, else keys/log.key (whose mode must be 0600 or stricter); `out` should be secret
 * memory.
 */
int workspace_log_seed(const struct workspace *workspace, unsigned char out[ED25519_SEED_SIZE],
                       struct error *error);

/* The folder of the published log, in the arena. */
const char *workspace_log_folder(const struct workspace *workspace, struct arena *arena);
/* Whether anything has been published: the log's name can not be changed any more. */
bool workspace_log_is_published(const struct workspace *workspace);
/* Whether a witness has shown it to be a fork: published_log_check_stopped(). */
int workspace_log_check_stopped(const struct workspace *workspace, struct error *error);
/* Opens the published log under the origin of the configuration, else under the one that it has
 * been published with. 0 and *out NULL: there is neither. */
int workspace_published_log(const struct workspace *workspace, struct published_log **out,
                            struct error *error);
/* The key that its log must be signed with. 0 and *out_is_there false: it has no log. */
int workspace_log_vkey(const struct workspace *workspace, struct note_vkey *out, bool *out_is_there,
                       struct error *error);

/* The folder of the public site, in the arena. It is made when it is not there, so that
 * workspace_confine() leaves it; where it cannot be, what is published there fails. */
const char *workspace_public_folder(const struct workspace *workspace, struct arena *arena);

/* What signs the CAP files: keys/cap.key, as the other keys are read, with the certificate that
 * crisis.yaml names; *out is NULL when it names none. -1: ERROR_INPUT, ERROR_SYSTEM. */
int workspace_cap_signer(const struct workspace *workspace, struct xml_signer **out,
                         struct error *error);

/* Confines this process to what a send still needs: the database, audit/ and public/ may be
 * written, and nothing else of the workspace may be read, its keys and its configuration included.
 * Before the first thread, and for good. Returns what the kernel has of it. */
struct confinement workspace_confine(const struct workspace *workspace);

/* Puts what has an address on the public site into public/media/, under the last part of the
 * address: all of it or none, and what is there already stays. ERROR_SYSTEM. */
int workspace_put_media(const struct workspace *workspace, const struct media *media, size_t count,
                        struct error *error);

/* Writes a whole file: temporary name, sync, rename, sync of the folder. mode as for open(2). */
int file_replace(const char *path, const void *bytes, size_t size, unsigned mode,
                 struct error *error);

#endif

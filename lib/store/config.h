/* crisis.yaml: the workspace's configuration (spec: workspace). Read by the strict reader. */
#ifndef CRISIS_STORE_CONFIG_H
#define CRISIS_STORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "audit/note.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/account.h"
#include "wire/address.h"

enum { PASSKEY_ORIGINS_MAX = 16, WITNESSES_MAX = 16 };

/* Who is asked to cosign the published log. */
struct config_witness {
    const char *url;      /* without a final slash: add-checkpoint comes after it */
    struct note_vkey key; /* of type NOTE_COSIGNATURE */
};

struct config {
    const char *coordinator_name;
    const char *coordinator_url;        /* NULL: none */
    const char *coordinator_language;   /* "nb" */
    const char *time_zone;              /* "Europe/Oslo" */
    unsigned approval_threshold;        /* the floor; 0 when not given */
    const char *const *passkey_origins; /* where passkeys may be used, as browsers write them */
    size_t passkey_origin_count;
    const char *store;      /* "sqlite" */
    const char *log_origin; /* NULL: not given yet */
    const struct config_witness *witnesses;
    size_t witness_count;
    const char *ca_file;            /* absolute; NULL: the system's only */
    const char *cap_certificate;    /* absolute; NULL: CAP files are not signed */
    const char *listen;             /* "127.0.0.1:8080" */
    const struct network *networks; /* endpoint is NULL where the driver's own counts */
    size_t network_count;
    const struct address_block *internal_addresses; /* that accounts may name */
    size_t internal_address_count;
    unsigned char sha256[32]; /* of the file's bytes */
};

/* Reads and checks it. known_channel: is there a driver of that name? Returns 0, or -1 with `error`
 * set (ERROR_INPUT: the file cannot be read, or is not valid) and *out NULL; `problems` then holds
 * what is wrong with the contents. Warnings may be added in either case. */
int config_load(struct arena *arena, const char *path, bool (*known_channel)(const char *name),
                struct problems *problems, struct config **out, struct error *error);

/* The same for bytes; `path` must outlive the arena. -1 when an error was added to `problems`. */
int config_parse(struct arena *arena, const char *path, const char *bytes, size_t size,
                 bool (*known_channel)(const char *name), struct problems *problems,
                 struct config **out);

#endif

/*
 * Registration files (spec: trust, "Credentials"): YAML, one document or several, each a map or a
 * list of maps:
 *
 *     municipality: "0301"
 *     invite: crisis-invite-…
 *     accounts:
 *       - {channel: facebook, label: default, settings: {page: "1234"}, credential: {access-token:
 * …}}
 *
 * Thousands of accounts in one file; every problem is named, and nothing is taken in when there is
 * one. Credentials are in secret memory and released by registration_release.
 */
#ifndef CRISIS_STORE_REGISTRATION_H
#define CRISIS_STORE_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/problems.h"
#include "base/text.h"
#include "model/account.h"
#include "model/credential.h"

/* One municipality's part of a file. The code of its invitation is forgotten when it is read. */
struct registration_part {
    struct place place;
    bool has_invite;
    bool invite_is_valid; /* for the caller to set: is to be used up */
    unsigned char invite_sha256[SHA256_SIZE];
    struct place invite_place;
};

struct registration_account {
    struct account account;
    struct registration_part *part; /* in the arena */
    bool was_sealed;                /* for the caller to set */
    struct text pairs; /* secret: the credential's pairs (model/credential.h); empty: none given */
    struct place place;
};

struct registration {
    struct registration_account *accounts;
    size_t count;
};

/* Reads one file's bytes and appends its accounts to *out, which begins as {0}. Returns 0, or -1
 * when an error was added to `problems`: then nothing of this file is in *out. Strings are in the
 * arena, `file_name` must outlive it, and `bytes` are in secret memory of the caller's. No
 * problem ever shows a value of a credential. Channels, settings and credentials are checked
 * against the drivers by the caller (registration knows no channels). */
int registration_read(struct arena *arena, const char *file_name, const char *bytes, size_t size,
                      struct problems *problems, struct registration *out);
void registration_release(struct registration *registration);

#endif

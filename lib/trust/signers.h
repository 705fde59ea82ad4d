/*
 * The file `approvers`: who may approve, in OpenSSH's allowed_signers format, so that ssh-keygen
 * can use it as it stands, but read more strictly. One line of the file:
 *
 *     kari@dsb.example namespaces="crisis-approval@v1",valid-after="20260101Z" ssh-ed25519 AAAA…
 * note
 *
 * One exact name per line (letters, digits, '@', '.', '_', '+', '-'), no patterns; options in lower
 * case, each once: namespaces (which must be there, without wildcards), valid-after and
 * valid-before (in UTC, so with a Z). One space between the parts. No certificate authorities.
 * Lines end with LF, the last one too. Empty lines, and lines that begin with '#', mean nothing;
 * but the first line is the list's version:
 *
 *     # crisis-approvers v1 version=7 threshold=2 previous=sha256:HEX
 *
 * where HEX is the SHA-256 of the file of the version before, and version 1 has previous=none. A
 * list without this line was made by hand, and is a version 1 with a threshold of 1. One bad line,
 * and the whole file is refused; all bad lines are named. A list without approvers is one: nobody
 * can approve.
 */
#ifndef CRISIS_TRUST_SIGNERS_H
#define CRISIS_TRUST_SIGNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/problems.h"
#include "base/text.h"

#include "trust/ssh_key.h"

enum {
    SIGNERS_FILE_MAX_BYTES = 1024 * 1024,
    SIGNERS_MAX = 1000,
    SIGNER_PRINCIPAL_MAX = 128,
    SIGNER_NAMESPACES_MAX = 16,
    SIGNER_NAMESPACE_MAX = 128,
    SIGNERS_VERSION_MAX = 1000000,
};

/* One line. Strings belong to the arena of the file. */
struct signer {
    unsigned line; /* 0: not read from a file */
    const char *principal;
    struct ssh_key key;
    const char *const *namespaces;
    size_t namespace_count;
    /* The first and the last second, both included. */
    bool has_valid_after, has_valid_before;
    int64_t valid_after_unix_ms, valid_before_unix_ms;
};

struct signers {
    unsigned version, threshold;
    bool has_previous;
    unsigned char previous_sha256[SHA256_SIZE];
    unsigned char sha256[SHA256_SIZE]; /* of this file's bytes */
    const struct signer *items;
    size_t count;
};

/* `file` is the name for messages. Returns -1, and NULL, when there was any error. A key that
 * stands under two names is a warning: it counts once. */
int signers_read(struct arena *arena, const char *file, const char *bytes, size_t size,
                 struct problems *problems, const struct signers **out);

/* Is this the key of that principal, for this namespace, at this time? Several lines may name the
 * principal; the first that allows it is *out. ERROR_NOT_APPROVED says why there is none. */
int signers_check(const struct signers *signers, const char *principal, const struct ssh_key *key,
                  const char *namespace_name, int64_t unix_ms, const struct signer **out,
                  struct error *error);

/* The lines of a principal that hold for this namespace at this time, in the arena. */
size_t signers_find(struct arena *arena, const struct signers *signers, const char *principal,
                    const char *namespace_name, int64_t unix_ms, const struct signer *const **out);

/* May a principal have this name? NULL when yes, else what is wrong with it. */
const char *signers_principal_fault(const char *name, size_t length);

/* Write what signers_read reads, with the line feed. previous_sha256 is NULL for version 1. */
void signers_add_version(struct text *out, unsigned version, unsigned threshold,
                         const unsigned char *previous_sha256);
void signers_add_signer(struct text *out, const struct signer *signer);

#endif

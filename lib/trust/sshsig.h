/*
 * SSHSIG: detached signatures as `ssh-keygen -Y sign` makes them (OpenSSH PROTOCOL.sshsig), over
 * any bytes, for one namespace. Made by the four kinds of keys of ssh_key.h, and by passkeys in a
 * browser ("webauthn-sk-ecdsa-sha2-nistp256@openssh.com", OpenSSH PROTOCOL.u2f).
 *
 *     if (sshsig_parse(arena, bytes, size, &signature, error) < 0 ||
 *         sshsig_verify(signature, "crisis-approval@v1", message, size, &policy, error) < 0)
 *         …the error says why not…
 *     signers_check(…&signature->key…)       who is that, and may they
 *
 * Whatever is accepted here `ssh-keygen -Y verify` accepts, never the reverse. Stricter than
 * ssh-keygen: a security key must have been touched; the version is 1, the reserved field empty;
 * mpints are minimal, Ed25519 signatures 64 bytes long with S < L; there is nothing after the END
 * line; a passkey's origin is checked against a list and against the key's relying party. Line
 * ends are LF, for ssh-keygen before 9.5 refuses CRLF.
 *
 * An SSHSIG holds no time and no name: both come from the approvers file.
 */
#ifndef CRISIS_TRUST_SSHSIG_H
#define CRISIS_TRUST_SSHSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "trust/ssh_key.h"
#include "trust/ssh_wire.h"

enum {
    SSHSIG_ARMOUR_MAX_BYTES = 16 * 1024,
    SSHSIG_BLOB_MAX_BYTES = 12 * 1024,
    SSHSIG_NAMESPACE_MAX = 255,
    SSHSIG_TBS_MAX_BYTES = 512, /* namespace, hash name and hash with their lengths */
    SSHSIG_SIGNATURE_MAX_BYTES = 8 * 1024,
};

enum sshsig_hash { SSHSIG_SHA256, SSHSIG_SHA512 };

/* Bits of a security key's flags (WebAuthn, section 6.1). */
enum sshsig_flag {
    SSHSIG_TOUCHED = 0x01,       /* UP */
    SSHSIG_USER_VERIFIED = 0x04, /* UV: by PIN, finger or face */
    SSHSIG_ATTESTED = 0x40,      /* AT: never in a signature */
    SSHSIG_EXTENDED = 0x80,      /* ED: extensions follow */
};

/* A parsed signature, not yet verified. What it points to belongs to the arena. */
struct sshsig {
    struct ssh_key key;
    const char *namespace_name;
    enum sshsig_hash hash;
    bool is_webauthn;
    unsigned char numbers[64]; /* Ed25519: R, S. P-256: r, s, 32 bytes each */
    uint8_t flags;             /* hardware keys only, as the rest */
    uint32_t counter;
    const char *origin; /* webauthn only, as the rest; else empty */
    struct ssh_bytes client_data, extensions;
};

/* From the armoured text, or from the bytes inside it. ERROR_VERIFICATION, in words. */
int sshsig_parse(struct arena *arena, const char *armour, size_t size, const struct sshsig **out,
                 struct error *error);
int sshsig_parse_blob(struct arena *arena, const void *blob, size_t size, const struct sshsig **out,
                      struct error *error);

struct sshsig_policy {
    /* Where passkeys may be used: "https://approve.example", each exactly as browsers write it. */
    const char *const *origins;
    size_t origin_count;
    bool require_user_verified; /* a touch alone is not enough for a security key */
};

/* Is it a signature by signature->key over this message in this namespace, made as the policy asks
 * (NULL: no passkeys, a touch is enough)? ERROR_VERIFICATION says why not. */
int sshsig_verify(const struct sshsig *signature, const char *namespace_name, const void *message,
                  size_t size, const struct sshsig_policy *policy, struct error *error);

/* The bytes that a key signs (for a passkey: the challenge). `out` needs SSHSIG_TBS_MAX_BYTES.
 * ERROR_INPUT: a namespace that is empty or longer than SSHSIG_NAMESPACE_MAX. */
int sshsig_add_tbs(struct text *out, const char *namespace_name, enum sshsig_hash hash,
                   const void *message, size_t size, struct error *error);

/* The armoured text around a signature in wire form that `key` has made over the TBS.
 * ERROR_INPUT when they are too long together. */
int sshsig_add_armour(struct text *out, const struct ssh_key *key, const char *namespace_name,
                      enum sshsig_hash hash, const void *signature, size_t size,
                      struct error *error);

#endif

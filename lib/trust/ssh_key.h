/*
 * Public keys of approvers in SSH form. Four kinds are read; every other kind that people have is
 * refused by its name with the reason. A key that was read is a key that can be trusted to be one:
 * its point lies on the curve, has one encoding only, and is none of the low-order Ed25519 points
 * for which anybody can sign.
 *
 * Formats: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709, and OpenSSH's PROTOCOL.u2f.
 */
#ifndef CRISIS_TRUST_SSH_KEY_H
#define CRISIS_TRUST_SSH_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#include "trust/ssh_wire.h"

enum ssh_key_kind {
    SSH_KEY_ED25519,
    SSH_KEY_P256,
    SSH_KEY_SK_ED25519, /* in a security key: signs with a touch */
    SSH_KEY_SK_P256,    /* the same; passkeys too */
    SSH_KEY_KIND_COUNT,
};

enum {
    ED25519_POINT_SIZE = 32,
    P256_POINT_SIZE = 65, /* 04, X, Y */
    P256_NUMBER_SIZE = 32,
    SSH_KEY_POINT_MAX = P256_POINT_SIZE,
    SSH_KEY_APPLICATION_MAX = 255, /* a domain name is never longer */
    SSH_KEY_BLOB_MAX_BYTES = 512,
    SSH_KEY_LINE_MAX_BYTES = 4096,
    SSH_FINGERPRINT_SIZE = 7 + 43 + 1, /* "SHA256:", base64 without padding, NUL */
};

struct ssh_key {
    enum ssh_key_kind kind;
    unsigned char point[SSH_KEY_POINT_MAX];
    size_t point_size;
    char application[SSH_KEY_APPLICATION_MAX + 1]; /* of sk kinds: "ssh:", or a passkey's RP ID */
};

/* The name in files and on the wire: "ssh-ed25519". */
const char *ssh_key_kind_name(enum ssh_key_kind kind);
bool ssh_key_is_hardware(const struct ssh_key *key); /* the sk kinds */
bool ssh_key_is_p256(const struct ssh_key *key);

/* From the wire form. ERROR_INPUT, in words, for anything that is not exactly one such key. */
int ssh_key_from_blob(const void *bytes, size_t size, struct ssh_key *out, struct error *error);

/* From "TYPE BASE64 [COMMENT]", the line of a .pub file or of authorized_keys (without options),
 * with or without its line feed. ERROR_INPUT, in words. */
int ssh_key_from_line(const char *line, size_t length, struct ssh_key *out, struct error *error);

/* Appends the wire form, or "TYPE BASE64" without a line feed. */
void ssh_key_add_blob(struct text *out, const struct ssh_key *key);
void ssh_key_add_line(struct text *out, const struct ssh_key *key);

/* "SHA256:…", as ssh-keygen -l shows it. */
void ssh_key_fingerprint(const struct ssh_key *key, char out[SSH_FINGERPRINT_SIZE]);

bool ssh_key_equal(const struct ssh_key *a, const struct ssh_key *b);
/* The same key pair stands behind both, be it under another type or application: for counting
 * distinct keys. */
bool ssh_key_same_pair(const struct ssh_key *a, const struct ssh_key *b);

#endif

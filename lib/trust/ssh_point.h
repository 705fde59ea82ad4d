/* Points of public keys: is this one that a key may have? */
#ifndef CRISIS_TRUST_SSH_POINT_H
#define CRISIS_TRUST_SSH_POINT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

/* Ed25519 (RFC 8032): canonical (y < p), on the curve, and not of low order. NULL when it is
 * good, else what is wrong with it: "is …". */
const char *ed25519_point_fault(const unsigned char point[32]);

/* P-256: 04, X, Y (65 bytes), and on the curve. NULL when it is good. */
const char *p256_point_fault(const unsigned char *point, size_t size);

/* The P-256 key for OpenSSL, which checks that the point is on the curve; NULL when it is not. */
EVP_PKEY *p256_load(const unsigned char point[65]);

#endif

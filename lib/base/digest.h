/* Hashes, keyed hashes, random bytes: a thin face over OpenSSL 3. */
#ifndef CRISIS_BASE_DIGEST_H
#define CRISIS_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { SHA256_SIZE = 32, SHA1_SIZE = 20 };

/* Makes OpenSSL take its memory from base/memory.h, so that a lack of it ends the process instead
 * of looking like a signature that does not fit. For main(), before OpenSSL is used. */
void digest_take_memory(void);

void sha256(const void *bytes, size_t size, unsigned char out[SHA256_SIZE]);

/* In pieces. An object may be used again after sha256_finish (it starts anew). */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *state, const void *bytes, size_t size);
void sha256_finish(struct sha256 *state, unsigned char out[SHA256_SIZE]);
void sha256_free(struct sha256 *state);

void hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
                 unsigned char out[SHA256_SIZE]);
void hmac_sha1(const void *key, size_t key_size, const void *bytes, size_t size,
               unsigned char out[SHA1_SIZE]); /* OAuth 1.0a only (RFC 5849) */

void random_bytes(void *out, size_t size);
bool equal_constant_time(const void *a, const void *b, size_t size);

#endif

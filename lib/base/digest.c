#include "base/digest.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/memory.h"

/* --- OpenSSL's memory ------------------------------------------------------------------------- */

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size ? memory_take(size) : NULL;
}

static void give_back(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    memory_free_wiped(block);
}

static void *resize(void *block, size_t size, const char *file, int line)
{
    if (size)
        return memory_resize_wiped(block, size);
    give_back(block, file, line);
    return NULL;
}

void digest_take_memory(void)
{
    /* Refused after the first use: then OpenSSL goes on with its own, and answers as it does. */
    (void)CRYPTO_set_mem_functions(take, resize, give_back);
}

/* --- hashes ----------------------------------------------------------------------------------- */

/* Fetched once: an implicit fetch costs more than hashing a short message does. */
static const EVP_MD *fetched_sha256(void)
{
    static EVP_MD *digest;

    EVP_MD *known = __atomic_load_n(&digest, __ATOMIC_ACQUIRE);
    if (known)
        return known;
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!fetched)
        memory_exhausted(); /* SHA-256 is in every provider: only memory can be missing */
    if (!__atomic_compare_exchange_n(&digest, &known, fetched, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        EVP_MD_free(fetched);
        return known;
    }
    return fetched;
}

struct sha256 {
    EVP_MD_CTX *context;
};

struct sha256 *sha256_new(void)
{
    struct sha256 *state = memory_alloc(sizeof(*state));
    state->context = EVP_MD_CTX_new();
    if (!state->context || EVP_DigestInit_ex2(state->context, fetched_sha256(), NULL) != 1)
        memory_exhausted();
    return state;
}

void sha256_add(struct sha256 *state, const void *bytes, size_t size)
{
    if (EVP_DigestUpdate(state->context, bytes, size) != 1)
        memory_exhausted();
}

void sha256_finish(struct sha256 *state, unsigned char out[SHA256_SIZE])
{
    if (EVP_DigestFinal_ex(state->context, out, NULL) != 1 ||
        EVP_DigestInit_ex2(state->context, fetched_sha256(), NULL) != 1)
        memory_exhausted();
}

void sha256_free(struct sha256 *state)
{
    if (!state)
        return;
    EVP_MD_CTX_free(state->context);
    memory_free(state);
}

/* A state that is used for every message that is there whole: to make one costs more than to hash
 * a short message. Whoever uses it takes it; it holds nothing of what was hashed. */
static struct sha256 *spare;

void sha256(const void *bytes, size_t size, unsigned char out[SHA256_SIZE])
{
    struct sha256 *state = __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQ_REL);
    if (!state)
        state = sha256_new();
    sha256_add(state, bytes, size);
    sha256_finish(state, out);
    sha256_free(__atomic_exchange_n(&spare, state, __ATOMIC_ACQ_REL));
}

static void hmac(const EVP_MD *digest, const void *key, size_t key_size, const void *bytes,
                 size_t size, unsigned char *out)
{
    unsigned int length;
    /* OpenSSL refuses two NULL pointers, though nothing is a fine key and a fine message. */
    if (!HMAC(digest, key ? key : "", (int)key_size, bytes ? bytes : (const void *)"", size, out,
              &length))
        memory_exhausted();
}

void hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
                 unsigned char out[SHA256_SIZE])
{
    hmac(EVP_sha256(), key, key_size, bytes, size, out);
}

void hmac_sha1(const void *key, size_t key_size, const void *bytes, size_t size,
               unsigned char out[SHA1_SIZE])
{
    hmac(EVP_sha1(), key, key_size, bytes, size, out);
}

void random_bytes(void *out, size_t size)
{
    /* A generator that cannot be seeded must not be worked round: no nonce is better than a guess.
     */
    if (RAND_bytes(out, (int)size) != 1)
        memory_exhausted();
}

bool equal_constant_time(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

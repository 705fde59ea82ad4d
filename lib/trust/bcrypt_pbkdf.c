#include "trust/bcrypt_pbkdf.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/secret.h"

#include "trust/blowfish_table.h"

enum {
    HASH_SIZE = 64,  /* SHA-512 */
    BLOCK_SIZE = 32, /* of one bcrypt */
    BLOCK_WORDS = BLOCK_SIZE / 4,
    STRETCHES = 64, /* bcrypt's cost of 2^6, and how often its text is encrypted */
};

/* Exactly BLOCK_SIZE characters: what bcrypt encrypts. */
static const unsigned char plain[] = "OxychromaticBlowfishSwatDynamite";

/* All that must not be left behind, in one block of secret memory. */
struct work {
    struct blowfish_state state;
    unsigned char passphrase_hash[HASH_SIZE], salt_hash[HASH_SIZE];
    unsigned char salt[BCRYPT_PBKDF_SALT_MAX_BYTES + 4];
    unsigned char block[BLOCK_SIZE], sum[BLOCK_SIZE];
    uint32_t words[BLOCK_WORDS];
};

/* --- Blowfish -------------------------------------------------------------------------------- */

static uint32_t mix(const struct blowfish_state *state, uint32_t x)
{
    const uint32_t *s = state->s;

    return ((s[x >> 24] + s[BLOWFISH_BOX_WORDS + ((x >> 16) & 0xff)]) ^
            s[2 * BLOWFISH_BOX_WORDS + ((x >> 8) & 0xff)]) +
           s[3 * BLOWFISH_BOX_WORDS + (x & 0xff)];
}

static void encrypt_pair(const struct blowfish_state *state, uint32_t pair[2])
{
    uint32_t left = pair[0], right = pair[1];

    for (size_t i = 0; i < BLOWFISH_ROUND_KEYS - 2; i += 2) {
        left ^= state->p[i];
        right ^= mix(state, left);
        right ^= state->p[i + 1];
        left ^= mix(state, right);
    }
    pair[0] = right ^ state->p[BLOWFISH_ROUND_KEYS - 1];
    pair[1] = left ^ state->p[BLOWFISH_ROUND_KEYS - 2];
}

/* The next four bytes of a hash that is read round and round, as a big-endian word. */
static uint32_t next_word(const unsigned char hash[HASH_SIZE], size_t *at)
{
    uint32_t word = 0;

    for (int i = 0; i < 4; i++) {
        word = word << 8 | hash[*at];
        *at = (*at + 1) % HASH_SIZE;
    }
    return word;
}

/* Runs the cipher over its own state; with a salt, that is mixed in before each step. */
static void expand(struct blowfish_state *state, const unsigned char *salt,
                   const unsigned char key[HASH_SIZE])
{
    uint32_t pair[2] = {0, 0};
    size_t at = 0;

    for (size_t i = 0; i < BLOWFISH_ROUND_KEYS; i++)
        state->p[i] ^= next_word(key, &at);
    at = 0;
    for (size_t i = 0; i < BLOWFISH_ROUND_KEYS + BLOWFISH_BOXES * BLOWFISH_BOX_WORDS; i += 2) {
        if (salt) {
            pair[0] ^= next_word(salt, &at);
            pair[1] ^= next_word(salt, &at);
        }
        encrypt_pair(state, pair);
        uint32_t *to = i < BLOWFISH_ROUND_KEYS ? &state->p[i] : &state->s[i - BLOWFISH_ROUND_KEYS];
        to[0] = pair[0];
        to[1] = pair[1];
    }
    secret_wipe(pair, sizeof(pair));
}

/* --- bcrypt ---------------------------------------------------------------------------------- */

/* The words of the result are written low byte first, unlike everything else. */
static void store_words(const uint32_t words[BLOCK_WORDS], unsigned char out[BLOCK_SIZE])
{
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        for (size_t j = 0; j < 4; j++)
            out[4 * i + j] = (unsigned char)(words[i] >> (8 * j));
}

static void bcrypt_hash(struct work *work)
{
    size_t at = 0;

    work->state = blowfish_table;
    expand(&work->state, work->salt_hash, work->passphrase_hash);
    for (int i = 0; i < STRETCHES; i++) {
        expand(&work->state, NULL, work->salt_hash);
        expand(&work->state, NULL, work->passphrase_hash);
    }
    for (size_t i = 0; i < BLOCK_WORDS; i++, at += 4)
        work->words[i] = (uint32_t)plain[at] << 24 | (uint32_t)plain[at + 1] << 16 |
                         (uint32_t)plain[at + 2] << 8 | plain[at + 3];
    for (int i = 0; i < STRETCHES; i++)
        for (size_t j = 0; j < BLOCK_WORDS; j += 2)
            encrypt_pair(&work->state, work->words + j);
    store_words(work->words, work->block);
}

static bool hash(const void *bytes, size_t size, unsigned char out[HASH_SIZE])
{
    return EVP_Q_digest(NULL, "SHA512", NULL, bytes, size, out, NULL) == 1;
}

/* One block: the XOR of as many bcrypts as there are rounds, each salted with the one before. */
static bool make_block(struct work *work, size_t salt_size, uint32_t number, uint32_t rounds)
{
    for (int i = 0; i < 4; i++)
        work->salt[salt_size + (size_t)i] = (unsigned char)(number >> (24 - 8 * i));
    if (!hash(work->salt, salt_size + 4, work->salt_hash))
        return false;
    bcrypt_hash(work);
    memcpy(work->sum, work->block, BLOCK_SIZE);
    for (uint32_t round = 1; round < rounds; round++) {
        if (!hash(work->block, BLOCK_SIZE, work->salt_hash))
            return false;
        bcrypt_hash(work);
        for (size_t i = 0; i < BLOCK_SIZE; i++)
            work->sum[i] ^= work->block[i];
    }
    return true;
}

bool bcrypt_pbkdf(const void *passphrase, size_t passphrase_size, const void *salt,
                  size_t salt_size, uint32_t rounds, unsigned char *out, size_t size)
{
    if (passphrase_size == 0 || salt_size == 0 || salt_size > BCRYPT_PBKDF_SALT_MAX_BYTES ||
        rounds == 0 || rounds > BCRYPT_PBKDF_ROUNDS_MAX || size == 0 ||
        size > BCRYPT_PBKDF_KEY_MAX_BYTES)
        return false;
    struct work *work = secret_alloc(sizeof(*work));
    size_t blocks = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    bool made = hash(passphrase, passphrase_size, work->passphrase_hash);

    memcpy(work->salt, salt, salt_size);
    for (size_t block = 0; made && block < blocks; block++) {
        made = make_block(work, salt_size, (uint32_t)(block + 1), rounds);
        /* Byte i of block b is byte i × blocks + b of the key. */
        for (size_t i = 0; made && i * blocks + block < size && i < BLOCK_SIZE; i++)
            out[i * blocks + block] = work->sum[i];
    }
    secret_free(work);
    return made;
}

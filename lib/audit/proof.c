#include "audit/proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/language.h"

#include "audit/merkle.h"

/* --- making ---------------------------------------------------------------------------------- */

/* The largest power of two below n, as its exponent. n > 1. */
static unsigned split_level(uint64_t n)
{
    unsigned level = 0;

    while (((n - 1) >> level) > 1)
        level++;
    return level;
}

/* The root over [begin, end): the complete subtrees that it consists of, largest first, folded from
 * the right. begin is a multiple of the largest one. */
static int range_root(const struct hash_source *source, struct sha256 *state, uint64_t begin,
                      uint64_t end, unsigned char out[SHA256_SIZE], struct error *error)
{
    unsigned char roots[MERKLE_LEVELS_MAX + 1][SHA256_SIZE];
    size_t count = 0;

    for (unsigned level = MERKLE_LEVELS_MAX; level-- > 0;) {
        if (!((end - begin) >> level & 1))
            continue;
        if (source->read(source->context, level, begin >> level, roots[count], error) < 0)
            return -1;
        begin += UINT64_C(1) << level;
        count++;
    }
    if (count == 0) {
        sha256_finish(state, out);
        return 0;
    }
    memcpy(out, roots[--count], SHA256_SIZE);
    while (count > 0)
        merkle_node_hash(state, roots[--count], out, out);
    return 0;
}

int proof_root(const struct hash_source *source, uint64_t size, unsigned char out[SHA256_SIZE],
               struct error *error)
{
    struct sha256 *state = sha256_new();

    int result = range_root(source, state, 0, size, out, error);
    sha256_free(state);
    return result;
}

static void reverse(struct proof *proof)
{
    unsigned char kept[SHA256_SIZE];

    for (size_t i = 0; i < proof->count / 2; i++) {
        size_t other = proof->count - 1 - i;
        memcpy(kept, proof->hashes[i], SHA256_SIZE);
        memcpy(proof->hashes[i], proof->hashes[other], SHA256_SIZE);
        memcpy(proof->hashes[other], kept, SHA256_SIZE);
    }
}

/* One way from the root downward: into the subtree [begin, end), noting the other one. */
struct descent {
    const struct hash_source *source;
    struct sha256 *state;
    struct proof *proof;
    uint64_t begin, end;
    struct error *error;
};

static int note_range(struct descent *way, uint64_t begin, uint64_t end)
{
    if (way->proof->count == PROOF_HASHES_MAX)
        return error_set(way->error, ERROR_SYSTEM, _("a proof of more than %d hashes"),
                         PROOF_HASHES_MAX);
    if (range_root(way->source, way->state, begin, end, way->proof->hashes[way->proof->count],
                   way->error) < 0)
        return -1;
    way->proof->count++;
    return 0;
}

static int descend(struct descent *way, bool leftward)
{
    uint64_t middle = way->begin + (UINT64_C(1) << split_level(way->end - way->begin));

    if (leftward) {
        uint64_t end = way->end;
        way->end = middle;
        return note_range(way, middle, end);
    }
    uint64_t begin = way->begin;
    way->begin = middle;
    return note_range(way, begin, middle);
}

static bool goes_left(const struct descent *way, uint64_t size_wanted)
{
    return size_wanted <= way->begin + (UINT64_C(1) << split_level(way->end - way->begin));
}

int proof_inclusion(const struct hash_source *source, uint64_t index, uint64_t size,
                    struct proof *out, struct error *error)
{
    struct descent way = {source, NULL, out, 0, size, error};
    int result = 0;

    out->count = 0;
    if (index >= size || size > INT64_MAX)
        return error_set(error, ERROR_INPUT,
                         _("a log of %" PRIu64 " entries has no entry %" PRIu64), size, index);
    way.state = sha256_new();
    while (result == 0 && way.end - way.begin > 1)
        result = descend(&way, goes_left(&way, index + 1));
    sha256_free(way.state);
    reverse(out);
    return result;
}

int proof_consistency(const struct hash_source *source, uint64_t old_size, uint64_t size,
                      struct proof *out, struct error *error)
{
    struct descent way = {source, NULL, out, 0, size, error};
    int result = 0;

    out->count = 0;
    if (old_size > size || size > INT64_MAX)
        return error_set(error, ERROR_INPUT, _("a log of %" PRIu64 " entries never had %" PRIu64),
                         size, old_size);
    if (old_size == 0 || old_size == size)
        return 0;
    way.state = sha256_new();
    while (result == 0 && way.end != old_size)
        result = descend(&way, goes_left(&way, old_size));
    /* The old root itself is known when its tree is a subtree from the first leaf on. */
    if (result == 0 && way.begin > 0)
        result = note_range(&way, way.begin, way.end);
    sha256_free(way.state);
    reverse(out);
    return result;
}

/* --- checking -------------------------------------------------------------------------------- */

bool proof_inclusion_holds(const struct proof *proof, const unsigned char leaf_hash[SHA256_SIZE],
                           uint64_t index, uint64_t size, const unsigned char root[SHA256_SIZE])
{
    struct sha256 *state = sha256_new();
    unsigned char hash[SHA256_SIZE];
    uint64_t from = index, last = size - 1;
    bool fits = index < size && size <= INT64_MAX && proof->count <= PROOF_HASHES_MAX;

    memcpy(hash, leaf_hash, sizeof(hash));
    for (size_t i = 0; fits && i < proof->count; i++) {
        if (last == 0) {
            fits = false;
        } else if ((from & 1) || from == last) {
            merkle_node_hash(state, proof->hashes[i], hash, hash);
            while (!(from & 1) && from != 0) {
                from >>= 1;
                last >>= 1;
            }
        } else {
            merkle_node_hash(state, hash, proof->hashes[i], hash);
        }
        from >>= 1;
        last >>= 1;
    }
    sha256_free(state);
    return fits && last == 0 && memcmp(hash, root, sizeof(hash)) == 0;
}

/* Section 2.1.4.2, with `first` the hash that the proof begins with. */
static bool consistency_folds(const struct proof *proof, size_t next, const unsigned char *first,
                              uint64_t old_size, const unsigned char *old_root, uint64_t size,
                              const unsigned char *root)
{
    struct sha256 *state = sha256_new();
    unsigned char old_hash[SHA256_SIZE], hash[SHA256_SIZE];
    uint64_t from = old_size - 1, last = size - 1;
    bool fits = true;

    while (from & 1) {
        from >>= 1;
        last >>= 1;
    }
    memcpy(old_hash, first, sizeof(old_hash));
    memcpy(hash, first, sizeof(hash));
    for (; fits && next < proof->count; next++) {
        const unsigned char *sibling = proof->hashes[next];
        if (last == 0) {
            fits = false;
        } else if ((from & 1) || from == last) {
            merkle_node_hash(state, sibling, old_hash, old_hash);
            merkle_node_hash(state, sibling, hash, hash);
            while (!(from & 1) && from != 0) {
                from >>= 1;
                last >>= 1;
            }
        } else {
            merkle_node_hash(state, hash, sibling, hash);
        }
        from >>= 1;
        last >>= 1;
    }
    sha256_free(state);
    return fits && last == 0 && memcmp(old_hash, old_root, sizeof(old_hash)) == 0 &&
           memcmp(hash, root, sizeof(hash)) == 0;
}

bool proof_consistency_holds(const struct proof *proof, uint64_t old_size,
                             const unsigned char old_root[SHA256_SIZE], uint64_t size,
                             const unsigned char root[SHA256_SIZE])
{
    unsigned char empty_root[SHA256_SIZE];

    if (old_size > size || size > INT64_MAX || proof->count > PROOF_HASHES_MAX)
        return false;
    if (old_size == size)
        return proof->count == 0 && memcmp(old_root, root, SHA256_SIZE) == 0;
    if (old_size == 0) {
        sha256("", 0, empty_root);
        return proof->count == 0 && memcmp(old_root, empty_root, SHA256_SIZE) == 0;
    }
    if (proof->count == 0)
        return false;
    bool is_power = (old_size & (old_size - 1)) == 0;
    return consistency_folds(proof, is_power ? 0 : 1, is_power ? old_root : proof->hashes[0],
                             old_size, old_root, size, root);
}

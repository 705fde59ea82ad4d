/* data/rfc6962.json: trees whose leaf i is the decimal number i, with checkpoints, proofs and tile
 * names that another implementation made. */
#ifndef CRISIS_TESTS_UNIT_LOG_VECTORS_H
#define CRISIS_TESTS_UNIT_LOG_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "audit/merkle.h"
#include "audit/proof.h"
#include "base/encode.h"

static inline json_t *vectors_load(void)
{
    json_t *vectors = json_load_file(TEST_DATA "/rfc6962.json", JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(vectors);
    return vectors;
}

static inline uint64_t vector_number(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static inline void vector_hex(const char *hex, unsigned char *out, size_t size)
{
    struct text decoded;

    text_init(&decoded, size);
    assert_true(hex_decode(&decoded, hex, strlen(hex)));
    assert_int_equal(decoded.length, size);
    memcpy(out, decoded.bytes, size);
    text_release(&decoded);
}

static inline void vector_path(const json_t *object, struct proof *out)
{
    const json_t *path = json_object_get(object, "path");

    out->count = json_array_size(path);
    assert_true(out->count <= PROOF_HASHES_MAX);
    for (size_t i = 0; i < out->count; i++)
        vector_hex(json_string_value(json_array_get(path, i)), out->hashes[i], SHA256_SIZE);
}

/* All leaf hashes of those trees, as a source for proofs. */
struct leaves {
    uint64_t count;
    struct merkle_tree tree; /* for hashing */
    unsigned char (*hashes)[SHA256_SIZE];
};

static inline void leaves_make(struct leaves *leaves, uint64_t count)
{
    char number[24];

    leaves->count = count;
    leaves->hashes = calloc(count + 1, SHA256_SIZE);
    merkle_init(&leaves->tree);
    for (uint64_t i = 0; i < count; i++) {
        int length = snprintf(number, sizeof(number), "%llu", (unsigned long long)i);
        merkle_leaf_hash(&leaves->tree, number, (size_t)length, leaves->hashes[i]);
    }
}

static inline void leaves_free(struct leaves *leaves)
{
    merkle_release(&leaves->tree);
    free(leaves->hashes);
}

static inline void leaves_root(struct leaves *leaves, uint64_t from, uint64_t to,
                               unsigned char out[SHA256_SIZE])
{
    struct merkle_tree tree;

    merkle_init(&tree);
    for (uint64_t i = from; i < to; i++)
        merkle_append(&tree, leaves->hashes[i]);
    merkle_root(&tree, out);
    merkle_release(&tree);
}

static inline int leaves_read(void *context, unsigned level, uint64_t index, unsigned char *out,
                              struct error *error)
{
    struct leaves *leaves = context;

    if (((index + 1) << level) > leaves->count)
        return error_set(error, ERROR_SYSTEM, "a subtree beyond the leaves");
    leaves_root(leaves, index << level, (index + 1) << level, out);
    return 0;
}

#endif

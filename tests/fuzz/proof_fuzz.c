/* Proofs: any file is read safely, made-up hashes prove nothing, proofs are made for logs of any
 * size; bundles of any bytes are read within their bounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/proof.h"
#include "audit/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static void read_file(const char *bytes, size_t size)
{
    struct proof_file file;
    struct proof_verdict verdict;
    struct proof_policy policy = {0};
    struct error error = {0};
    static const char vkey[] =
        "log.varsel.example/test+f36295fa+ASAXlmZrYr7AoBwK7oqfKy3KeF3wR8cFHt+IQVR4Ysbx";

    require(note_vkey_parse(vkey, strlen(vkey), &policy.log, &error) == 0, "the key is one");
    bool is_file = proof_file_parse(bytes, size, &file, &error) == 0;
    if (is_file)
        require(file.checkpoint + file.checkpoint_size == bytes + size &&
                    file.path.count <= PROOF_HASHES_MAX,
                "the checkpoint is the rest");
    if (proof_file_verify(bytes, size, "entry", 5, &policy, &verdict, &error) == 0)
        require(is_file && verdict.index < verdict.checkpoint.size, "what verifies is a proof");
}

struct shape {
    uint64_t size, index;
};

/* Every subtree has a root of its own that is easy to tell: its level and index. */
static int read_root(void *context, unsigned level, uint64_t index, unsigned char *out,
                     struct error *error)
{
    const struct shape *shape = context;

    (void)error;
    require(level < 63 && index < (shape->size >> level), "only what is in the log is asked for");
    memset(out, 0, SHA256_SIZE);
    memcpy(out, &index, sizeof(index));
    out[SHA256_SIZE - 1] = (unsigned char)level;
    return 0;
}

/* Sizes up to 2^63: nothing overflows, and the path is as long as the tree is high. */
static void make_proofs(const uint8_t *data, size_t size)
{
    struct shape shape;
    struct hash_source source = {read_root, &shape};
    struct error error = {0};
    struct proof proof;
    unsigned char root[SHA256_SIZE];

    if (size < sizeof(shape))
        return;
    memcpy(&shape, data, sizeof(shape));
    shape.size >>= shape.size & 63;
    bool is_within = shape.size <= INT64_MAX && shape.index < shape.size;
    require((proof_inclusion(&source, shape.index, shape.size, &proof, &error) == 0) == is_within,
            "an entry within the log has a path");
    if (is_within)
        require(proof.count == 0 ? shape.size == 1 : (shape.size - 1) >> (proof.count - 1) > 0,
                "the path is not longer than the tree is high");
    if (shape.size <= INT64_MAX)
        require(proof_root(&source, shape.size, root, &error) == 0, "a log has a root");
    shape.index %= shape.size ? shape.size : 1;
    if (shape.size <= INT64_MAX / 2)
        require(proof_consistency(&source, shape.index, shape.size, &proof, &error) == 0,
                "a log has grown from every smaller one");
}

/* The fuzzer's bytes as a path. */
static void check_any_path(const uint8_t *data, size_t size)
{
    struct proof proof = {0};
    struct shape shape;
    const unsigned char leaf[SHA256_SIZE] = {1}, root[SHA256_SIZE] = {2};

    if (size < sizeof(shape))
        return;
    memcpy(&shape, data, sizeof(shape));
    data += sizeof(shape);
    size -= sizeof(shape);
    while (size >= SHA256_SIZE && proof.count < PROOF_HASHES_MAX) {
        memcpy(proof.hashes[proof.count++], data, SHA256_SIZE);
        data += SHA256_SIZE;
        size -= SHA256_SIZE;
    }
    require(!proof_inclusion_holds(&proof, leaf, shape.index, shape.size, root),
            "nobody finds a path to a made-up root");
    require(!proof_consistency_holds(&proof, shape.index, leaf, shape.size, root),
            "nobody finds a way between made-up roots");
}

static void read_bundle(const uint8_t *data, size_t size)
{
    struct bundle_reader reader = {data, size};
    const void *entry;
    size_t entry_size;
    struct text again;

    text_init(&again, size);
    while (bundle_next(&reader, &entry, &entry_size))
        require(bundle_add(&again, entry, entry_size), "what is read can be written");
    require(again.length + reader.left == size && memcmp(again.bytes, data, again.length) == 0,
            "a bundle is written as it was read");
    text_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file((const char *)data, size);
    make_proofs(data, size);
    check_any_path(data, size);
    read_bundle(data, size);
    return 0;
}

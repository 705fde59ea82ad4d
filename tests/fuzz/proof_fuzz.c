/* Proofs: any file is read safely, made-up hashes prove nothing, proofs are made for logs of any
 * size; bundles of any bytes are read within their bounds. */
#include "audit/merkle.h"
#include "audit/proof.h"
#include "audit/tile.h"

#include "fuzz.h"

static void read_file(const char *bytes, size_t size)
{
    struct proof_file file;
    struct error error = {0};

    if (proof_file_parse(bytes, size, &file, &error) == 0)
        require(file.checkpoint + file.checkpoint_size == bytes + size &&
                    file.path.count <= PROOF_HASHES_MAX,
                "the checkpoint is the rest");
    else
        require(error.kind == ERROR_VERIFICATION, "a refusal has a reason");
}

/* --- a good proof, after an edit ------------------------------------------------------------- */

enum { LEAVES = 5, PROVED = 3 };

static const char proved[] = "entry";
static struct proof_policy policy;
static struct text good_file;

static void make_log(struct merkle_tree *tree, struct proof *path)
{
    unsigned char leaves[LEAVES][SHA256_SIZE];

    for (int i = 0; i < LEAVES; i++) {
        merkle_leaf_hash(tree, proved, i == PROVED ? strlen(proved) : (size_t)i, leaves[i]);
        merkle_append(tree, leaves[i]);
    }
    path->count = 3;
    memcpy(path->hashes[0], leaves[2], SHA256_SIZE);
    merkle_node_hash(tree->state, leaves[0], leaves[1], path->hashes[1]);
    memcpy(path->hashes[2], leaves[4], SHA256_SIZE);
}

static void make_good_file(void)
{
    static const unsigned char seed[ED25519_SEED_SIZE] = {1, 2, 3};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct checkpoint checkpoint = {.origin = "krise.example.no/audit", .size = LEAVES};
    struct merkle_tree tree;
    struct proof path;
    struct ed25519_key *key;
    struct error error = {0};
    struct text note;

    merkle_init(&tree);
    make_log(&tree, &path);
    merkle_root(&tree, checkpoint.root);
    merkle_release(&tree);
    text_init(&note, NOTE_MAX_BYTES);
    require(ed25519_key_new(seed, &key, &error) == 0, "a seed makes a key");
    ed25519_key_public(key, public_key);
    require(note_vkey_init(&policy.log, checkpoint.origin, NOTE_ED25519, public_key, &error) == 0 &&
                checkpoint_sign(&note, &checkpoint, &policy.log, key, &error) == 0,
            "a checkpoint is signed");
    ed25519_key_free(key);
    text_init(&good_file, 2 * NOTE_MAX_BYTES);
    proof_file_add(&good_file, PROVED, &path, note.bytes, note.length);
    text_release(&note);
}

/* More signatures, or words that nobody vouches for, may be added; the proof stays the same one. */
static void verify_changed(const uint8_t *edit, size_t size)
{
    struct proof_verdict verdict;
    struct error error = {0}, why = {0};

    if (!good_file.bytes)
        make_good_file();
    size_t length = good_file.length;
    char *changed = fuzz_change(good_file.bytes, &length, edit, size);
    if (proof_file_verify(changed, length, proved, strlen(proved), &policy, &verdict, &error) == 0)
        require(verdict.index == PROVED && verdict.checkpoint.size == LEAVES,
                "there is one proof of an entry");
    else
        require(error.kind == ERROR_VERIFICATION, "a refusal has a reason");
    require(length != good_file.length || memcmp(changed, good_file.bytes, length) != 0 ||
                error.kind == ERROR_NONE,
            "the good one verifies");
    require(proof_file_verify(changed, length, "other", 5, &policy, &verdict, &why) < 0,
            "nothing proves another entry");
    free(changed);
}

/* --- paths ----------------------------------------------------------------------------------- */

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
    if (size >= FUZZ_EDIT_HEAD)
        verify_changed(data, size);
    make_proofs(data, size);
    check_any_path(data, size);
    read_bundle(data, size);
    return 0;
}

#include "audit/proof.h"
#include "log_vectors.h"
#include "property.h"

enum { LEAVES = 70000 };

static struct leaves leaves;
static struct hash_source source = {leaves_read, &leaves};

static int make_leaves(void **state)
{
    (void)state;
    leaves_make(&leaves, LEAVES);
    return 0;
}

static int free_leaves(void **state)
{
    (void)state;
    leaves_free(&leaves);
    return 0;
}

static void assert_same(const struct proof *a, const struct proof *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_memory_equal(a->hashes[i], b->hashes[i], SHA256_SIZE);
}

static void known_proofs_are_made_and_hold(void **state)
{
    json_t *vectors = vectors_load(), *one;
    unsigned char leaf[SHA256_SIZE], root[SHA256_SIZE], old_root[SHA256_SIZE];
    struct proof known, made;
    struct error error = {0};
    size_t i;
    (void)state;

    json_array_foreach(json_object_get(vectors, "inclusion"), i, one)
    {
        uint64_t size = vector_number(one, "size"), index = vector_number(one, "index");
        vector_path(one, &known);
        vector_hex(json_string_value(json_object_get(one, "leaf")), leaf, SHA256_SIZE);
        assert_memory_equal(leaf, leaves.hashes[index], SHA256_SIZE);
        leaves_root(&leaves, 0, size, root);
        assert_int_equal(proof_inclusion(&source, index, size, &made, &error), 0);
        assert_same(&made, &known);
        assert_true(proof_inclusion_holds(&known, leaf, index, size, root));
    }
    assert_true(i >= 16);
    json_array_foreach(json_object_get(vectors, "consistency"), i, one)
    {
        uint64_t old_size = vector_number(one, "old"), size = vector_number(one, "new");
        vector_path(one, &known);
        leaves_root(&leaves, 0, old_size, old_root);
        leaves_root(&leaves, 0, size, root);
        assert_int_equal(proof_consistency(&source, old_size, size, &made, &error), 0);
        assert_same(&made, &known);
        assert_true(proof_consistency_holds(&known, old_size, old_root, size, root));
    }
    assert_true(i >= 13);
    json_decref(vectors);
}

/* What any change to a proof that holds must do. */
static void assert_broken(struct proof *proof, uint64_t *random,
                          bool (*holds)(const struct proof *proof, const void *context),
                          const void *context)
{
    if (proof->count > 0) {
        size_t hash = property_below(random, proof->count);
        size_t bit = property_below(random, (uint64_t)8 * SHA256_SIZE);
        proof->hashes[hash][bit / 8] ^= (unsigned char)(1U << bit % 8);
        assert_false(holds(proof, context));
        proof->hashes[hash][bit / 8] ^= (unsigned char)(1U << bit % 8);
        proof->count--;
        assert_false(holds(proof, context));
        proof->count++;
    }
    memset(proof->hashes[proof->count], 0, SHA256_SIZE);
    proof->count++;
    assert_false(holds(proof, context));
    proof->count--;
    assert_true(holds(proof, context));
}

struct inclusion {
    const unsigned char *leaf, *root;
    uint64_t index, size;
};

static bool inclusion_holds(const struct proof *proof, const void *context)
{
    const struct inclusion *claim = context;

    return proof_inclusion_holds(proof, claim->leaf, claim->index, claim->size, claim->root);
}

static void every_entry_of_small_logs_is_proven(void **state)
{
    unsigned char root[SHA256_SIZE];
    struct proof proof;
    struct error error = {0};
    uint64_t random = 3;
    (void)state;

    for (uint64_t size = 1; size < 66; size++) {
        leaves_root(&leaves, 0, size, root);
        for (uint64_t index = 0; index < size; index++) {
            struct inclusion claim = {leaves.hashes[index], root, index, size};
            assert_int_equal(proof_inclusion(&source, index, size, &proof, &error), 0);
            assert_true(inclusion_holds(&proof, &claim));
            assert_broken(&proof, &random, inclusion_holds, &claim);
            for (uint64_t other = 0; other < size + 2; other++) {
                claim.index = other;
                assert_true(inclusion_holds(&proof, &claim) == (other == index));
            }
            claim.index = index;
            claim.leaf = leaves.hashes[index + 1];
            assert_false(inclusion_holds(&proof, &claim));
        }
        assert_int_equal(proof_inclusion(&source, size, size, &proof, &error), -1);
        error_clear(&error);
    }
    assert_false(proof_inclusion_holds(&(struct proof){0}, leaves.hashes[0], 0, 0, root));
}

struct consistency {
    uint64_t old_size, size;
    const unsigned char *old_root, *root;
};

static bool consistency_holds(const struct proof *proof, const void *context)
{
    const struct consistency *claim = context;

    return proof_consistency_holds(proof, claim->old_size, claim->old_root, claim->size,
                                   claim->root);
}

static void every_growth_of_small_logs_is_proven(void **state)
{
    unsigned char root[SHA256_SIZE], old_root[SHA256_SIZE];
    struct proof proof;
    struct error error = {0};
    uint64_t random = 4;
    (void)state;

    for (uint64_t size = 0; size < 66; size++) {
        leaves_root(&leaves, 0, size, root);
        for (uint64_t old_size = 0; old_size <= size; old_size++) {
            leaves_root(&leaves, 0, old_size, old_root);
            struct consistency claim = {old_size, size, old_root, root};
            assert_int_equal(proof_consistency(&source, old_size, size, &proof, &error), 0);
            assert_true(consistency_holds(&proof, &claim));
            assert_broken(&proof, &random, consistency_holds, &claim);
            old_root[7] ^= 1;
            assert_false(consistency_holds(&proof, &claim));
            old_root[7] ^= 1;
            root[7] ^= 1;
            assert_true(consistency_holds(&proof, &claim) == (old_size == 0 && size > 0));
            root[7] ^= 1;
        }
        assert_int_equal(proof_consistency(&source, size + 1, size, &proof, &error), -1);
        error_clear(&error);
    }
}

static void random_large_logs_are_proven(void **state)
{
    unsigned char root[SHA256_SIZE], old_root[SHA256_SIZE], made_root[SHA256_SIZE];
    struct proof proof;
    struct error error = {0};
    uint64_t random = 5;
    (void)state;

    for (int round = 0; round < 15; round++) {
        uint64_t size = 1 + property_below(&random, LEAVES);
        uint64_t at = property_below(&random, size);
        leaves_root(&leaves, 0, size, root);
        leaves_root(&leaves, 0, at, old_root);
        assert_int_equal(proof_root(&source, size, made_root, &error), 0);
        assert_memory_equal(made_root, root, SHA256_SIZE);
        assert_int_equal(proof_inclusion(&source, at, size, &proof, &error), 0);
        struct inclusion in = {leaves.hashes[at], root, at, size};
        assert_broken(&proof, &random, inclusion_holds, &in);
        assert_int_equal(proof_consistency(&source, at, size, &proof, &error), 0);
        struct consistency grown = {at, size, old_root, root};
        assert_broken(&proof, &random, consistency_holds, &grown);
    }
}

/* --- the file -------------------------------------------------------------------------------- */

struct signed_log {
    struct ed25519_key *log_key, *witness_keys[2];
    struct note_vkey witnesses[3];
    struct proof_policy policy;
    struct text file, checkpoint;
    struct error error;
};

static struct ed25519_key *make_key(unsigned char first, const char *name, enum note_key_type type,
                                    struct note_vkey *vkey)
{
    const unsigned char seed[ED25519_SEED_SIZE] = {first};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct ed25519_key *key;
    struct error error = {0};

    assert_int_equal(ed25519_key_new(seed, &key, &error), 0);
    ed25519_key_public(key, public_key);
    assert_int_equal(note_vkey_init(vkey, name, type, public_key, &error), 0);
    return key;
}

/* A proof of leaf 5 of 9 with two cosignatures. */
static void make_file(struct signed_log *log)
{
    struct checkpoint checkpoint = {.origin = "log.example", .size = 9};
    struct proof path;

    memset(log, 0, sizeof(*log));
    text_init(&log->file, PROOF_FILE_MAX_BYTES);
    text_init(&log->checkpoint, NOTE_MAX_BYTES);
    log->log_key = make_key(1, "log.example", NOTE_ED25519, &log->policy.log);
    log->witness_keys[0] = make_key(2, "a.example", NOTE_COSIGNATURE, &log->witnesses[0]);
    log->witness_keys[1] = make_key(3, "b.example", NOTE_COSIGNATURE, &log->witnesses[1]);
    ed25519_key_free(make_key(2, "c.example", NOTE_COSIGNATURE, &log->witnesses[2]));
    log->policy.witnesses = log->witnesses;
    leaves_root(&leaves, 0, 9, checkpoint.root);
    assert_int_equal(
        checkpoint_sign(&log->checkpoint, &checkpoint, &log->policy.log, log->log_key, &log->error),
        0);
    size_t text_size = (size_t)(strstr(log->checkpoint.bytes, "\n\n") - log->checkpoint.bytes) + 1;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(note_add_signature(&log->checkpoint, log->checkpoint.bytes, text_size,
                                            &log->witnesses[i], log->witness_keys[i], 200 - i,
                                            &log->error),
                         0);
    assert_int_equal(proof_inclusion(&source, 5, 9, &path, &log->error), 0);
    proof_file_add(&log->file, 5, &path, log->checkpoint.bytes, log->checkpoint.length);
}

static void free_file(struct signed_log *log)
{
    ed25519_key_free(log->log_key);
    ed25519_key_free(log->witness_keys[0]);
    ed25519_key_free(log->witness_keys[1]);
    text_release(&log->file);
    text_release(&log->checkpoint);
}

static int verify(struct signed_log *log, const char *entry, struct proof_verdict *out)
{
    error_clear(&log->error);
    return proof_file_verify(log->file.bytes, log->file.length, entry, strlen(entry), &log->policy,
                             out, &log->error);
}

static void a_proof_file_stands_alone(void **state)
{
    struct signed_log log;
    struct proof_verdict verdict;
    (void)state;

    make_file(&log);
    assert_int_equal(strncmp(log.file.bytes, "c2sp.org/tlog-proof@v1\nindex 5\n", 31), 0);
    assert_int_equal(verify(&log, "5", &verdict), 0);
    assert_int_equal(verdict.index, 5);
    assert_int_equal(verdict.checkpoint.size, 9);
    assert_int_equal(verdict.witness_count, 0);
    assert_int_equal(verify(&log, "6", &verdict), -1);
    assert_int_equal(verify(&log, "", &verdict), -1);
    assert_int_equal(log.error.kind, ERROR_VERIFICATION);

    log.policy.witness_count = 2;
    log.policy.quorum = 2;
    assert_int_equal(verify(&log, "5", &verdict), 0);
    assert_int_equal(verdict.witness_count, 2);
    assert_int_equal(verdict.earliest_unix_seconds, 199);
    log.policy.quorum = 3;
    assert_int_equal(verify(&log, "5", &verdict), -1);
    /* The third has the first one's key under another name. */
    log.policy.witness_count = 3;
    assert_int_equal(verify(&log, "5", &verdict), -1);
    free_file(&log);
}

static void every_changed_bit_of_a_proof_file_is_found(void **state)
{
    struct signed_log log;
    struct proof_verdict verdict;
    (void)state;

    make_file(&log);
    log.policy.witness_count = 2;
    log.policy.quorum = 2;
    for (size_t bit = 0; bit < 8 * log.file.length; bit++) {
        char *byte = &log.file.bytes[bit / 8];
        *byte = (char)(*byte ^ (1 << bit % 8));
        assert_int_equal(verify(&log, "5", &verdict), -1);
        *byte = (char)(*byte ^ (1 << bit % 8));
    }
    for (size_t length = 0; length < log.file.length; length++) {
        error_clear(&log.error);
        assert_int_equal(
            proof_file_verify(log.file.bytes, length, "5", 1, &log.policy, &verdict, &log.error),
            -1);
    }
    free_file(&log);
}

static void an_extra_line_is_read_over(void **state)
{
    static const struct {
        const char *line;
        int result;
    } cases[] = {{"extra aGVp\n", 0},
                 {"extra \n", 0},
                 {"extra aGV\n", -1},
                 {"more aGVp\n", -1},
                 {"extra aGVp\nextra aGVp\n", -1}};
    struct signed_log log;
    struct proof_file file;
    struct text changed;
    (void)state;

    make_file(&log);
    text_init(&changed, PROOF_FILE_MAX_BYTES);
    const char *rest = strchr(log.file.bytes, '\n') + 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_reset(&changed);
        text_addf(&changed, "c2sp.org/tlog-proof@v1\n%s%s", cases[i].line, rest);
        error_clear(&log.error);
        assert_int_equal(proof_file_parse(changed.bytes, changed.length, &file, &log.error),
                         cases[i].result);
    }
    text_release(&changed);
    free_file(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_proofs_are_made_and_hold),
        cmocka_unit_test(every_entry_of_small_logs_is_proven),
        cmocka_unit_test(every_growth_of_small_logs_is_proven),
        cmocka_unit_test(random_large_logs_are_proven),
        cmocka_unit_test(a_proof_file_stands_alone),
        cmocka_unit_test(every_changed_bit_of_a_proof_file_is_found),
        cmocka_unit_test(an_extra_line_is_read_over),
    };
    return cmocka_run_group_tests(tests, make_leaves, free_leaves);
}

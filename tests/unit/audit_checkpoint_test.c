#include "audit/checkpoint.h"
#include "log_vectors.h"

static const char root_line[] = "HtoEmkNR2G92JSvX7At3Rq11t/oDFq1fVB29pFijEsQ=";

static void known_checkpoints_are_made_and_read(void **state)
{
    json_t *vectors = vectors_load(), *tree;
    const char *vkey_text = json_string_value(json_object_get(vectors, "vkey"));
    unsigned char seed[ED25519_SEED_SIZE];
    struct ed25519_key *key;
    struct note_vkey vkey;
    struct error error = {0};
    size_t i;
    (void)state;

    vector_hex(json_string_value(json_object_get(vectors, "seed")), seed, sizeof(seed));
    assert_int_equal(ed25519_key_new(seed, &key, &error), 0);
    assert_int_equal(note_vkey_parse(vkey_text, strlen(vkey_text), &vkey, &error), 0);
    json_array_foreach(json_object_get(vectors, "trees"), i, tree)
    {
        const char *expected = json_string_value(json_object_get(tree, "checkpoint"));
        struct checkpoint made = {.size = vector_number(tree, "size")}, read;
        struct note note;
        struct text text;

        text_init(&text, NOTE_MAX_BYTES);
        memcpy(made.origin, vkey.name, sizeof(made.origin));
        vector_hex(json_string_value(json_object_get(tree, "root")), made.root, SHA256_SIZE);
        assert_int_equal(checkpoint_sign(&text, &made, &vkey, key, &error), 0);
        assert_string_equal(text.bytes, expected);
        assert_int_equal(checkpoint_open(expected, strlen(expected), &vkey, &note, &read, &error),
                         0);
        assert_string_equal(read.origin, made.origin);
        assert_int_equal(read.size, made.size);
        assert_memory_equal(read.root, made.root, SHA256_SIZE);
        text_release(&text);
    }
    assert_true(i > 10);
    ed25519_key_free(key);
    json_decref(vectors);
}

static void other_forms_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "o",
        "o\n",
        "o\n257\n",
        "o\n257\n%s",
        "\n257\n%s\n",
        "o o\n257\n%s\n",
        "o+o\n257\n%s\n",
        "o\n\n%s\n",
        "o\n0257\n%s\n",
        "o\n+257\n%s\n",
        "o\n-1\n%s\n",
        "o\n257 \n%s\n",
        "o\n 257\n%s\n",
        "o\n0x1\n%s\n",
        "o\n9223372036854775808\n%s\n",
        "o\n18446744073709551616\n%s\n",
        "o\n257\n %s\n",
        "o\n257\n%s \n",
        "o\n257\n%s\n\n",
        "o\n257\n%s\nextension\n",
        "o\n257\nHtoEmkNR2G92JSvX7At3Rq11t/oDFq1fVB29pFijEsR=\n",
        "o\n257\nHtoEmkNR2G92JSvX7At3Rq11t/oDFq1fVB29pFijEsQ\n",
        "o\n257\nHtoEmkNR2G92JSvX7At3Rq11t/oDFq1fVB29pFij\n",
        "o\n257\n1eda049a4351d86f76252bd7ec0b7746ad75b7fa0316ad5f541dbda458a312c4\n",
        "o\n0\n%s\n",
    };
    struct checkpoint read;
    struct text text;
    (void)state;

    text_init(&text, 1024);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error error = {0};
        const char *mark = strstr(bad[i], "%s");
        text_reset(&text);
        text_add_bytes(&text, bad[i], mark ? (size_t)(mark - bad[i]) : strlen(bad[i]));
        if (mark)
            text_addf(&text, "%s%s", root_line, mark + 2);
        assert_int_equal(checkpoint_parse(text.bytes, text.length, &read, &error), -1);
        assert_int_equal(error.kind, ERROR_VERIFICATION);
    }
    struct error error = {0};
    text_reset(&text);
    text_addf(&text, "o\n9223372036854775807\n%s\n", root_line);
    assert_int_equal(checkpoint_parse(text.bytes, text.length, &read, &error), 0);
    assert_int_equal(read.size, INT64_MAX);
    text_release(&text);
}

/* A key signs for its own log only, even when it is asked to sign for another. */
static void the_origin_is_that_of_the_key(void **state)
{
    const unsigned char seed[ED25519_SEED_SIZE] = {1};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct checkpoint checkpoint = {.origin = "other.example", .size = 1}, read;
    struct ed25519_key *key;
    struct note_vkey vkey;
    struct error error = {0};
    struct note note;
    struct text text;
    (void)state;

    text_init(&text, NOTE_MAX_BYTES);
    assert_int_equal(ed25519_key_new(seed, &key, &error), 0);
    ed25519_key_public(key, public_key);
    assert_int_equal(note_vkey_init(&vkey, "log.example", NOTE_ED25519, public_key, &error), 0);
    assert_int_equal(checkpoint_sign(&text, &checkpoint, &vkey, key, &error), 0);
    assert_int_equal(checkpoint_open(text.bytes, text.length, &vkey, &note, &read, &error), -1);
    assert_non_null(strstr(error.message, "'other.example'"));
    ed25519_key_free(key);
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_checkpoints_are_made_and_read),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(the_origin_is_that_of_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/note.h"
#include "base/encode.h"

/* The example of the signed-note specification. */
static const char example_vkey[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char example_text[] = "If you think cryptography is the answer to your problem,\n"
                                   "then you don't know what your problem is.\n";
static const char example_line[] =
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

struct fixture {
    struct ed25519_key *log_key, *witness_key;
    struct note_vkey log, witness, stranger;
    struct error error;
    struct note note;
    struct text bytes;
};

static void make_key(unsigned char first, const char *name, enum note_key_type type,
                     struct ed25519_key **key, struct note_vkey *vkey)
{
    const unsigned char seed[ED25519_SEED_SIZE] = {first};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct error error = {0};

    assert_int_equal(ed25519_key_new(seed, key, &error), 0);
    ed25519_key_public(*key, public_key);
    assert_int_equal(note_vkey_init(vkey, name, type, public_key, &error), 0);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct ed25519_key *stranger;

    make_key(1, "krise.example.no/audit", NOTE_ED25519, &fixture->log_key, &fixture->log);
    make_key(2, "witness.example/w", NOTE_COSIGNATURE, &fixture->witness_key, &fixture->witness);
    make_key(3, "stranger.example", NOTE_ED25519, &stranger, &fixture->stranger);
    ed25519_key_free(stranger);
    text_init(&fixture->bytes, NOTE_MAX_BYTES);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    ed25519_key_free(fixture->log_key);
    ed25519_key_free(fixture->witness_key);
    text_release(&fixture->bytes);
    free(fixture);
    return 0;
}

static int parse(struct fixture *fixture, const char *bytes, size_t size)
{
    error_clear(&fixture->error);
    return note_parse(bytes, size, &fixture->note, &fixture->error);
}

static int verify(struct fixture *fixture, const struct note_vkey *keys, size_t count,
                  struct note_check *out)
{
    error_clear(&fixture->error);
    return note_verify(&fixture->note, keys, count, out, &fixture->error);
}

static void the_example_of_the_specification_verifies(void **state)
{
    struct fixture *fixture = *state;
    struct note_vkey vkey;
    struct text text;

    assert_int_equal(note_vkey_parse(example_vkey, strlen(example_vkey), &vkey, &fixture->error),
                     0);
    text_addf(&fixture->bytes, "%s\n%s", example_text, example_line);
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
    assert_int_equal(verify(fixture, &vkey, 1, NULL), 0);
    assert_int_equal(fixture->note.text_size, strlen(example_text));
    assert_int_equal(fixture->note.signature_count, 1);
    text_init(&text, NOTE_VKEY_MAX_BYTES);
    note_vkey_add(&text, &vkey);
    assert_string_equal(text.bytes, example_vkey);
    text_release(&text);
}

/* The key of the vectors in rfc6962.json: its base64 has plus signs. */
static void keys_are_read_and_written(void **state)
{
    static const char vkey_text[] =
        "log.varsel.example/test+f36295fa+ASAXlmZrYr7AoBwK7oqfKy3KeF3wR8cFHt+IQVR4Ysbx";
    struct fixture *fixture = *state;
    struct note_vkey vkey;

    assert_int_equal(note_vkey_parse(vkey_text, strlen(vkey_text), &vkey, &fixture->error), 0);
    assert_string_equal(vkey.name, "log.varsel.example/test");
    assert_int_equal(vkey.type, NOTE_ED25519);
    note_vkey_add(&fixture->bytes, &vkey);
    assert_string_equal(fixture->bytes.bytes, vkey_text);
    assert_true(note_vkey_equal(&vkey, &vkey));
    assert_false(note_vkey_equal(&vkey, &fixture->log));
}

static void bad_keys_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "+",
        "name",
        "name+c74f20a3",
        "name+c74f20a3+",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW ",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "low+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    struct fixture *fixture = *state;
    struct note_vkey vkey;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error_clear(&fixture->error);
        assert_int_equal(note_vkey_parse(bad[i], strlen(bad[i]), &vkey, &fixture->error), -1);
        assert_int_equal(fixture->error.kind, ERROR_INPUT);
    }
    assert_non_null(strstr(fixture->error.message, "anybody can"));
}

static void names_have_no_spaces_and_no_plus(void **state)
{
    static const char *const bad[] = {"",      " ",         "a b",           "a+b",
                                      "a\tb",  "a\xc2\xa0", "a\xe2\x80\x83", "\xe3\x80\x80",
                                      "a\xff", "a\nb",      "a\x7f"};
    (void)state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(note_name_is_valid(bad[i], strlen(bad[i])));
    assert_true(note_name_is_valid("krise.example.no/\xc3\xa5", 19));
}

/* What may not be in a note. %T stands for a text and %L for a good line. */
static void malformed_notes_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        "text%L",
        "text\n%L",
        "text\n\n%Lx",
        "text\n\n%L\n",
        "text\n\n%L ",
        "te\rxt\n\n%L",
        "te\txt\n\n%L",
        "te\xffxt\n\n%L",
        "text\n\n- name x08go/ZJkuBS9UG/\n",
        "text\n\n\xe2\x80\x94  name x08go/ZJkuBS9UG/\n",
        "text\n\n\xe2\x80\x94name x08go/ZJkuBS9UG/\n",
        "text\n\n\xe2\x80\x94 name x08go/ZJkuBS9UG\n",
        "text\n\n\xe2\x80\x94 name x08go/ZJkuBS9UG/ \n",
        "text\n\n\xe2\x80\x94 name x08go/Z=\n",
        "text\n\n\xe2\x80\x94 name x08gow==\n",
        "text\n\n\xe2\x80\x94 na+me x08go/ZJkuBS9UG/\n",
        "text\n\n\xe2\x80\x94 x08go/ZJkuBS9UG/\n",
        "text\n\n%L\xe2\x80\x94 name\n",
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *mark = strstr(bad[i], "%L");
        text_reset(&fixture->bytes);
        text_add_bytes(&fixture->bytes, bad[i], mark ? (size_t)(mark - bad[i]) : strlen(bad[i]));
        if (mark)
            text_addf(&fixture->bytes, "%s%s", example_line, mark + 2);
        assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), -1);
        assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
    }
    assert_int_equal(parse(fixture, "te\0xt\n\n", 7), -1);
}

static void text_ends_at_the_last_empty_line(void **state)
{
    struct fixture *fixture = *state;

    text_addf(&fixture->bytes, "one\n\ntwo\n\n%s", example_line);
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
    assert_int_equal(fixture->note.text_size, strlen("one\n\ntwo\n"));
}

static void signed_notes_verify_and_changed_ones_do_not(void **state)
{
    static const char text[] = "krise.example.no/audit\n1\nx\n";
    struct fixture *fixture = *state;
    struct note_check checks[3];

    assert_int_equal(note_sign(&fixture->bytes, text, strlen(text), &fixture->log, fixture->log_key,
                               &fixture->error),
                     0);
    const struct note_vkey keys[] = {fixture->stranger, fixture->log, fixture->witness};
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
    assert_int_equal(verify(fixture, keys, 3, checks), 0);
    assert_false(checks[0].is_signed);
    assert_true(checks[1].is_signed);
    assert_false(checks[2].is_signed);
    assert_int_equal(verify(fixture, &fixture->stranger, 1, NULL), -1);
    assert_non_null(strstr(fixture->error.message, "not signed by 'stranger.example'"));

    for (size_t bit = 0; bit < 8 * fixture->bytes.length; bit++) {
        char *byte = &fixture->bytes.bytes[bit / 8];
        *byte = (char)(*byte ^ (1 << bit % 8));
        assert_true(parse(fixture, fixture->bytes.bytes, fixture->bytes.length) < 0 ||
                    verify(fixture, &fixture->log, 1, NULL) < 0);
        *byte = (char)(*byte ^ (1 << bit % 8));
    }
}

static void cosignatures_carry_a_time(void **state)
{
    static const char text[] = "krise.example.no/audit\n1\nx\n";
    struct fixture *fixture = *state;
    const struct note_vkey keys[] = {fixture->log, fixture->witness};
    struct note_check checks[2];
    struct text message;

    text_init(&message, 256);
    note_cosignature_message(&message, text, strlen(text), 1795403052);
    assert_string_equal(message.bytes,
                        "cosignature/v1\ntime 1795403052\nkrise.example.no/audit\n1\nx\n");
    text_release(&message);
    assert_int_equal(note_sign(&fixture->bytes, text, strlen(text), &fixture->log, fixture->log_key,
                               &fixture->error),
                     0);
    for (uint64_t time = 7; time < 10; time++)
        assert_int_equal(note_add_signature(&fixture->bytes, text, strlen(text), &fixture->witness,
                                            fixture->witness_key, time, &fixture->error),
                         0);
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
    assert_int_equal(verify(fixture, keys, 2, checks), 0);
    assert_true(checks[0].is_signed && checks[1].is_signed);
    assert_int_equal(checks[1].unix_seconds, 9);
}

/* A bad line of a known key condemns the note, before a good one and after it. */
static void one_bad_line_condemns_the_note(void **state)
{
    static const char text[] = "text\n", other[] = "other\n";
    struct fixture *fixture = *state;
    struct text good, bad;

    text_init(&good, 1024);
    text_init(&bad, 1024);
    assert_int_equal(note_add_signature(&good, text, strlen(text), &fixture->log, fixture->log_key,
                                        0, &fixture->error),
                     0);
    assert_int_equal(note_add_signature(&bad, other, strlen(other), &fixture->log, fixture->log_key,
                                        0, &fixture->error),
                     0);
    const char *const orders[][2] = {{good.bytes, bad.bytes}, {bad.bytes, good.bytes}};
    for (size_t i = 0; i < 2; i++) {
        text_reset(&fixture->bytes);
        text_addf(&fixture->bytes, "%s\n%s%s", text, orders[i][0], orders[i][1]);
        assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
        assert_int_equal(verify(fixture, &fixture->log, 1, NULL), -1);
    }
    text_reset(&fixture->bytes);
    text_addf(&fixture->bytes, "%s\n%s%s%s", text, example_line, good.bytes, good.bytes);
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
    assert_int_equal(verify(fixture, &fixture->log, 1, NULL), 0);
    text_release(&good);
    text_release(&bad);
}

static void signatures_are_counted_up_to_a_limit(void **state)
{
    struct fixture *fixture = *state;

    text_add(&fixture->bytes, "text\n\n");
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
        text_add(&fixture->bytes, example_line);
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), 0);
    text_add(&fixture->bytes, example_line);
    assert_int_equal(parse(fixture, fixture->bytes.bytes, fixture->bytes.length), -1);
}

static void texts_that_no_note_can_hold_are_not_signed(void **state)
{
    static const char *const bad[] = {"", "no line feed", "a tab\t\n", "\xff\n", "\r\n"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error_clear(&fixture->error);
        assert_int_equal(note_sign(&fixture->bytes, bad[i], strlen(bad[i]), &fixture->log,
                                   fixture->log_key, &fixture->error),
                         -1);
        assert_int_equal(fixture->error.kind, ERROR_INPUT);
    }
}

#define NOTE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTE_TEST(the_example_of_the_specification_verifies),
        NOTE_TEST(keys_are_read_and_written),
        NOTE_TEST(bad_keys_are_refused),
        NOTE_TEST(names_have_no_spaces_and_no_plus),
        NOTE_TEST(malformed_notes_are_refused),
        NOTE_TEST(text_ends_at_the_last_empty_line),
        NOTE_TEST(signed_notes_verify_and_changed_ones_do_not),
        NOTE_TEST(cosignatures_carry_a_time),
        NOTE_TEST(one_bad_line_condemns_the_note),
        NOTE_TEST(signatures_are_counted_up_to_a_limit),
        NOTE_TEST(texts_that_no_note_can_hold_are_not_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

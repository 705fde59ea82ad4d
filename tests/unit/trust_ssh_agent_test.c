#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/ssh_agent.h"
#include "trust/ssh_private.h"
#include "trust/ssh_wire.h"
#include "trust/sshsig.h"

#include "trust_fixture.h"

static void assert_hex(const struct text *bytes, const char *hex)
{
    struct text shown;

    text_init(&shown, 2 * SSH_AGENT_PACKET_MAX_BYTES);
    hex_add(&shown, bytes->bytes, bytes->length);
    assert_string_equal(shown.bytes, hex);
    text_release(&shown);
}

static void the_request_for_keys_is_one_byte(void **state)
{
    struct text request;
    (void)state;

    text_init(&request, SSH_AGENT_REQUEST_MAX_BYTES);
    ssh_agent_list_request(&request);
    assert_hex(&request, "000000010b");
    text_release(&request);
}

/* A reply: its type, then what is in the body. */
static struct text reply_of(uint8_t type, const struct text *body)
{
    struct text reply;

    text_init(&reply, SSH_AGENT_PACKET_MAX_BYTES);
    ssh_add_uint32(&reply, (uint32_t)(1 + body->length));
    ssh_add_byte(&reply, type);
    text_add_bytes(&reply, body->bytes, body->length);
    return reply;
}

static void add_identity(struct text *body, const char *key_file, const char *comment)
{
    struct ssh_key key = fixture_key(key_file);
    struct text blob;

    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    ssh_key_add_blob(&blob, &key);
    ssh_add_string(body, blob.bytes, blob.length);
    ssh_add_cstring(body, comment);
    text_release(&blob);
}

static struct text list_of_three(void)
{
    struct text body;

    text_init(&body, SSH_AGENT_PACKET_MAX_BYTES);
    ssh_add_uint32(&body, 3);
    add_identity(&body, "ed25519.pub", "kari");
    ssh_add_cstring(&body, "some other kind of key");
    ssh_add_cstring(&body, "");
    add_identity(&body, "ecdsa-sk.pub", "\x1b[2K");
    struct text reply = reply_of(12, &body);
    text_release(&body);
    return reply;
}

static void keys_are_listed(void **state)
{
    struct text reply = list_of_three();
    struct arena *arena = arena_new();
    struct ssh_agent_list list;
    struct error error = {0};
    struct ssh_key first = fixture_key("ed25519.pub"), second = fixture_key("ecdsa-sk.pub");
    (void)state;

    assert_int_equal(ssh_agent_read_list(arena, reply.bytes, reply.length, &list, &error), 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.refused_count, 1);
    assert_true(ssh_key_equal(&list.items[0].key, &first));
    assert_string_equal(list.items[0].comment, "kari");
    assert_true(ssh_key_equal(&list.items[1].key, &second));
    assert_string_equal(list.items[1].comment, "");
    arena_free(arena);
    text_release(&reply);
}

static void damaged_answers_are_refused(void **state)
{
    static const char *const hex[] = {"00000001",
                                      "0000000105ff",
                                      "000000020c",
                                      "000000010e",
                                      "000000050c00000001",
                                      "000000050cffffffff",
                                      "000000060c0000000000",
                                      "0000000d0c000000010000000000000000ff"};
    struct text whole = list_of_three();
    struct arena *arena = arena_new();
    struct ssh_agent_list list;
    (void)state;

    for (size_t size = 0; size < whole.length; size++) {
        struct error error = {0};
        assert_int_equal(ssh_agent_read_list(arena, whole.bytes, size, &list, &error), -1);
        assert_int_equal(error.kind, ERROR_SYSTEM);
        assert_int_equal(list.count, 0);
    }
    for (size_t i = 0; i < sizeof(hex) / sizeof(hex[0]); i++) {
        struct text bytes;
        struct error error = {0};
        text_init(&bytes, 64);
        assert_true(hex_decode(&bytes, hex[i], strlen(hex[i])));
        assert_int_equal(ssh_agent_read_list(arena, bytes.bytes, bytes.length, &list, &error), -1);
        text_release(&bytes);
    }
    arena_free(arena);
    text_release(&whole);
}

static void a_refusal_says_what_to_look_at(void **state)
{
    struct text body = {0}, reply = reply_of(5, &body), armour;
    struct ssh_key key = fixture_key("ed25519.pub");
    struct error error = {0};
    (void)state;

    text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
    assert_int_equal(ssh_agent_read_signature(reply.bytes, reply.length, &key, FIXTURE_NAMESPACE,
                                              "x", 1, &armour, &error),
                     -1);
    assert_non_null(strstr(error.message, "refused to sign"));
    assert_non_null(strstr(error.next, "ssh-add -l"));
    text_release(&armour);
    text_release(&reply);
}

/* The signature inside an armoured fixture, as an agent would answer with it. */
static struct text answer_with(const char *signature_file)
{
    struct text blob = fixture_blob(signature_file), body;
    struct ssh_reader reader;
    struct ssh_bytes part = {(const unsigned char *)"", 0};

    ssh_reader_init(&reader, blob.bytes, blob.length);
    ssh_read_raw(&reader, 6 + 4);
    while (reader.left > 0)
        part = ssh_read_string(&reader);
    text_init(&body, SSH_AGENT_PACKET_MAX_BYTES);
    ssh_add_string(&body, part.bytes, part.size);
    struct text reply = reply_of(14, &body);
    text_release(&body);
    text_release(&blob);
    return reply;
}

static void an_agents_signature_becomes_a_file(void **state)
{
    static const struct {
        const char *key, *signature;
    } cases[] = {{"ed25519.pub", "ed25519.sig"},
                 {"ecdsa.pub", "ecdsa.sig"},
                 {"ed25519-sk.pub", "ed25519-sk.sig"},
                 {"ecdsa-sk.pub", "ecdsa-sk.sig"}};
    struct text message = fixture("message");
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ssh_key key = fixture_key(cases[i].key);
        struct text reply = answer_with(cases[i].signature), expected = fixture(cases[i].signature);
        struct text armour;
        struct error error = {0};
        text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
        if (ssh_agent_read_signature(reply.bytes, reply.length, &key, FIXTURE_NAMESPACE,
                                     message.bytes, message.length, &armour, &error) < 0)
            fail_msg("%s", error.message);
        assert_string_equal(armour.bytes, expected.bytes);
        text_release(&armour);
        text_release(&expected);
        text_release(&reply);
    }
    text_release(&message);
}

static void a_signature_that_is_not_good_is_not_used(void **state)
{
    static const struct {
        const char *key, *signature, *message, *reason;
    } cases[] = {
        {"ed25519.pub", "ed25519.sig", "something else", "not made by this key"},
        {"ed25519.pub", "ecdsa.sig", "what is signed\n", "of another kind than its key"},
        {"untouched.pub", "untouched.sig", "what is signed\n", "was not touched"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ssh_key key = fixture_key(cases[i].key);
        struct text reply = answer_with(cases[i].signature), armour;
        struct error error = {0};
        text_init(&armour, SSHSIG_ARMOUR_MAX_BYTES);
        assert_int_equal(ssh_agent_read_signature(reply.bytes, reply.length, &key,
                                                  FIXTURE_NAMESPACE, cases[i].message,
                                                  strlen(cases[i].message), &armour, &error),
                         -1);
        assert_int_equal(error.kind, ERROR_SYSTEM);
        assert_int_equal(armour.length, 0);
        if (!strstr(error.message, cases[i].reason))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].reason);
        text_release(&armour);
        text_release(&reply);
    }
}

static void the_request_to_sign_holds_key_and_bytes(void **state)
{
    struct ssh_key key = fixture_key("ecdsa-sk.pub");
    struct text request, blob, tbs;
    struct ssh_reader reader;
    struct error error = {0};
    (void)state;

    text_init(&request, SSH_AGENT_REQUEST_MAX_BYTES);
    text_init(&blob, SSH_KEY_BLOB_MAX_BYTES);
    text_init(&tbs, SSHSIG_TBS_MAX_BYTES);
    ssh_key_add_blob(&blob, &key);
    assert_int_equal(sshsig_add_tbs(&tbs, FIXTURE_NAMESPACE, SSHSIG_SHA512, "x", 1, &error), 0);
    assert_int_equal(ssh_agent_sign_request(&request, &key, FIXTURE_NAMESPACE, "x", 1, &error), 0);
    ssh_reader_init(&reader, request.bytes, request.length);
    assert_int_equal(ssh_read_uint32(&reader), request.length - 4);
    assert_int_equal(ssh_read_byte(&reader), 13);
    struct ssh_bytes part = ssh_read_string(&reader);
    assert_int_equal(part.size, blob.length);
    assert_memory_equal(part.bytes, blob.bytes, blob.length);
    part = ssh_read_string(&reader);
    assert_int_equal(part.size, tbs.length);
    assert_memory_equal(part.bytes, tbs.bytes, tbs.length);
    assert_int_equal(ssh_read_uint32(&reader), 0);
    assert_true(ssh_reader_done(&reader));
    text_release(&tbs);
    text_release(&blob);
    text_release(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_for_keys_is_one_byte),
        cmocka_unit_test(keys_are_listed),
        cmocka_unit_test(damaged_answers_are_refused),
        cmocka_unit_test(a_refusal_says_what_to_look_at),
        cmocka_unit_test(an_agents_signature_becomes_a_file),
        cmocka_unit_test(a_signature_that_is_not_good_is_not_used),
        cmocka_unit_test(the_request_to_sign_holds_key_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

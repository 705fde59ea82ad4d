#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/witness.h"

static const char text[] = "log.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char size_type[] = "text/x.tlog.size";

struct fixture {
    struct ed25519_key *key;
    struct note_vkey vkey, stranger;
    struct text line, strange_line, lines;
    struct witness_reply reply;
    struct error error;
};

static void make_line(struct fixture *fixture, unsigned char first, const char *name,
                      struct note_vkey *vkey, struct text *out)
{
    const unsigned char seed[ED25519_SEED_SIZE] = {first};
    unsigned char public_key[ED25519_PUBLIC_SIZE];
    struct ed25519_key *key;

    text_init(out, 4096);
    assert_int_equal(ed25519_key_new(seed, &key, &fixture->error), 0);
    ed25519_key_public(key, public_key);
    assert_int_equal(note_vkey_init(vkey, name, NOTE_COSIGNATURE, public_key, &fixture->error), 0);
    assert_int_equal(
        note_add_signature(out, text, strlen(text), vkey, key, 1795403052, &fixture->error), 0);
    ed25519_key_free(key);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    make_line(fixture, 1, "witness.example", &fixture->vkey, &fixture->line);
    make_line(fixture, 2, "stranger.example", &fixture->stranger, &fixture->strange_line);
    text_init(&fixture->lines, 4096);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    text_release(&fixture->line);
    text_release(&fixture->strange_line);
    text_release(&fixture->lines);
    free(fixture);
    return 0;
}

static enum witness_answer answer(struct fixture *fixture, int status, const char *type,
                                  const char *body)
{
    text_reset(&fixture->lines);
    const struct witness_question question = {text, strlen(text), &fixture->vkey};
    witness_reply_read(&question, status, type, body, strlen(body), &fixture->reply,
                       &fixture->lines);
    return fixture->reply.answer;
}

static void requests_are_written_and_read(void **state)
{
    struct fixture *fixture = *state;
    struct proof proof = {.count = 2, .hashes = {{1}, {2}}};
    struct witness_request request;
    struct text body;

    text_init(&body, WITNESS_REQUEST_MAX_BYTES * 2);
    assert_true(witness_request_add(&body, 7, &proof, "checkpoint", 10));
    assert_string_equal(body.bytes, "old 7\n"
                                    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                    "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                                    "\ncheckpoint");
    assert_int_equal(witness_request_parse(body.bytes, body.length, &request, &fixture->error), 0);
    assert_int_equal(request.old_size, 7);
    assert_int_equal(request.consistency.count, 2);
    assert_memory_equal(request.consistency.hashes, proof.hashes, (size_t)2 * SHA256_SIZE);
    assert_int_equal(request.checkpoint_size, 10);

    char *large = calloc(1, WITNESS_REQUEST_MAX_BYTES);
    text_reset(&body);
    assert_false(witness_request_add(&body, 7, &proof, large, WITNESS_REQUEST_MAX_BYTES));
    free(large);
    text_release(&body);
}

static void malformed_requests_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "old\n\nx",
        "old 07\n\nx",
        "old -1\n\nx",
        "old 1\n",
        "old 1\n\n",
        "old 1\nx\n\nx",
        "new 1\n\nx",
        "old 1 \n\nx",
        "old 1",
        "old 1\nx",
        "old 1\nAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nx",
        "old 1\nAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "old 1\nAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx",
    };
    struct fixture *fixture = *state;
    struct witness_request request;
    struct text many;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error_clear(&fixture->error);
        assert_int_equal(witness_request_parse(bad[i], strlen(bad[i]), &request, &fixture->error),
                         -1);
        assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
    }
    text_init(&many, WITNESS_REQUEST_MAX_BYTES);
    text_add(&many, "old 1\n");
    for (int i = 0; i <= PROOF_HASHES_MAX; i++)
        text_add(&many, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    text_add(&many, "\nx");
    assert_int_equal(witness_request_parse(many.bytes, many.length, &request, &fixture->error), -1);
    text_release(&many);
}

static void each_status_has_its_meaning(void **state)
{
    static const struct {
        int status;
        enum witness_answer answer;
    } cases[] = {
        {400, WITNESS_BAD_REQUEST},  {403, WITNESS_BAD_SIGNATURE}, {404, WITNESS_UNKNOWN_LOG},
        {422, WITNESS_INCONSISTENT}, {429, WITNESS_LATER},         {500, WITNESS_LATER},
        {503, WITNESS_LATER},        {301, WITNESS_NONSENSE},      {418, WITNESS_NONSENSE},
        {0, WITNESS_NONSENSE},       {200, WITNESS_NONSENSE},      {409, WITNESS_NONSENSE},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(answer(fixture, cases[i].status, NULL, ""), cases[i].answer);
        assert_true(witness_answer_text(fixture->reply.answer)[0] != '\0');
        assert_int_equal(fixture->lines.length, 0);
    }
}

static void another_size_is_told_by_409(void **state)
{
    static const struct {
        const char *type, *body;
        enum witness_answer answer;
    } cases[] = {
        {size_type, "257\n", WITNESS_KNOWS_SIZE},
        {"Text/X.Tlog.Size; charset=utf-8", "257\n", WITNESS_KNOWS_SIZE},
        {size_type, "257", WITNESS_NONSENSE},
        {size_type, "0257\n", WITNESS_NONSENSE},
        {size_type, "257\n\n", WITNESS_NONSENSE},
        {size_type, "9223372036854775808\n", WITNESS_NONSENSE},
        {"text/plain", "257\n", WITNESS_NONSENSE},
        {"text/x.tlog.sizes", "257\n", WITNESS_NONSENSE},
        {NULL, "257\n", WITNESS_NONSENSE},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(answer(fixture, 409, cases[i].type, cases[i].body), cases[i].answer);
        assert_int_equal(fixture->reply.size, cases[i].answer == WITNESS_KNOWS_SIZE ? 257 : 0);
    }
}

static void cosignatures_are_checked_and_kept(void **state)
{
    struct fixture *fixture = *state;
    struct text body;

    assert_int_equal(answer(fixture, 200, NULL, fixture->line.bytes), WITNESS_COSIGNED);
    assert_string_equal(fixture->lines.bytes, fixture->line.bytes);
    assert_int_equal(fixture->reply.unix_seconds, 1795403052);

    text_init(&body, 4096);
    text_addf(&body, "%s%s", fixture->strange_line.bytes, fixture->line.bytes);
    assert_int_equal(answer(fixture, 200, NULL, body.bytes), WITNESS_COSIGNED);
    assert_string_equal(fixture->lines.bytes, fixture->line.bytes);
    assert_int_equal(answer(fixture, 200, NULL, fixture->strange_line.bytes), WITNESS_NONSENSE);
    text_addf(&body, "\n");
    assert_int_equal(answer(fixture, 200, NULL, body.bytes), WITNESS_NONSENSE);
    assert_int_equal(fixture->lines.length, 0);
    text_release(&body);
    for (size_t bit = 0; bit < 8 * fixture->line.length; bit++) {
        char *byte = &fixture->line.bytes[bit / 8];
        *byte = (char)(*byte ^ (1 << bit % 8));
        assert_int_equal(answer(fixture, 200, NULL, fixture->line.bytes), WITNESS_NONSENSE);
        *byte = (char)(*byte ^ (1 << bit % 8));
    }
}

#define WITNESS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITNESS_TEST(requests_are_written_and_read),
        WITNESS_TEST(malformed_requests_are_refused),
        WITNESS_TEST(each_status_has_its_meaning),
        WITNESS_TEST(another_size_is_told_by_409),
        WITNESS_TEST(cosignatures_are_checked_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

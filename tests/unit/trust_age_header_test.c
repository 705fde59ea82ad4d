#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trust/age_header.h"

#include "property.h"

#define VERSION "age-encryption.org/v1\n"
#define SHARE "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
#define BODY "hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE"
#define MAC "WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg"
#define STANZA "-> X25519 " SHARE "\n" BODY "\n"
#define FULL_LINE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* The file key of the header VERSION STANZA "--- " MAC (C2SP CCTV, age, "x25519"). */
static const unsigned char file_key[AGE_FILE_KEY_SIZE] = "YELLOW SUBMARINE";

static int read_bytes(struct arena *arena, const char *bytes, size_t size, struct age_header *out,
                      struct error *error)
{
    *error = (struct error){0};
    int result = age_header_read(arena, bytes, size, out, error);
    assert_int_equal(error->kind, result == 0 ? ERROR_NONE : ERROR_INPUT);
    return result;
}

static void a_header_is_read(void **state)
{
    static const char bytes[] = VERSION STANZA "--- " MAC "\n";
    struct arena *arena = arena_new();
    struct age_header header;
    struct error error;
    (void)state;

    assert_int_equal(read_bytes(arena, bytes, strlen(bytes), &header, &error), 0);
    assert_int_equal(header.stanza_count, 1);
    assert_true(age_stanza_is(&header.stanzas[0], "X25519"));
    assert_false(age_stanza_is(&header.stanzas[0], "x25519"));
    assert_int_equal(header.stanzas[0].argument_count, 2);
    assert_string_equal(header.stanzas[0].arguments[1], SHARE);
    assert_int_equal(header.stanzas[0].body_size, AGE_WRAPPED_SIZE);
    assert_int_equal(header.stanzas[0].body[0], 0x86);
    assert_int_equal(header.covered_size, strlen(VERSION STANZA "---"));
    assert_int_equal(age_header_verify(&header, bytes, file_key, &error), 0);
    arena_free(arena);
}

static void stanzas_of_other_types_are_read(void **state)
{
    static const char bytes[] = VERSION "-> !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ 1 2\n"
                                        "\n"
                                        "-> grease\n" FULL_LINE "\n\n"
                                        "-> more a\n" FULL_LINE "\n" FULL_LINE "\nAA\n"
                                        "--- " MAC "\n";
    struct arena *arena = arena_new();
    struct age_header header;
    struct error error;
    (void)state;

    assert_int_equal(read_bytes(arena, bytes, strlen(bytes), &header, &error), 0);
    assert_int_equal(header.stanza_count, 3);
    assert_int_equal(header.stanzas[0].argument_count, 3);
    assert_string_equal(header.stanzas[0].arguments[2], "2");
    assert_int_equal(header.stanzas[0].body_size, 0);
    assert_int_equal(header.stanzas[1].argument_count, 1);
    assert_int_equal(header.stanzas[1].body_size, 48);
    assert_int_equal(header.stanzas[2].body_size, 97);
    arena_free(arena);
}

static const struct {
    const char *bytes, *line;
} malformed[] = {
    {"", "line 1"},
    {"\n", "line 1"},
    {"age-encryption.org/v1", "line 1"},
    {"age-encryption.org/v2\n" STANZA "--- " MAC "\n", "line 1"},
    {"age-encryption.org/v1\r\n" STANZA "--- " MAC "\n", "line 1"},
    {" age-encryption.org/v1\n" STANZA "--- " MAC "\n", "line 1"},
    {VERSION, "line 2"},
    {VERSION "--- " MAC "\n", "line 2"},
    {VERSION "\n" STANZA "--- " MAC "\n", "line 2"},
    {VERSION "->X25519 " SHARE "\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "=> X25519 " SHARE "\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> \n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "->\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "->  X25519\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519 \n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519  a\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519\ta\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519 \xc3\xb8\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519 \x7f\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519 a\r\n" BODY "\n--- " MAC "\n", "line 2"},
    {VERSION "-> X25519 a\n" BODY "=\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\n" BODY "\r\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\n" BODY " \n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\nAB\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\nA\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\nA-\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\n-> X25519 a\n" BODY "\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\n" FULL_LINE "A\n\n--- " MAC "\n", "line 3"},
    {VERSION "-> X25519 a\n" FULL_LINE "\n--- " MAC "\n", "line 4"},
    {VERSION "-> X25519 a\nAA\nAA\n--- " MAC "\n", "line 4"},
    {VERSION STANZA "---" MAC "\n", "line 4"},
    {VERSION STANZA "---  " MAC "\n", "line 4"},
    {VERSION STANZA "---\n", "line 4"},
    {VERSION STANZA "--- \n", "line 4"},
    {VERSION STANZA "---- " MAC "\n", "line 4"},
    {VERSION STANZA "--- " MAC " \n", "line 4"},
    {VERSION STANZA "--- " MAC "=\n", "line 4"},
    {VERSION STANZA "--- " MAC "\r\n", "line 4"},
    {VERSION STANZA "--- " MAC, "line 4"},
    {VERSION STANZA "--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNh\n", "line 4"},
    {VERSION STANZA "--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcN\n", "line 4"},
    {VERSION STANZA "--- " MAC "\n\n", "line 4"},
    {VERSION STANZA "--- " MAC "\nx", "line 4"},
};

static void what_is_malformed_is_refused(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct arena *arena = arena_new();
        struct age_header header;
        struct error error;
        if (read_bytes(arena, malformed[i].bytes, strlen(malformed[i].bytes), &header, &error) == 0)
            fail_msg("taken: %s", malformed[i].bytes);
        if (!strstr(error.message, malformed[i].line))
            fail_msg("%s: not at %s of: %s", error.message, malformed[i].line, malformed[i].bytes);
        arena_free(arena);
    }
}

static void a_nul_is_no_end(void **state)
{
    static const char good[] = VERSION STANZA "--- " MAC "\n";
    char bytes[sizeof(good)];
    (void)state;

    for (size_t i = 0; i < strlen(good); i++) {
        struct arena *arena = arena_new();
        struct age_header header;
        struct error error;
        memcpy(bytes, good, sizeof(good));
        bytes[i] = '\0';
        assert_int_equal(read_bytes(arena, bytes, strlen(good), &header, &error), -1);
        arena_free(arena);
    }
}

/* Whatever is changed under the MAC, or in it, is either malformed or does not verify. */
static void a_changed_header_does_not_verify(void **state)
{
    static const char good[] = VERSION STANZA "--- " MAC "\n";
    char bytes[sizeof(good)];
    (void)state;

    for (size_t i = 0; i < strlen(good); i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct arena *arena = arena_new();
            struct age_header header;
            struct error error;
            memcpy(bytes, good, sizeof(good));
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            if (read_bytes(arena, bytes, strlen(good), &header, &error) == 0) {
                assert_int_equal(age_header_verify(&header, bytes, file_key, &error), -1);
                assert_int_equal(error.kind, ERROR_VERIFICATION);
            }
            arena_free(arena);
        }
}

static void another_file_key_does_not_verify(void **state)
{
    static const char bytes[] = VERSION STANZA "--- " MAC "\n";
    static const unsigned char another[AGE_FILE_KEY_SIZE] = "YELLOW SUBMARINF";
    struct arena *arena = arena_new();
    struct age_header header;
    struct error error;
    (void)state;

    assert_int_equal(read_bytes(arena, bytes, strlen(bytes), &header, &error), 0);
    assert_int_equal(age_header_verify(&header, bytes, another, &error), -1);
    arena_free(arena);
}

/* What is written is read again, with bodies of all lengths, and verifies. */
static void what_is_written_is_read_again(void **state)
{
    static const char *const arguments[] = {"type", "argument", "~"};
    unsigned char body[200];
    uint64_t seed = 7;
    (void)state;

    for (size_t size = 0; size < sizeof(body); size++) {
        struct age_stanza stanzas[2] = {{arguments, 3, body, size},
                                        {arguments, 1, body, 200 - size}};
        struct arena *arena = arena_new();
        struct age_header header;
        struct error error = {0};
        struct text out;
        text_init(&out, AGE_HEADER_MAX_BYTES);
        property_fill(&seed, body, sizeof(body));
        assert_int_equal(age_header_write(&out, stanzas, 2, file_key, &error), 0);
        assert_int_equal(read_bytes(arena, out.bytes, out.length, &header, &error), 0);
        assert_int_equal(header.stanza_count, 2);
        assert_int_equal(header.stanzas[0].argument_count, 3);
        assert_string_equal(header.stanzas[0].arguments[2], "~");
        assert_int_equal(header.stanzas[0].body_size, size);
        assert_memory_equal(header.stanzas[0].body, body, size);
        assert_int_equal(header.stanzas[1].body_size, 200 - size);
        assert_int_equal(age_header_verify(&header, out.bytes, file_key, &error), 0);
        text_release(&out);
        arena_free(arena);
    }
}

static void there_is_a_ceiling(void **state)
{
    static const char *const arguments[] = {"type"};
    static unsigned char body[AGE_HEADER_MAX_BYTES];
    struct age_stanza stanza = {arguments, 1, body, sizeof(body)};
    struct arena *arena = arena_new();
    struct age_header header;
    struct error error = {0};
    struct text out;
    (void)state;

    text_init(&out, AGE_HEADER_MAX_BYTES);
    assert_int_equal(age_header_write(&out, &stanza, 1, file_key, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    text_release(&out);
    assert_int_equal(
        read_bytes(arena, (const char *)body, AGE_HEADER_MAX_BYTES + 1, &header, &error), -1);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_read),
        cmocka_unit_test(stanzas_of_other_types_are_read),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(a_nul_is_no_end),
        cmocka_unit_test(a_changed_header_does_not_verify),
        cmocka_unit_test(another_file_key_does_not_verify),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(there_is_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil_time.h"
#include "trust/signers.h"

#include "trust_fixture.h"

#define VERSION_LINE "# crisis-approvers v1 version=1 threshold=2 previous=none\n"
#define KEY_A "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define KEY_B "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP3RMkAH9FeunOLwYOn1oQEQRH5mu3kwUk5EelVl10qC"
#define KEY_LOW_ORDER                                                                              \
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH_ZERO "0000000000000000000000000000000000000000000000000000000000000000"

struct world {
    struct arena *arena;
    struct problems problems;
    const struct signers *signers;
};

static int read_file(struct world *world, const char *bytes, size_t size)
{
    world->arena = arena_new();
    problems_init(&world->problems, world->arena);
    int result =
        signers_read(world->arena, "approvers", bytes, size, &world->problems, &world->signers);
    assert_int_equal(result == 0, world->signers != NULL);
    assert_int_equal(result == 0, world->problems.error_count == 0);
    return result;
}

static int64_t at(const char *time)
{
    int64_t unix_ms;

    assert_true(rfc3339_parse(time, &unix_ms));
    return unix_ms;
}

static struct ssh_key key_of(const char *line)
{
    struct ssh_key key;
    struct error error = {0};

    assert_int_equal(ssh_key_from_line(line, strlen(line), &key, &error), 0);
    return key;
}

static void a_file_is_read(void **state)
{
    static const char file[] =
        "# crisis-approvers v1 version=7 threshold=2 previous=sha256:"
        "00000000000000000000000000000000000000000000000000000000000000ff\n"
        "\n"
        "# on duty\n"
        "kari@dsb.example namespaces=\"crisis-approval@v1,crisis-approvers@v1\","
        "valid-after=\"20260101Z\",valid-before=\"20271231235959Z\" " KEY_A " Kari\n"
        "ola+vakt@dsb.example valid-after=\"202601010300Z\",namespaces=\"a\" " KEY_B "\n";
    struct world world;
    unsigned char hash[SHA256_SIZE];
    (void)state;

    assert_int_equal(read_file(&world, file, strlen(file)), 0);
    const struct signers *signers = world.signers;
    assert_int_equal(signers->version, 7);
    assert_int_equal(signers->threshold, 2);
    assert_true(signers->has_previous);
    assert_int_equal(signers->previous_sha256[31], 0xff);
    sha256(file, strlen(file), hash);
    assert_memory_equal(signers->sha256, hash, sizeof(hash));
    assert_int_equal(signers->count, 2);
    assert_int_equal(signers->items[0].line, 4);
    assert_string_equal(signers->items[0].principal, "kari@dsb.example");
    assert_int_equal(signers->items[0].namespace_count, 2);
    assert_string_equal(signers->items[0].namespaces[1], "crisis-approvers@v1");
    assert_int_equal(signers->items[0].valid_after_unix_ms, at("2026-01-01T00:00:00Z"));
    assert_int_equal(signers->items[0].valid_before_unix_ms, at("2027-12-31T23:59:59Z"));
    assert_false(signers->items[1].has_valid_before);
    assert_int_equal(signers->items[1].valid_after_unix_ms, at("2026-01-01T03:00:00Z"));
    arena_free(world.arena);
}

static void what_is_written_is_read_the_same(void **state)
{
    static const char *const namespaces[] = {"crisis-approval@v1", "x"};
    struct signer signer = {.principal = "kari@dsb.example",
                            .key = fixture_key("passkey.pub"),
                            .namespaces = namespaces,
                            .namespace_count = 2,
                            .has_valid_after = true,
                            .valid_after_unix_ms = at("2026-11-23T03:04:05Z")};
    unsigned char previous[SHA256_SIZE] = {1, 2, 3};
    struct text file;
    struct world world;
    (void)state;

    text_init(&file, SIGNERS_FILE_MAX_BYTES);
    signers_add_version(&file, 2, 1, previous);
    signers_add_signer(&file, &signer);
    assert_int_equal(read_file(&world, file.bytes, file.length), 0);
    const struct signer *read = &world.signers->items[0];
    assert_memory_equal(world.signers->previous_sha256, previous, sizeof(previous));
    assert_string_equal(read->principal, signer.principal);
    assert_true(ssh_key_equal(&read->key, &signer.key));
    assert_string_equal(read->namespaces[1], "x");
    assert_int_equal(read->valid_after_unix_ms, signer.valid_after_unix_ms);
    assert_false(read->has_valid_before);
    arena_free(world.arena);
    text_release(&file);
}

static void a_list_without_approvers_is_one(void **state)
{
    struct world world;
    (void)state;

    assert_int_equal(read_file(&world, VERSION_LINE, strlen(VERSION_LINE)), 0);
    assert_int_equal(world.signers->count, 0);
    assert_false(world.signers->has_previous);
    arena_free(world.arena);
}

static void assert_refused(const char *bytes, size_t size, unsigned line, const char *reason)
{
    struct world world;

    assert_int_equal(read_file(&world, bytes, size), -1);
    bool said = false;
    for (size_t i = 0; i < world.problems.count; i++)
        said = said || (world.problems.items[i].place.line == line &&
                        strstr(world.problems.items[i].message, reason));
    if (!said)
        fail_msg("line %u: '%s' does not say '%s'", world.problems.items[0].place.line,
                 world.problems.items[0].message, reason);
    arena_free(world.arena);
}

static void a_bad_line_refuses_the_file(void **state)
{
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"*@dsb.example namespaces=\"a\" " KEY_A, "pattern"},
        {"kari,ola namespaces=\"a\" " KEY_A, "pattern"},
        {"!kari namespaces=\"a\" " KEY_A, "pattern"},
        {"kar? namespaces=\"a\" " KEY_A, "pattern"},
        {"\"kari\" namespaces=\"a\" " KEY_A, "pattern"},
        {"kåre namespaces=\"a\" " KEY_A, "character"},
        {"../kari namespaces=\"a\" " KEY_A, "begins with"},
        {"-kari namespaces=\"a\" " KEY_A, "begins with"},
        {"ka/ri namespaces=\"a\" " KEY_A, "pattern"},
        {" kari namespaces=\"a\" " KEY_A, "begins with a space"},
        {"kari " KEY_A, "no options"},
        {"kari", "no options"},
        {"kari namespaces=\"a\"", "no public key"},
        {"kari  namespaces=\"a\" " KEY_A, "no options"},
        {"kari namespaces=\"a\"  " KEY_A, "no public key"},
        {"kari cert-authority " KEY_A, "certificate authority"},
        {"kari cert-authority,namespaces=\"a\" " KEY_A, "certificate authority"},
        {"kari namespaces=\"a\",cert-authority " KEY_A, "keyword"},
        {"kari valid-after=\"20260101Z\" " KEY_A, "no namespaces"},
        {"kari namespaces=\"\" " KEY_A, "empty namespace"},
        {"kari namespaces=\"a,\" " KEY_A, "empty namespace"},
        {"kari namespaces=\"a*\" " KEY_A, "wildcard"},
        {"kari namespaces=\"a,!b\" " KEY_A, "wildcard"},
        {"kari namespaces=\"a,a\" " KEY_A, "twice"},
        {"kari namespaces=\"a\",namespaces=\"b\" " KEY_A, "twice"},
        {"kari NAMESPACES=\"a\" " KEY_A, "lower case"},
        {"kari namespaces=\"a\",restrict=\"b\" " KEY_A, "other than"},
        {"kari namespaces=a " KEY_A, "keyword"},
        {"kari namespaces=\"a " KEY_A, "keyword"},
        {"kari namespaces=\"a\\\"b\" " KEY_A, "keyword"},
        {"kari namespaces=\"a\", " KEY_A, "keyword"},
        {"kari namespaces=\"a\"valid-after=\"20260101Z\" " KEY_A, "comma"},
        {"kari namespaces=\"a\",valid-after=\"20260101\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"20260101z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"20260101UTC\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"2026010103Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"20260229Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"20261301Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"202601012400Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"20260101235960Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"-2026101Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"19700101Z\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"\" " KEY_A, "UTC"},
        {"kari namespaces=\"a\",valid-after=\"20260101Z\",valid-after=\"20260101Z\" " KEY_A,
         "twice"},
        {"kari namespaces=\"a\",valid-after=\"20260101Z\",valid-before=\"20260101Z\" " KEY_A,
         "not after its valid-after"},
        {"kari namespaces=\"a\" ssh-rsa AAAA", "RSA keys are not accepted"},
        {"kari namespaces=\"a\" ssh-ed25519 AAAA", "no public key"},
        {"kari namespaces=\"a\" " KEY_A "A", "base64"},
        {"kari namespaces=\"a\" " KEY_LOW_ORDER, "low order"},
        {"kari\tnamespaces=\"a\" " KEY_A, "tab"},
        {"kari namespaces=\"a\" " KEY_A " \x1b[2K", "control character"},
        {"kari namespaces=\"a\" " KEY_A " \xff", "UTF-8"},
        {"# \xe2\x80\xae reversed", "direction"},
        {"kari namespaces=\"a\" " KEY_A "\r", "CRLF"},
        {"# crisis-approvers v1 version=1 threshold=1 previous=none",
         "the version line is not the first line"},
        {"nonsense", "no options"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text file;
        text_init(&file, SIGNERS_FILE_MAX_BYTES);
        text_addf(&file, "%sola namespaces=\"a\" %s\n%s\n", VERSION_LINE, KEY_B, cases[i].line);
        assert_refused(file.bytes, file.length, 3, cases[i].reason);
        text_release(&file);
    }
}

static void the_version_line_is_exact(void **state)
{
    static const char too_long_a_hash[] =
        "# crisis-approvers v1 version=2 threshold=1 previous=sha256:0" HASH_ZERO;
    static const char *const lines[] = {
        "# crisis-approvers",
        "# crisis-approvers v2 version=1 threshold=1 previous=none",
        "# crisis-approvers v1 version=0 threshold=1 previous=none",
        "# crisis-approvers v1 version=01 threshold=1 previous=none",
        "# crisis-approvers v1 version=1 threshold=0 previous=none",
        "# crisis-approvers v1 version=1 threshold=1001 previous=none",
        "# crisis-approvers v1 version=1 threshold=1 previous=",
        "# crisis-approvers v1 version=1 threshold=1 previous=none ",
        "# crisis-approvers v1 version=1 threshold=1",
        "# crisis-approvers v1 threshold=1 version=1 previous=none",
        "#crisis-approvers v1 version=1 threshold=1 previous=none",
        "# crisis-approvers v1  version=1 threshold=1 previous=none",
        "# crisis-approvers v1 version=99999999999999999999 threshold=1 previous=none",
        "# crisis-approvers v1 version=2 threshold=1 previous=sha256:00",
        too_long_a_hash,
    };
    (void)state;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct text file;
        text_init(&file, SIGNERS_FILE_MAX_BYTES);
        text_addf(&file, "%s\nkari namespaces=\"a\" %s\n", lines[i], KEY_A);
        assert_refused(file.bytes, file.length, 1, "the first line is not of the form");
        text_release(&file);
    }
    static const char later[] = "# crisis-approvers v1 version=2 threshold=1 previous=none\n";
    static const char first[] =
        "# crisis-approvers v1 version=1 threshold=1 previous=sha256:" HASH_ZERO "\n";
    assert_refused(later, strlen(later), 1, "version 1 has previous=none");
    assert_refused(first, strlen(first), 1, "version 1 has previous=none");
}

static void a_list_made_by_hand_is_a_first_version(void **state)
{
    static const char file[] = "kari namespaces=\"a\" " KEY_A "\n";
    struct arena *arena = arena_new();
    const struct signers *signers;
    struct problems problems;
    (void)state;

    problems_init(&problems, arena);
    assert_int_equal(signers_read(arena, "approvers", file, strlen(file), &problems, &signers), 0);
    assert_int_equal(signers->version, 1);
    assert_int_equal(signers->threshold, 1);
    assert_false(signers->has_previous);
    assert_int_equal(signers->count, 1);
    arena_free(arena);
}

static void a_file_that_may_be_cut_off_is_refused(void **state)
{
    static const char whole[] = VERSION_LINE "kari namespaces=\"a\" " KEY_A "\n";
    static const char with_zero[] = VERSION_LINE "kari\0namespaces=\"a\" " KEY_A "\n";
    (void)state;

    assert_refused(whole, strlen(whole) - 1, 2, "cut off");
    assert_refused(whole, 0, 0, "empty");
    assert_refused(with_zero, sizeof(with_zero) - 1, 2, "zero byte");
}

static void all_bad_lines_are_named(void **state)
{
    static const char file[] = VERSION_LINE "* namespaces=\"a\" " KEY_A "\n"
                                            "ola namespaces=\"a\" " KEY_B "\n"
                                            "kari " KEY_A "\n";
    struct world world;
    (void)state;

    assert_int_equal(read_file(&world, file, strlen(file)), -1);
    assert_int_equal(world.problems.error_count, 2);
    assert_int_equal(world.problems.items[0].place.line, 2);
    assert_int_equal(world.problems.items[1].place.line, 4);
    assert_string_equal(world.problems.items[1].place.file, "approvers");
    arena_free(world.arena);
}

static void a_shared_key_is_a_warning(void **state)
{
    static const char file[] = VERSION_LINE "kari namespaces=\"a\" " KEY_A "\n"
                                            "kari namespaces=\"b\" " KEY_A "\n"
                                            "ola namespaces=\"a\" " KEY_A "\n";
    struct world world;
    (void)state;

    assert_int_equal(read_file(&world, file, strlen(file)), 0);
    assert_int_equal(world.problems.warning_count, 1);
    assert_int_equal(world.problems.items[0].place.line, 4);
    assert_non_null(strstr(world.problems.items[0].message, "'ola' has the key of 'kari'"));
    arena_free(world.arena);
}

static void who_may_is_found_and_who_may_not_is_told_why(void **state)
{
    static const char file[] = VERSION_LINE
        "kari namespaces=\"a\",valid-before=\"20200101Z\" " KEY_A "\n"
        "kari namespaces=\"b\" " KEY_A "\n"
        "kari namespaces=\"a\",valid-after=\"20260101Z\",valid-before=\"20261231Z\" " KEY_A "\n"
        "ola namespaces=\"a\" " KEY_B "\n";
    static const struct {
        const char *principal, *key, *namespace_name, *time;
        unsigned line;
        const char *reason;
    } cases[] = {
        {"kari", KEY_A, "a", "2026-06-01T00:00:00Z", 4, NULL},
        {"kari", KEY_A, "a", "2026-01-01T00:00:00Z", 4, NULL},
        {"kari", KEY_A, "a", "2026-12-31T00:00:00Z", 4, NULL},
        {"kari", KEY_A, "a", "2019-01-01T00:00:00Z", 2, NULL},
        {"kari", KEY_A, "b", "2026-06-01T00:00:00Z", 3, NULL},
        {"kari", KEY_A, "a", "2025-12-31T23:59:59.999Z", 0, "was valid until 2020-01-01T00:00:00Z"},
        {"kari", KEY_A, "a", "2026-12-31T00:00:00.001Z", 0, "was valid until"},
        {"kari", KEY_A, "c", "2026-06-01T00:00:00Z", 0, "may not sign for the namespace 'c'"},
        {"kari", KEY_B, "a", "2026-06-01T00:00:00Z", 0, "is not one of 'kari'"},
        {"ola", KEY_B, "a", "2026-06-01T00:00:00Z", 5, NULL},
        {"ola", KEY_A, "a", "2026-06-01T00:00:00Z", 0, "is not one of 'ola'"},
        {"Ola", KEY_B, "a", "2026-06-01T00:00:00Z", 0, "'Ola' is not among the approvers"},
        {"", KEY_B, "a", "2026-06-01T00:00:00Z", 0, "is not among the approvers"},
    };
    struct world world;
    (void)state;

    assert_int_equal(read_file(&world, file, strlen(file)), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ssh_key key = key_of(cases[i].key);
        const struct signer *signer;
        struct error error = {0};
        int result = signers_check(world.signers, cases[i].principal, &key, cases[i].namespace_name,
                                   at(cases[i].time), &signer, &error);
        assert_int_equal(result, cases[i].reason ? -1 : 0);
        if (!cases[i].reason) {
            assert_int_equal(signer->line, cases[i].line);
            continue;
        }
        assert_null(signer);
        assert_int_equal(error.kind, ERROR_NOT_APPROVED);
        if (!strstr(error.message, cases[i].reason))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].reason);
    }
    const struct signer *const *found;
    assert_int_equal(
        signers_find(world.arena, world.signers, "kari", "a", at("2026-06-01T00:00:00Z"), &found),
        1);
    assert_int_equal(found[0]->line, 4);
    assert_int_equal(signers_find(world.arena, world.signers, "per", "a", 0, &found), 0);
    arena_free(world.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(what_is_written_is_read_the_same),
        cmocka_unit_test(a_list_without_approvers_is_one),
        cmocka_unit_test(a_bad_line_refuses_the_file),
        cmocka_unit_test(the_version_line_is_exact),
        cmocka_unit_test(a_list_made_by_hand_is_a_first_version),
        cmocka_unit_test(a_file_that_may_be_cut_off_is_refused),
        cmocka_unit_test(all_bad_lines_are_named),
        cmocka_unit_test(a_shared_key_is_a_warning),
        cmocka_unit_test(who_may_is_found_and_who_may_not_is_told_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

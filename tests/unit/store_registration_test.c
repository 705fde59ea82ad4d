#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/registration.h"

#include "problem_lines.h"

struct outcome {
    struct arena *arena;
    struct registration registration;
    const char *lines; /* the problems */
    int result;
};

static void read_more(struct outcome *outcome, const char *file, const char *text)
{
    struct problems problems;

    problems_init(&problems, outcome->arena);
    outcome->result = registration_read(outcome->arena, file, text, strlen(text), &problems,
                                        &outcome->registration);
    assert_int_equal(outcome->result < 0, problems_any_error(&problems));
    outcome->lines = problem_lines(outcome->arena, &problems);
}

static struct outcome read_text(const char *text)
{
    struct outcome outcome = {.arena = arena_new()};

    read_more(&outcome, "r.yaml", text);
    return outcome;
}

static void release(struct outcome *outcome)
{
    registration_release(&outcome->registration);
    arena_free(outcome->arena);
}

static const char *secret_of(const struct outcome *outcome, size_t index, const char *name)
{
    const struct text *pairs = &outcome->registration.accounts[index].pairs;
    const struct credential credential = {pairs->bytes, pairs->length};

    return credential_find(&credential, name);
}

static void accounts_of_all_documents_are_read(void **state)
{
    struct outcome outcome =
        read_text("municipality: \"0301\"\n"
                  "accounts:\n"
                  "  - channel: facebook\n"
                  "    settings: {page: \"1234\", url: \"https://x.example\"}\n"
                  "    credential: {access-token: tok, page-token: tok2}\n"
                  "  - {channel: feed, label: news}\n"
                  "---\n"
                  "- {municipality: \"1103\", accounts: [{channel: x,\n"
                  "    credential: {access-token: \"three\"}}]}\n"
                  "- {municipality: \"1104\", accounts: [{channel: x}]}\n");
    const struct registration_account *accounts = outcome.registration.accounts;
    (void)state;

    assert_string_equal(outcome.lines, "");
    assert_int_equal(outcome.result, 0);
    assert_int_equal(outcome.registration.count, 4);
    assert_string_equal(accounts[0].account.municipality, "0301");
    assert_string_equal(accounts[0].account.label, "default");
    assert_string_equal(account_setting(&accounts[0].account, "page"), "1234");
    assert_string_equal(secret_of(&outcome, 0, "access-token"), "tok");
    assert_string_equal(secret_of(&outcome, 0, "page-token"), "tok2");
    assert_null(secret_of(&outcome, 0, "other"));
    assert_true(accounts[0].pairs.secret);
    assert_int_equal(accounts[0].place.line, 3);
    assert_string_equal(accounts[1].account.label, "news");
    assert_int_equal(accounts[1].pairs.length, 0);
    assert_string_equal(accounts[2].account.municipality, "1103");
    assert_string_equal(secret_of(&outcome, 2, "access-token"), "three");
    assert_string_equal(accounts[3].account.channel, "x");
    release(&outcome);
}

/* One app's secret in an anchor, used by many accounts. */
static void an_alias_serves_every_account(void **state)
{
    struct outcome outcome =
        read_text("municipality: \"0301\"\n"
                  "accounts:\n"
                  "  - {channel: x, credential: &app {api-key: key, access-token: tok}}\n"
                  "  - {channel: x, label: two, credential: *app}\n"
                  "  - {channel: x, label: three, settings: {user: &u ola},\n"
                  "     credential: {access-token: *u}}\n");
    (void)state;

    assert_int_equal(outcome.result, 0);
    assert_string_equal(secret_of(&outcome, 0, "api-key"), "key");
    assert_string_equal(secret_of(&outcome, 1, "access-token"), "tok");
    assert_string_equal(secret_of(&outcome, 2, "access-token"), "ola");
    assert_string_equal(account_setting(&outcome.registration.accounts[2].account, "user"), "ola");
    release(&outcome);
}

static const struct {
    const char *account, *words;
} faults[] = {
    {"{label: a}", "the account lacks 'channel'"},
    {"{chanel: x}", "unknown key 'chanel', did you mean 'channel'?"},
    {"{channel: X Y}", "'channel' holds something other than a-z, 0-9 and '-'"},
    {"{channel: x, label: \"\"}", "'label' is empty"},
    {"{channel: x, settings: {user: \"\"}}", "'user' is empty"},
    {"{channel: x, settings: {user: {a: b}}}", "'user' must be a text, not a map"},
    {"{channel: x, settings: {user: \"a\\nb\"}}", "'user' holds a line break"},
    {"{channel: x, settings: [a]}", "'settings' must be a map, not a list"},
    {"{channel: x, credential: very-secret}", "'credential' must be a map, not a text"},
    {"{channel: x, credential: [very-secret]}", "'credential' must be a map, not a list"},
    {"{channel: x, credential: {access-token: \"\"}}", "nothing empty ever replaces a secret"},
    {"{channel: x, credential: {access-token: }}", "nothing empty ever replaces a secret"},
    {"{channel: x, credential: {access-token: \" \"}}", "nothing empty ever replaces a secret"},
    {"{channel: x, credential: {access-token: \"very-secret\\n\"}}", "holds a line break"},
    {"{channel: x, credential: {access-token: [very-secret]}}", "must be a text"},
    {"{channel: x, credential: {Very-Secret very-secret: a}}", "the name of a secret holds"},
    {"{channel: x, credential: {access-token: *very-secret}}", "must be put in quotes"},
    {"{channel: x, credential: {access-token: !very-secret a}}", "must be put in quotes"},
    {"{channel: x, credential: {a: b, a: very-secret}}", "duplicate key 'a'"},
};

static void faults_are_named_without_the_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), "municipality: \"0301\"\naccounts:\n - %s\n",
                       faults[i].account);
        struct outcome outcome = read_text(text);
        assert_int_equal(outcome.result, -1);
        assert_int_equal(outcome.registration.count, 0);
        if (!strstr(outcome.lines, faults[i].words) || strncmp(outcome.lines, "r.yaml:3:", 9) != 0)
            fail_msg("%s: %s", faults[i].account, outcome.lines);
        assert_null(strstr(outcome.lines, "very-secret"));
        release(&outcome);
    }
}

static void a_credential_has_a_size(void **state)
{
    static const struct {
        int pairs, value_bytes;
        const char *words; /* NULL: fine */
    } cases[] = {
        {1, 8 * 1024, NULL}, {1, 8 * 1024 + 1, "is longer than 8 KiB"},
        {7, 8 * 1024, NULL}, {8, 8 * 1024, "larger than 61440 bytes in all"},
        {16, 10, NULL},      {17, 10, "more than 16 secrets"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        text_init(&text, 1024 * 1024);
        text_add(&text, "{municipality: \"0301\", accounts: [{channel: x, credential: {\n");
        for (int pair = 0; pair < cases[i].pairs; pair++)
            text_addf(&text, "  name-%d: %0*d,\n", pair, cases[i].value_bytes, pair);
        text_add(&text, "  }}]}\n");
        struct outcome outcome = read_text(text.bytes);
        assert_int_equal(outcome.result, cases[i].words ? -1 : 0);
        if (cases[i].words)
            assert_non_null(strstr(outcome.lines, cases[i].words));
        text_release(&text);
        release(&outcome);
    }
}

static void a_registration_names_its_municipality(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"accounts: [{channel: x}]\n", "lacks 'municipality'"},
        {"municipality: \"0301\"\n", "lacks 'accounts'"},
        {"municipality: \"0301\"\naccounts: []\n", "'accounts' is empty"},
        {"municipality: \"0301\"\naccounts: {}\n", "'accounts' must be a list, not a map"},
        {"municipality: \"03 01\"\naccounts: [{channel: x}]\n", "'municipality' holds something"},
        {"municipalty: \"0301\"\naccounts: [{channel: x}]\n", "did you mean 'municipality'?"},
        {"just a text\n", "must be a map, not a text"},
        {"", "empty"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome outcome = read_text(cases[i].text);
        assert_int_equal(outcome.result, -1);
        if (!strstr(outcome.lines, cases[i].words))
            fail_msg("%s: %s", cases[i].text, outcome.lines);
        release(&outcome);
    }
}

static void an_account_given_twice_is_named_with_both_places(void **state)
{
    static const char text[] = "municipality: \"0301\"\n"
                               "accounts:\n"
                               "  - {channel: x}\n"
                               "  - {channel: x, label: other}\n"
                               "  - {channel: x, label: default}\n";
    static const char other[] =
        "{municipality: \"0301\", accounts: [{channel: x, label: other}]}\n";
    struct outcome outcome = read_text(text);
    (void)state;

    assert_int_equal(outcome.result, -1);
    assert_non_null(strstr(outcome.lines,
                           "r.yaml:5:5: the account 0301 x 'default' is given twice: "
                           "first at r.yaml:3:5"));
    assert_int_equal(outcome.registration.count, 0);

    /* Across files, too; what was read before stays. */
    read_more(&outcome, "a.yaml", other);
    assert_int_equal(outcome.result, 0);
    read_more(&outcome, "b.yaml", other);
    assert_int_equal(outcome.result, -1);
    assert_non_null(strstr(outcome.lines, "first at a.yaml:1:"));
    assert_int_equal(outcome.registration.count, 1);
    release(&outcome);
}

static void thousands_of_accounts_are_read(void **state)
{
    enum { COUNT = 3000 };
    struct outcome outcome = {.arena = arena_new()};
    struct text text;
    (void)state;

    text_init(&text, 1024 * 1024);
    for (int i = 0; i < COUNT; i++)
        text_addf(&text,
                  "- {municipality: \"%04d\", accounts: [{channel: x, settings: {user: \"%d\"}, "
                  "credential: {access-token: token-%d}}]}\n",
                  i, i, i);
    assert_false(text.overflowed);
    read_more(&outcome, "r.yaml", text.bytes);
    assert_string_equal(outcome.lines, "");
    assert_int_equal(outcome.registration.count, COUNT);
    assert_string_equal(secret_of(&outcome, COUNT - 1, "access-token"), "token-2999");
    text_release(&text);
    release(&outcome);
}

#define INVITE "crisis-invite-00112233445566778899aabbccddeeff"

static void of_an_invitation_only_the_hash_is_kept(void **state)
{
    struct outcome outcome =
        read_text("- {municipality: \"0301\", invite: " INVITE ", accounts: [{channel: x}]}\n"
                  "- {municipality: \"4601\", accounts: [{channel: x}]}\n");
    unsigned char hash[SHA256_SIZE];
    (void)state;

    assert_int_equal(outcome.result, 0);
    assert_string_equal(outcome.lines, "");
    const struct registration_account *accounts = outcome.registration.accounts;
    assert_true(accounts[0].part->has_invite);
    assert_int_equal(accounts[0].part->invite_place.column, 34);
    sha256(INVITE, strlen(INVITE), hash);
    assert_memory_equal(accounts[0].part->invite_sha256, hash, SHA256_SIZE);
    assert_false(accounts[1].part->has_invite);
    release(&outcome);
}

static void what_is_no_invitation_is_not_shown(void **state)
{
    static const char *const cases[] = {
        "abc123secret",   "\"\"",
        "[abc123secret]", "crisis-invite-abc123secret",
        INVITE "0",       "Crisis-invite-00112233445566778899aabbccddeeff"};
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "municipality: \"0301\"\ninvite: %s\naccounts: [{channel: x}]\n", cases[i]);
        struct outcome outcome = read_text(text);
        assert_int_equal(outcome.result, -1);
        assert_non_null(strstr(outcome.lines, "is not the code of an invitation"));
        assert_null(strstr(outcome.lines, "secret"));
        release(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_of_all_documents_are_read),
        cmocka_unit_test(an_alias_serves_every_account),
        cmocka_unit_test(faults_are_named_without_the_secret),
        cmocka_unit_test(a_credential_has_a_size),
        cmocka_unit_test(a_registration_names_its_municipality),
        cmocka_unit_test(an_account_given_twice_is_named_with_both_places),
        cmocka_unit_test(thousands_of_accounts_are_read),
        cmocka_unit_test(of_an_invitation_only_the_hash_is_kept),
        cmocka_unit_test(what_is_no_invitation_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

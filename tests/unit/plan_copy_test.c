#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "plan/copy.h"

#include "plan_fixture.h"

static const char whole[] =
    "plan: flom\n"
    "title: \"Flom \\\"nå\\\" \\\\ her\"\n"
    "languages: [nb, 'no']\n"
    "approval:\n"
    "  threshold: 2\n"
    "  approvers: [kari@dsb.example, ola@dsb.example]\n"
    "  emergency: {approvers: [kari@dsb.example], severities: [Extreme]}\n"
    "variables:\n"
    "  level: {one-of: [\"1\", \"01\"], default: \"01\"}\n"
    "municipalities:\n"
    "  - {id: \"0301\", name: Oslo, county: {id: \"03\", name: Oslo}, languages: [nb]}\n"
    "channels: [facebook, x]\n"
    "messages:\n"
    "  info: &info\n"
    "    kind: information\n"
    "    text:\n"
    "      nb:\n"
    "        headline: \"Nivå {{level}}\"\n"
    "        long: |\n"
    "          {{municipality.name}}: første linje.\n"
    "\n"
    "          Tab\\og 😀 og \"anførsel\".\n"
    "      'no': {short: \"{{municipality.name}}: hei\"}\n"
    "  other: *info\n";

static struct plan *parse(struct plan_fixture *fixture, const char *bytes, size_t size)
{
    struct plan *plan = NULL;

    (void)plan_parse(fixture->arena, "copy.yaml", bytes, size, fixture_known_channel,
                     &fixture->problems, &plan);
    return plan;
}

static void the_copy_says_the_same(void **state)
{
    (void)state;
    struct plan_fixture fixture;
    struct text copy;

    fixture_load(&fixture, whole);
    assert_string_equal(fixture_problems(&fixture), "");
    text_init(&copy, YAML_SIZE_MAX_BYTES);
    assert_int_equal(plan_copy_write(fixture.plan, whole, strlen(whole), &copy, &fixture.error), 0);
    const struct plan *plan = parse(&fixture, copy.bytes, copy.length);
    assert_non_null(plan);
    assert_string_equal(plan->id, "flom");
    assert_string_equal(plan->title, "Flom \"nå\" \\ her");
    assert_int_equal(plan->language_count, 2);
    assert_string_equal(plan->languages[1].text, "no");
    assert_string_equal(plan->variables[0].default_value.text, "01");
    assert_int_equal(plan->message_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct message *message = &plan->messages[i], *original = &fixture.plan->messages[i];
        assert_string_equal(message->name, original->name);
        assert_string_equal(message->texts[0].long_text.text, original->texts[0].long_text.text);
        assert_string_equal(message->texts[1].short_text.text, original->texts[1].short_text.text);
    }
    text_release(&copy);
    fixture_release(&fixture);
}

static void nobody_need_approve_it(void **state)
{
    (void)state;
    struct plan_fixture fixture;
    struct text copy;

    fixture_load(&fixture, whole);
    assert_int_equal(fixture.plan->approval.threshold, 2);
    text_init(&copy, YAML_SIZE_MAX_BYTES);
    assert_int_equal(plan_copy_write(fixture.plan, whole, strlen(whole), &copy, &fixture.error), 0);
    const struct plan *plan = parse(&fixture, copy.bytes, copy.length);
    assert_int_equal(plan->approval.threshold, 0);
    assert_int_equal(plan->approval.approver_count, 0);
    assert_int_equal(plan->approval.emergency_approver_count, 0);
    text_release(&copy);
    fixture_release(&fixture);
}

static void directory_files_get_plain_names(void **state)
{
    (void)state;
    static const char yaml[] = "plan: flom\n"
                               "languages: [nb]\n"
                               "municipalities:\n"
                               "  - {from: ../far/away.yaml, select: [all], except: }\n"
                               "  - {from: near.yaml, select: [\"from\"]}\n"
                               "messages: {info: {kind: information, text: {nb: {short: hei}}}}\n";
    struct arena *arena = arena_new();
    const struct plan_directory directories[] = {{.file = "../far/away.yaml"},
                                                 {.file = "near.yaml"}};
    struct plan plan = {.file = "plan.yaml", .directories = directories, .directory_count = 2};
    struct error error = {0};
    struct text copy;

    text_init(&copy, YAML_SIZE_MAX_BYTES);
    sha256(yaml, strlen(yaml), plan.sha256);
    assert_int_equal(plan_copy_write(&plan, yaml, strlen(yaml), &copy, &error), 0);
    assert_string_equal(plan_copy_directory_name(arena, 0), "directory-1.yaml");
    assert_non_null(strstr(copy.bytes, "[{\"from\":\"directory-1.yaml\",\"select\":[\"all\"]},"
                                       "{\"from\":\"directory-2.yaml\",\"select\":[\"from\"]}]"));
    assert_null(strstr(copy.bytes, "away"));
    text_release(&copy);
    arena_free(arena);
}

static void what_was_not_checked_is_refused(void **state)
{
    (void)state;
    struct plan_fixture fixture;
    struct text copy;

    fixture_load(&fixture, whole);
    text_init(&copy, YAML_SIZE_MAX_BYTES);
    assert_int_equal(plan_copy_write(fixture.plan, whole, strlen(whole) - 1, &copy, &fixture.error),
                     -1);
    assert_int_equal(fixture.error.kind, ERROR_INPUT);
    text_release(&copy);
    fixture_release(&fixture);
}

static void one_that_grows_too_large_is_refused(void **state)
{
    (void)state;
    struct plan_fixture fixture;
    struct text copy;

    fixture_load(&fixture, whole);
    text_init(&copy, 200);
    assert_int_equal(plan_copy_write(fixture.plan, whole, strlen(whole), &copy, &fixture.error),
                     -1);
    assert_int_equal(fixture.error.kind, ERROR_INPUT);
    text_release(&copy);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_copy_says_the_same),
        cmocka_unit_test(nobody_need_approve_it),
        cmocka_unit_test(directory_files_get_plain_names),
        cmocka_unit_test(what_was_not_checked_is_refused),
        cmocka_unit_test(one_that_grows_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

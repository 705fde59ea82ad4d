#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "plan/values.h"

#include "plan_fixture.h"

static const char plan_yaml[] = "plan: p\n"
                                "languages: [nb]\n"
                                "variables:\n"
                                "  river: {required: true, max: 12}\n"
                                "  level: {one-of: [oransje, rødt], default: rødt}\n"
                                "  link: {type: url, default: \"https://www.kriseinfo.no\"}\n"
                                "  phone: {type: phone, default: \"02000\"}\n"
                                "  note: {max: 20}\n"
                                "  next: {type: time, required: true}\n"
                                "municipalities:\n"
                                "  - {id: \"0301\", name: Oslo}\n"
                                "messages:\n"
                                "  info: {kind: information, text: {nb: {short: Hei}}}\n";

static int collect(struct plan_fixture *fixture, const char *const *assignments,
                   enum values_purpose purpose, const struct run_values **out)
{
    size_t count = 0;

    fixture_load(fixture, plan_yaml);
    assert_string_equal(fixture_problems(fixture), "");
    while (assignments[count])
        count++;
    return values_collect(fixture->arena, fixture->plan, assignments, count, purpose,
                          &fixture->problems, out);
}

static void values_and_defaults(void **state)
{
    static const char *const assignments[] = {"river=Glomma", "next=12:30", "note=a=b {{x}}", NULL};
    struct plan_fixture fixture;
    const struct run_values *values;

    (void)state;
    assert_int_equal(collect(&fixture, assignments, VALUES_TO_SEND, &values), 0);
    assert_int_equal(values->count, 6);
    assert_string_equal(values->by_variable[0], "Glomma");
    assert_string_equal(values->by_variable[1], "rødt");
    assert_string_equal(values->by_variable[4], "a=b {{x}}");
    assert_string_equal(values->sorted[0].name, "level");
    assert_string_equal(values->sorted[2].name, "next");
    assert_string_equal(values->sorted[2].value, "12:30");
    for (size_t i = 1; i < values->count; i++)
        assert_true(strcmp(values->sorted[i - 1].name, values->sorted[i].name) < 0);
    fixture_release(&fixture);
}

static void refusals(void **state)
{
    static const struct {
        const char *assignments[4];
        const char *message;
    } cases[] = {
        {{"rivr=Glomma"}, "--set: unknown variable 'rivr', did you mean 'river'?"},
        {{"municipality.name=Oslo"}, "--set: 'municipality.name' is built in and cannot be set"},
        {{"river"}, "--set: NAME=VALUE is expected, not 'river'"},
        {{"=x"}, "--set: NAME=VALUE is expected, not '=x'"},
        {{"river=\xFF"}, "--set: the value is not UTF-8"},
        {{"river=Glomma", "next=12:00", "river=Lågen"}, "--set river: the variable is set twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_fixture fixture;
        const struct run_values *values;
        assert_int_equal(collect(&fixture, cases[i].assignments, VALUES_TO_SHOW, &values), -1);
        assert_null(values);
        assert_int_equal(fixture.problems.count, 1);
        assert_string_equal(fixture.problems.items[0].message, cases[i].message);
        fixture_release(&fixture);
    }
}

/* Which words the bounds have for it is tested where they are; here, that they are asked. */
static void bounds_are_kept(void **state)
{
    static const char *const assignments[] = {
        "river=more than twelve",
        "level=gult",
        "link=kriseinfo",
        "phone=call us",
        "next=soon",
        "note=a\nb",
        "note2=x",
        NULL,
    };
    static const char *const starts[] = {
        "--set: unknown variable 'note2'",
        "--set river: 'more than twelve' ",
        "--set level: 'gult' ",
        "--set link: 'kriseinfo' ",
        "--set phone: 'call us' ",
        "--set note: the value ",
        "--set next: 'soon' ",
    };
    struct plan_fixture fixture;
    const struct run_values *values;

    (void)state;
    assert_int_equal(collect(&fixture, assignments, VALUES_TO_SEND, &values), -1);
    assert_int_equal(fixture.problems.count, sizeof(starts) / sizeof(starts[0]));
    for (size_t i = 0; i < fixture.problems.count; i++)
        assert_memory_equal(fixture.problems.items[i].message, starts[i], strlen(starts[i]));
    fixture_release(&fixture);
}

static void control_and_direction_characters_are_refused(void **state)
{
    static const char *const notes[] = {"note=a\x1b[2J", "note=a\u202Eb", "note=a\u2066b",
                                        "note=a\tb", "note=a\x7f"};

    (void)state;
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        const char *assignments[] = {"river=x", "next=12:00", notes[i], NULL};
        struct plan_fixture fixture;
        const struct run_values *values;
        assert_int_equal(collect(&fixture, assignments, VALUES_TO_SEND, &values), -1);
        assert_int_equal(fixture.problems.count, 1);
        assert_int_equal(utf8_find_forbidden(fixture.problems.items[0].message), 0);
        fixture_release(&fixture);
    }
}

static void required_variables(void **state)
{
    static const char *const none[] = {NULL};
    static const char *const empty[] = {"river=", "next=12:00", NULL};
    struct plan_fixture fixture;
    const struct run_values *values;

    (void)state;
    assert_int_equal(collect(&fixture, none, VALUES_TO_SEND, &values), -1);
    assert_string_equal(fixture_problems(&fixture),
                        "0: variable 'river' must be given: --set river=…\n"
                        "0: variable 'next' must be given: --set next=…\n");
    fixture_release(&fixture);

    assert_int_equal(collect(&fixture, empty, VALUES_TO_SEND, &values), -1);
    assert_int_equal(fixture.problems.count, 1);
    fixture_release(&fixture);

    assert_int_equal(collect(&fixture, none, VALUES_TO_SHOW, &values), 0);
    assert_int_equal(utf8_count(values->by_variable[0]), 12);
    assert_string_equal(values->by_variable[5], "00:00");
    assert_string_equal(values_sample(fixture.arena, fixture.plan)->by_variable[0],
                        values->by_variable[0]);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_defaults),
        cmocka_unit_test(refusals),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(control_and_direction_characters_are_refused),
        cmocka_unit_test(required_variables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/problems.h"

static int set_up(void **state)
{
    static struct problems problems;

    problems_init(&problems, arena_new());
    *state = &problems;
    return 0;
}

static int tear_down(void **state)
{
    struct problems *problems = *state;
    arena_free(problems->arena);
    return 0;
}

static struct place at(const char *file, unsigned line, unsigned column)
{
    return (struct place){file, line, column};
}

static void a_new_list_is_empty(void **state)
{
    struct problems *problems = *state;

    assert_int_equal(problems->count, 0);
    assert_false(problems_any_error(problems));
    problems_sort(problems);
}

static void problems_keep_what_they_are_told(void **state)
{
    struct problems *problems = *state;
    char name[] = "kind";

    problems_add(problems, SEVERITY_WARNING, at("plan.yaml", 3, 5), "unknown key '%s'", name);
    memset(name, 'x', 4);
    assert_int_equal(problems->count, 1);
    assert_int_equal(problems->warning_count, 1);
    assert_false(problems_any_error(problems));
    assert_int_equal(problems->items[0].severity, SEVERITY_WARNING);
    assert_string_equal(problems->items[0].place.file, "plan.yaml");
    assert_int_equal(problems->items[0].place.line, 3);
    assert_int_equal(problems->items[0].place.column, 5);
    assert_string_equal(problems->items[0].message, "unknown key 'kind'");

    problems_add(problems, SEVERITY_ERROR, at(NULL, 0, 0), "no plan");
    assert_true(problems_any_error(problems));
    assert_int_equal(problems->error_count, 1);
}

static void identical_problems_count_once(void **state)
{
    struct problems *problems = *state;
    char same_name[] = "plan.yaml";

    problems_add(problems, SEVERITY_ERROR, at("plan.yaml", 1, 2), "bad");
    problems_add(problems, SEVERITY_ERROR, at(same_name, 1, 2), "bad");
    assert_int_equal(problems->count, 1);
    assert_int_equal(problems->error_count, 1);

    problems_add(problems, SEVERITY_ERROR, at("plan.yaml", 1, 3), "bad");
    problems_add(problems, SEVERITY_ERROR, at("plan.yaml", 2, 2), "bad");
    problems_add(problems, SEVERITY_ERROR, at("other.yaml", 1, 2), "bad");
    problems_add(problems, SEVERITY_ERROR, at(NULL, 1, 2), "bad");
    problems_add(problems, SEVERITY_ERROR, at("plan.yaml", 1, 2), "worse");
    assert_int_equal(problems->count, 6);
    assert_int_equal(problems->error_count, 6);
}

static void an_error_is_never_lost_behind_an_identical_warning(void **state)
{
    struct problems *problems = *state;

    problems_add(problems, SEVERITY_WARNING, at("plan.yaml", 1, 2), "too long");
    problems_add(problems, SEVERITY_ERROR, at("plan.yaml", 1, 2), "too long");
    assert_int_equal(problems->count, 1);
    assert_true(problems_any_error(problems));
    assert_int_equal(problems->items[0].severity, SEVERITY_ERROR);
    assert_int_equal(problems->error_count, 1);
    assert_int_equal(problems->warning_count, 0);

    problems_add(problems, SEVERITY_WARNING, at("plan.yaml", 1, 2), "too long");
    assert_int_equal(problems->items[0].severity, SEVERITY_ERROR);
    assert_int_equal(problems->warning_count, 0);
}

static size_t kept(const struct problems *problems, enum severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < problems->count; i++)
        count += problems->items[i].severity == severity;
    return count;
}

static void what_does_not_fit_is_counted(void **state)
{
    struct problems *problems = *state;

    for (unsigned i = 1; i <= PROBLEMS_MAX + 25; i++)
        problems_add(problems, SEVERITY_ERROR, at("plan.yaml", i, 1), "bad");
    for (unsigned i = 1; i <= 10; i++)
        problems_add(problems, SEVERITY_WARNING, at("plan.yaml", i, 1), "odd");
    assert_int_equal(problems->count, PROBLEMS_MAX);
    assert_int_equal(problems->error_count, PROBLEMS_MAX + 25);
    assert_int_equal(problems->warning_count, 10);
    assert_int_equal(kept(problems, SEVERITY_ERROR), PROBLEMS_MAX);
    assert_int_equal(problems->items[0].place.line, 1);
}

static void warnings_never_crowd_out_errors(void **state)
{
    struct problems *problems = *state;

    for (unsigned i = 1; i <= PROBLEMS_MAX + 5; i++)
        problems_add(problems, SEVERITY_WARNING, at("plan.yaml", i, 1), "odd");
    for (unsigned i = 1; i <= 7; i++)
        problems_add(problems, SEVERITY_ERROR, at("plan.yaml", i, 1), "bad");
    assert_int_equal(problems->count, PROBLEMS_MAX);
    assert_int_equal(kept(problems, SEVERITY_ERROR), 7);
    assert_int_equal(problems->warning_count, PROBLEMS_MAX + 5);
    assert_int_equal(problems->error_count, 7);

    problems_sort(problems); /* the first warnings stay, the last ones gave way */
    unsigned last_warning = 0;
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == SEVERITY_WARNING)
            last_warning = problems->items[i].place.line;
    assert_int_equal(last_warning, PROBLEMS_MAX - 7);
}

static void sort_is_by_file_line_and_column(void **state)
{
    struct problems *problems = *state;
    static const struct place sorted[] = {
        {"a.yaml", 0, 0}, {"a.yaml", 2, 9}, {"a.yaml", 10, 1}, {"a.yaml", 10, 2},
        {"b.yaml", 1, 1}, {NULL, 0, 0},     {NULL, 4, 1},
    };
    static const size_t shuffled[] = {5, 3, 6, 0, 4, 2, 1};
    enum { COUNT = sizeof(sorted) / sizeof(sorted[0]) };

    for (size_t i = 0; i < COUNT; i++)
        problems_add(problems, SEVERITY_ERROR, sorted[shuffled[i]], "bad");
    problems_sort(problems);
    assert_int_equal(problems->count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(problems->items[i].place.file, sorted[i].file);
        assert_int_equal(problems->items[i].place.line, sorted[i].line);
        assert_int_equal(problems->items[i].place.column, sorted[i].column);
    }
}

#define PROBLEMS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROBLEMS_TEST(a_new_list_is_empty),
        PROBLEMS_TEST(problems_keep_what_they_are_told),
        PROBLEMS_TEST(identical_problems_count_once),
        PROBLEMS_TEST(an_error_is_never_lost_behind_an_identical_warning),
        PROBLEMS_TEST(what_does_not_fit_is_counted),
        PROBLEMS_TEST(warnings_never_crowd_out_errors),
        PROBLEMS_TEST(sort_is_by_file_line_and_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

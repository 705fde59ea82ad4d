#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/options.h"

/* --- a small program ------------------------------------------------------------------------ */

static const struct option send_options[] = {
    {"exercise", 'e', NULL, false, "post, marked as an exercise"},
    {"set", 's', "NAME=VALUE", true, "fills in a variable"},
    {"deadline", 0, "TIME", false, "nothing new is begun after it"},
    {NULL, 0, NULL, false, NULL},
};

static const struct command send_command = {
    .name = "send",
    .arguments = "PLAN [MESSAGE]",
    .summary = "sends",
    .arguments_least = 1,
    .arguments_most = 2,
    .options = send_options,
};

static const struct command runs_command = {.name = "runs", .arguments = "", .summary = "lists"};

const struct command *const commands[] = {&send_command, &runs_command, NULL};

/* --- words in, invocation out --------------------------------------------------------------- */

enum { WORDS_MAX = 12 };

static int parse(struct arena *arena, const char *const *words, struct invocation *out,
                 struct error *error)
{
    char *argv[WORDS_MAX + 2] = {arena_strdup(arena, "crisis")};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = arena_strdup(arena, words[argc - 1]);
    return options_parse(arena, argc, argv, out, error);
}

/* "command|argument,argument|name=value,name=value", which is easy to read in a table. */
static const char *describe(struct arena *arena, const struct invocation *invocation)
{
    const char *out = invocation->command ? invocation->command->name : "";
    const char *separator = "|";
    for (size_t i = 0; i < invocation->argument_count; i++, separator = ",")
        out = arena_printf(arena, "%s%s%s", out, separator, argument_at(invocation, i));
    separator = invocation->argument_count ? "|" : "||";
    for (size_t i = 0; i < invocation->given_count; i++, separator = ",")
        out = arena_printf(arena, "%s%s%s=%s", out, separator, invocation->given[i].name,
                           invocation->given[i].value);
    return out;
}

static void command_lines(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *expected;
    } cases[] = {
        {{NULL}, ""},
        {{"runs"}, "runs"},
        {{"send", "p.yaml"}, "send|p.yaml"},
        {{"send", "p.yaml", "alert"}, "send|p.yaml,alert"},
        /* Values, in each way. */
        {{"send", "p", "--deadline", "5m"}, "send|p|deadline=5m"},
        {{"send", "p", "--deadline=5m"}, "send|p|deadline=5m"},
        {{"send", "p", "--deadline="}, "send|p|deadline="},
        {{"send", "p", "--set=a=b=c"}, "send|p|set=a=b=c"},
        {{"send", "p", "-s", "a=b"}, "send|p|set=a=b"},
        {{"send", "p", "-sa=b"}, "send|p|set=a=b"},
        {{"send", "p", "--deadline", "--exercise"}, "send|p|deadline=--exercise"},
        {{"send", "p", "--set", "--"}, "send|p|set=--"},
        {{"send", "p", "--exercise"}, "send|p|exercise="},
        {{"send", "p", "-e"}, "send|p|exercise="},
        {{"send", "p", "--set", "a=1", "--set", "a=2"}, "send|p|set=a=1,set=a=2"},
        /* In any order with the arguments, and before the command. */
        {{"--json", "send", "--exercise", "p", "-C", "/w"}, "send|p|json=,exercise=,directory=/w"},
        {{"-C/w", "runs"}, "runs||directory=/w"},
        {{"-C", "/w"}, "||directory=/w"},
        {{"--version"}, "||version="},
        /* After "--" all are arguments; a single "-" always is. */
        {{"send", "--", "--exercise"}, "send|--exercise"},
        {{"send", "--", "--", "-"}, "send|--,-"},
        {{"--", "send", "p"}, "send|p"},
        {{"send", "-"}, "send|-"},
        {{"send", ""}, "send|"},
        /* Asking for help, one need not say the rest. */
        {{"send", "--help"}, "send||help="},
        {{"send", "-h"}, "send||help="},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct invocation invocation;
        struct error error = {0};
        if (parse(arena, cases[i].words, &invocation, &error) < 0)
            fail_msg("%s: %s", cases[i].expected, error.message);
        assert_string_equal(describe(arena, &invocation), cases[i].expected);
        arena_free(arena);
    }
}

static void wrong_usage(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *message, *next;
    } cases[] = {
        {{"snd"}, "unknown command 'snd', did you mean 'send'?", "crisis help lists the commands"},
        {{"evacuate"}, "unknown command 'evacuate'", "crisis help lists the commands"},
        {{""}, "unknown command ''", "crisis help lists the commands"},
        {{"send"}, "send needs PLAN [MESSAGE]", "crisis send PLAN [MESSAGE]"},
        {{"send", "a", "b", "c"}, "send does not take 'c'", "crisis send PLAN [MESSAGE]"},
        {{"runs", "a"}, "runs does not take 'a'", "crisis runs"},
        {{"send", "p", "--excercise"},
         "unknown option '--excercise', did you mean '--exercise'?",
         "crisis help send"},
        {{"send", "p", "--deadlin=5m"},
         "unknown option '--deadlin=5m', did you mean '--deadline'?",
         "crisis help send"},
        {{"send", "p", "--live"}, "unknown option '--live'", "crisis help send"},
        {{"send", "p", "-x"}, "unknown option '-x'", "crisis help send"},
        {{"runs", "--exercise"}, "unknown option '--exercise'", "crisis help runs"},
        {{"--exercise", "send", "p"}, "unknown option '--exercise'", "crisis help"},
        {{"send", "p", "--exer"}, "unknown option '--exer'", NULL}, /* no abbreviations */
        {{"send", "p", "--=5"}, "unknown option '--=5'", NULL},
        {{"send", "p", "--exercise=no"}, "--exercise takes no value", NULL},
        {{"send", "p", "-ex"}, "--exercise takes no value", NULL},
        {{"send", "p", "--deadline"}, "--deadline needs a value: --deadline TIME", NULL},
        {{"send", "p", "-s"}, "--set needs a value: --set NAME=VALUE", NULL},
        {{"send", "p", "--deadline", "1m", "--deadline=2m"}, "--deadline is given twice", NULL},
        {{"send", "p", "--exercise", "-e"}, "--exercise is given twice", NULL},
        {{"--json", "runs", "--json"}, "--json is given twice", NULL},
        {{"-C", "a", "--directory", "b", "runs"}, "--directory is given twice", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct invocation invocation;
        struct error error = {0};
        if (parse(arena, cases[i].words, &invocation, &error) == 0)
            fail_msg("taken, without: %s", cases[i].message);
        assert_int_equal(error.kind, ERROR_USAGE);
        assert_string_equal(error.message, cases[i].message);
        if (cases[i].next)
            assert_string_equal(error.next, cases[i].next);
        arena_free(arena);
    }
}

static void values_are_asked_for(void **state)
{
    (void)state;
    static const char *const words[] = {"send", "p", "--set", "a=1", "-s", "b=2", "-e", NULL};
    struct arena *arena = arena_new();
    struct invocation invocation;
    struct error error = {0};
    size_t count;

    assert_int_equal(parse(arena, words, &invocation, &error), 0);
    assert_ptr_equal(invocation.command, &send_command);
    assert_true(option_is_given(&invocation, "exercise"));
    assert_false(option_is_given(&invocation, "deadline"));
    assert_string_equal(option_value(&invocation, "exercise"), "");
    assert_string_equal(option_value(&invocation, "set"), "b=2"); /* the last one */
    assert_null(option_value(&invocation, "deadline"));
    const char *const *values = option_values(&invocation, "set", &count);
    assert_int_equal(count, 2);
    assert_string_equal(values[0], "a=1");
    assert_string_equal(values[1], "b=2");
    (void)option_values(&invocation, "deadline", &count);
    assert_int_equal(count, 0);
    assert_string_equal(argument_at(&invocation, 0), "p");
    assert_null(argument_at(&invocation, 1));
    arena_free(arena);
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *value; /* NULL: not given */
        int result;
        int64_t expected_ms;
    } cases[] = {
        {NULL, 0, 600000}, {"90s", 0, 90000},
        {"150ms", 0, 150}, {"2h", 0, 7200000},
        {"10", -1, 0},     {"", -1, 0},
        {"soon", -1, 0},   {"-5m", -1, 0},
        {"5 m", -1, 0},    {"99999999999999999999d", -1, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct invocation invocation;
        struct error error = {0};
        int64_t out_ms;
        const char *words[] = {"send", "p", cases[i].value ? "--deadline" : NULL, cases[i].value,
                               NULL};
        assert_int_equal(parse(arena, words, &invocation, &error), 0);
        int result = option_duration(&invocation, "deadline", 600000, &out_ms, &error);
        assert_int_equal(result, cases[i].result);
        if (result == 0) {
            assert_int_equal(out_ms, cases[i].expected_ms);
        } else {
            assert_int_equal(error.kind, ERROR_USAGE);
            assert_non_null(strstr(error.message, cases[i].value));
            assert_true(error.next[0] != '\0');
        }
        arena_free(arena);
    }
}

static void numbers_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *value; /* NULL: not given */
        int result;
        uint64_t expected;
    } cases[] = {{NULL, 0, 42},      {"0", 0, 0}, {"18446744073709551615", 0, UINT64_MAX},
                 {"-1", -1, 0},      {"", -1, 0}, {"18446744073709551616", -1, 0},
                 {"7 apples", -1, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct invocation invocation;
        struct error error = {0};
        uint64_t out;
        const char *words[] = {"send", "p", cases[i].value ? "--deadline" : NULL, cases[i].value,
                               NULL};
        assert_int_equal(parse(arena, words, &invocation, &error), 0);
        assert_int_equal(option_number(&invocation, "deadline", 42, &out, &error), cases[i].result);
        if (cases[i].result == 0)
            assert_true(out == cases[i].expected);
        else
            assert_int_equal(error.kind, ERROR_USAGE);
        arena_free(arena);
    }
}

static void commands_are_found_by_their_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(command_find("runs"), &runs_command);
    assert_null(command_find("run"));
    assert_null(command_find("RUNS"));
    assert_null(command_find(""));
}

/* Two options of one name, or one letter, would hide each other. */
static void global_options_stand_apart(void **state)
{
    (void)state;
    for (const struct option *a = global_options; a->name; a++) {
        assert_true(a->help[0] != '\0');
        for (const struct option *b = global_options; b < a; b++) {
            assert_string_not_equal(a->name, b->name);
            assert_true(a->letter == 0 || a->letter != b->letter);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines),
        cmocka_unit_test(wrong_usage),
        cmocka_unit_test(values_are_asked_for),
        cmocka_unit_test(durations),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(commands_are_found_by_their_whole_name),
        cmocka_unit_test(global_options_stand_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

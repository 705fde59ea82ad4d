#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process.h"

static struct supervisor supervisor;

static int begin(void **state)
{
    (void)state;
    struct error error = {0};
    return supervisor_begin(&supervisor, &error);
}

static int end(void **state)
{
    (void)state;
    supervisor_end(&supervisor);
    return 0;
}

static struct process start(const char *script)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    struct process process;
    struct error error = {0};

    assert_int_equal(process_start(&supervisor, "/bin/sh", arguments, &process, &error), 0);
    return process;
}

static void its_lines_and_its_exit_code(void **state)
{
    (void)state;
    struct process process = start("echo one; echo; printf three; exit 3");
    struct text line;

    text_init(&line, PROCESS_LINE_MAX_BYTES);
    assert_int_equal(process_read_line(&process, &line), PROCESS_LINE);
    assert_string_equal(line.bytes, "one");
    assert_int_equal(process_read_line(&process, &line), PROCESS_LINE);
    assert_string_equal(line.bytes, "");
    assert_int_equal(process_read_line(&process, &line), PROCESS_SILENT); /* no whole line */
    assert_int_equal(process_end(&process), 3);
    assert_int_equal(process_end(&process), -1);
    text_release(&line);
}

static void a_line_that_is_too_long_comes_in_pieces(void **state)
{
    (void)state;
    struct process process = start("head -c 300000 /dev/zero | tr '\\0' x; echo; echo after");
    struct text line;
    size_t bytes = 0;

    text_init(&line, PROCESS_LINE_MAX_BYTES + 64 * 1024);
    while (process_read_line(&process, &line) == PROCESS_LINE && strcmp(line.bytes, "after") != 0)
        bytes += line.length;
    assert_int_equal(bytes, 300000);
    assert_string_equal(line.bytes, "after");
    assert_int_equal(process_end(&process), 0);
    text_release(&line);
}

static void what_ended_it(void **state)
{
    (void)state;
    struct process process = start("kill -9 $$");
    assert_int_equal(process_end(&process), 128 + 9);
    process = start("exec sleep 1000");
    process_kill(&process);
    assert_int_equal(process.id, 0);
    process_kill(&process); /* once is enough */
}

static void a_program_that_is_not_there(void **state)
{
    (void)state;
    const char *const arguments[] = {"nothing", NULL};
    struct process process;
    struct error error = {0};

    assert_int_equal(process_start(&supervisor, "/nowhere/nothing", arguments, &process, &error),
                     0);
    assert_int_equal(process_end(&process), 127);
}

static void a_signal_is_heard_instead_of_ending_us(void **state)
{
    (void)state;
    struct process process = start("exec sleep 1000");
    struct text line;

    text_init(&line, PROCESS_LINE_MAX_BYTES);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(process_read_line(&process, &line), PROCESS_INTERRUPTED);
    assert_true(supervisor.interrupted);
    assert_int_equal(process_read_line(&process, &line), PROCESS_INTERRUPTED);
    process_kill(&process);
    text_release(&line);
}

static void it_has_no_signal_blocked(void **state)
{
    (void)state;
    struct process process = start("kill -TERM $$; echo still here");
    assert_int_equal(process_end(&process), 128 + SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(its_lines_and_its_exit_code, begin, end),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_comes_in_pieces, begin, end),
        cmocka_unit_test_setup_teardown(what_ended_it, begin, end),
        cmocka_unit_test_setup_teardown(a_program_that_is_not_there, begin, end),
        cmocka_unit_test_setup_teardown(a_signal_is_heard_instead_of_ending_us, begin, end),
        cmocka_unit_test_setup_teardown(it_has_no_signal_blocked, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

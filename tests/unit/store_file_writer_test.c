/* A file that is written in pieces is there whole or not at all, and never in another's place
 * unasked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/file_writer.h"

#include "file_fixture.h"

static int set_up(void **state)
{
    return set_up_file(state, "report.csv");
}

static struct file_writer *begin(struct fixture *fixture)
{
    struct file_writer *writer = file_writer_new(fixture->path, &fixture->error);

    assert_non_null(writer);
    assert_int_equal(file_writer_add(writer, "first,", 6, &fixture->error), 0);
    assert_int_equal(file_writer_add(writer, "", 0, &fixture->error), 0);
    assert_int_equal(file_writer_add(writer, "last", 4, &fixture->error), 0);
    return writer;
}

static void assert_content(struct fixture *fixture, const char *expected)
{
    struct text bytes;

    assert_int_equal(file_read(fixture->path, 100, &bytes, &fixture->error), 0);
    assert_string_equal(bytes.bytes, expected);
    text_release(&bytes);
}

/* Neither a temporary file nor anything else is left in the folder. */
static void assert_nothing_else(struct fixture *fixture)
{
    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->folder.path), 0);
}

static void a_new_file_is_there_when_it_is_finished(void **state)
{
    struct fixture *fixture = *state;
    struct file_writer *writer = begin(fixture);
    struct stat status;

    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(file_writer_finish(writer, FILE_NEW, 0640, &fixture->error), 0);
    file_writer_free(writer);
    assert_content(fixture, "first,last");
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_nothing_else(fixture);
}

static void what_is_not_finished_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;

    file_writer_free(begin(fixture));
    file_writer_free(NULL);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_nothing_else(fixture);
}

static void a_file_that_came_meanwhile_stays(void **state)
{
    struct fixture *fixture = *state;
    struct file_writer *writer = begin(fixture);

    assert_true(test_folder_write(fixture->path, "theirs"));
    assert_int_equal(file_writer_finish(writer, FILE_NEW, 0644, &fixture->error), -1);
    assert_int_equal(fixture->error.kind, ERROR_USAGE);
    assert_non_null(strstr(fixture->error.message, "report.csv"));
    file_writer_free(writer);
    assert_content(fixture, "theirs");
    assert_nothing_else(fixture);
}

static void a_file_is_replaced_when_that_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct file_writer *writer = begin(fixture);

    assert_true(test_folder_write(fixture->path, "old"));
    assert_int_equal(file_writer_finish(writer, FILE_REPLACE, 0644, &fixture->error), 0);
    file_writer_free(writer);
    assert_content(fixture, "first,last");
    assert_nothing_else(fixture);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    char path[sizeof(fixture->path) + 8];

    (void)snprintf(path, sizeof(path), "%s/x", fixture->path);
    assert_null(file_writer_new(path, &fixture->error));
    assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->error.message, path));
}

#define WRITER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITER_TEST(a_new_file_is_there_when_it_is_finished),
        WRITER_TEST(what_is_not_finished_leaves_nothing),
        WRITER_TEST(a_file_that_came_meanwhile_stays),
        WRITER_TEST(a_file_is_replaced_when_that_is_asked_for),
        WRITER_TEST(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

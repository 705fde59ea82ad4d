#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#include "file_fixture.h"

static int set_up(void **state)
{
    return set_up_file(state, "file");
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *path, size_t max_bytes, enum error_kind kind,
                           const char *words)
{
    struct text out;
    struct error error = {0};

    assert_int_equal(file_read(path, max_bytes, &out, &error), -1);
    assert_int_equal(error.kind, kind);
    if (!strstr(error.message, words) || !strstr(error.message, path))
        fail_msg("'%s' does not say '%s' and '%s'", error.message, path, words);
    text_release(&out);
}

static void reads_a_file_whole(void **state)
{
    struct fixture *fixture = *state;
    static const size_t sizes[] = {0, 1, 4095, 32768, 32769, 100000};
    char *bytes = malloc(100000);

    for (size_t i = 0; i < 100000; i++)
        bytes[i] = (char)(i * 7 % 256); /* NUL is a byte like others */
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct text out;
        struct error error = {0};
        write_bytes(fixture->path, bytes, sizes[i]);
        assert_int_equal(file_read(fixture->path, 100000, &out, &error), 0);
        assert_int_equal(out.length, sizes[i]);
        assert_memory_equal(out.bytes, bytes, sizes[i]);
        assert_int_equal(out.bytes[out.length], 0);
        text_release(&out);
    }
    free(bytes);
}

static void a_file_of_just_the_ceiling_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct text out;
    struct error error = {0};

    write_bytes(fixture->path, "12345", 5);
    assert_int_equal(file_read(fixture->path, 5, &out, &error), 0);
    assert_string_equal(out.bytes, "12345");
    text_release(&out);
    assert_refused(fixture->path, 4, ERROR_INPUT, "larger than 4 bytes");
    assert_refused(fixture->path, 0, ERROR_INPUT, "larger than 0 bytes");
}

static void a_large_one_is_refused_in_words(void **state)
{
    struct fixture *fixture = *state;

    write_bytes(fixture->path, "", 0);
    assert_int_equal(truncate(fixture->path, 8 * 1024 * 1024 + 1), 0);
    assert_refused(fixture->path, 8 * 1024 * 1024, ERROR_INPUT, "larger than 8 MiB");
}

static void what_is_no_file_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_refused(fixture->path, 100, ERROR_INPUT, "o such file");
    assert_refused(fixture->folder.path, 100, ERROR_INPUT, "folder");
    /* Nobody writes into this pipe, and it must not hold the program. */
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_refused(fixture->path, 100, ERROR_INPUT, "no regular file");
    assert_refused("/dev/null", 100, ERROR_INPUT, "no regular file");
}

/* Says size 0, and has bytes: what is read counts, not what was said. */
static void a_file_that_does_not_know_its_size(void **state)
{
    (void)state;
    struct text out;
    struct error error = {0};

    assert_int_equal(file_read("/proc/self/status", 65536, &out, &error), 0);
    assert_true(out.length > 100);
    text_release(&out);
    assert_refused("/proc/self/status", 100, ERROR_INPUT, "larger than 100 bytes");
}

/* A socket of packets gives one at a time, which is less than was asked for. */
static void what_comes_in_pieces_is_read_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {10, 10, 5, 3, 2};
    static const char all[] = "abcdefghijklmnopqrstuvwxyz1234";
    char bytes[64];
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    for (size_t i = 0, at = 0; i < sizeof(sizes) / sizeof(sizes[0]); at += sizes[i++])
        assert_int_equal(file_write_whole(ends[1], all + at, sizes[i]), 0);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(file_read_whole(ends[0], bytes, 25), 25);
    assert_memory_equal(bytes, all, 25);
    assert_int_equal(file_read_whole(ends[0], bytes, sizeof(bytes)), 5); /* and there it ends */
    assert_memory_equal(bytes, all + 25, 5);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(file_read_whole(ends[0], bytes, 1), -1);
    assert_int_equal(file_write_whole(ends[0], bytes, 1), -1);
}

/* Nobody mistyped a name: it is the system that has run out. */
static void no_descriptor_is_trouble_of_the_system(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before, none;
    struct text out;
    struct error error = {0};

    write_bytes(fixture->path, "x", 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = file_read(fixture->path, 10, &out, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, -1);
    assert_int_equal(error.kind, ERROR_SYSTEM);
    text_release(&out);
}

static void assert_below(struct fixture *fixture, const char *name, const char *words)
{
    struct text out;
    struct error error = {0};

    int result = file_read_below(fixture->folder.path, name, 10, &out, &error);
    if (words) {
        assert_int_equal(result, -1);
        assert_int_equal(error.kind, ERROR_INPUT);
        if (!strstr(error.message, words) || !strstr(error.message, name))
            fail_msg("'%s' does not say '%s' and '%s'", error.message, name, words);
    } else {
        assert_int_equal(result, 0);
        assert_string_equal(out.bytes, "inside");
    }
    text_release(&out);
}

static void what_lies_below_a_folder_is_read_and_nothing_else(void **state)
{
    static const struct {
        const char *name, *target; /* of a link; NULL: there is none of that name */
        const char *words;         /* NULL: it is read */
    } cases[] = {
        {"within", "file", NULL},
        {"below/within", "../file", NULL},
        {"link/within", NULL, NULL},
        {"out", "../outside", "leads out of"},
        {"root", "/etc/hostname", "leads out of"},
        {"circle", "circle", "symbolic link"},
        {"link-out", "..", "leads out of"},
        {"link-out/outside", NULL, "leads out of"},
        {"below", NULL, "it is a folder"},
        {"not-there", NULL, "no such file"},
        {"not-there/file", NULL, "no such file"},
        {"../outside", NULL, "leads out of"},
    };
    struct fixture *fixture = *state;
    char path[TEST_PATH_SIZE + 64];

    write_bytes(fixture->path, "inside", 6);
    test_folder_file(&fixture->folder, "below", path);
    assert_int_equal(mkdir(path, 0700), 0);
    test_folder_file(&fixture->folder, "link", path);
    assert_int_equal(symlink("below", path), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_folder_file(&fixture->folder, cases[i].name, path);
        if (cases[i].target)
            assert_int_equal(symlink(cases[i].target, path), 0);
        assert_below(fixture, cases[i].name, cases[i].words);
    }
}

/* Named by a relative path, as a plan in the folder where one is. */
static void a_name_is_shown_with_its_folder(void **state)
{
    struct text out;
    struct error error = {0};
    (void)state;

    assert_int_equal(file_read_below(".", "not-there", 10, &out, &error), -1);
    assert_non_null(strstr(error.message, "'not-there'"));
    text_release(&out);
    error = (struct error){0};
    assert_int_equal(file_read_below("not-there-either", "file", 10, &out, &error), -1);
    assert_non_null(strstr(error.message, "'not-there-either/file': no such file"));
    text_release(&out);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(what_comes_in_pieces_is_read_whole),
        FILE_TEST(no_descriptor_is_trouble_of_the_system),
        FILE_TEST(what_lies_below_a_folder_is_read_and_nothing_else),
        FILE_TEST(a_name_is_shown_with_its_folder),
        FILE_TEST(reads_a_file_whole),
        FILE_TEST(a_file_of_just_the_ceiling_is_read),
        FILE_TEST(a_large_one_is_refused_in_words),
        FILE_TEST(what_is_no_file_is_refused),
        FILE_TEST(a_file_that_does_not_know_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/folder.h"
#include "base/text.h"

#include "test_folder.h"

enum { SEEN_MAX_BYTES = 4096 };

static int set_up(void **state)
{
    struct test_folder *folder = calloc(1, sizeof(*folder));
    assert_true(test_folder_make(folder));
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    test_folder_remove(*state);
    free(*state);
    return 0;
}

static void make_folder(const struct test_folder *folder, const char *name)
{
    char path[TEST_PATH_SIZE + 64];
    assert_int_equal(mkdir(test_folder_file(folder, name, path), 0700), 0);
}

static void make_file(const struct test_folder *folder, const char *name)
{
    char path[TEST_PATH_SIZE + 64];
    assert_true(test_folder_write(test_folder_file(folder, name, path), "x"));
}

/* Notes the names, with a mark for their kind, and removes what is there. */
static void note_and_remove(void *context, const struct folder_entry *entry)
{
    text_addf(context, "%s%s ", entry->name, entry->is_folder ? "/" : entry->is_file ? "" : "@");
    assert_int_equal(remove(entry->path), 0);
    assert_string_equal(entry->path + strlen(entry->path) - strlen(entry->name), entry->name);
}

static void visits_a_folder_after_what_is_in_it(void **state)
{
    const struct test_folder *folder = *state;
    char path[TEST_PATH_SIZE + 64];
    struct error error = {0};
    struct text seen;

    make_folder(folder, "a");
    make_folder(folder, "a/b");
    make_file(folder, "a/b/c");
    make_folder(folder, "outside");
    make_file(folder, "outside/kept");
    make_folder(folder, "root");
    assert_int_equal(symlink("../outside", test_folder_file(folder, "root/link", path)), 0);
    text_init(&seen, SEEN_MAX_BYTES);
    assert_int_equal(
        folder_walk(test_folder_file(folder, "root", path), note_and_remove, &seen, &error), 0);
    assert_string_equal(seen.bytes, "link@ "); /* not what is behind it */
    text_reset(&seen);
    assert_int_equal(
        folder_walk(test_folder_file(folder, "a", path), note_and_remove, &seen, &error), 0);
    assert_string_equal(seen.bytes, "b/c b/ ");
    assert_int_equal(access(test_folder_file(folder, "outside/kept", path), F_OK), 0);
    text_release(&seen);
}

static void says_what_it_cannot_read(void **state)
{
    const struct test_folder *folder = *state;
    char path[TEST_PATH_SIZE + 64];
    struct error error = {0};
    struct text seen, name;

    text_init(&seen, SEEN_MAX_BYTES);
    text_init(&name, sizeof(path));
    test_folder_file(folder, "nothing", path);
    assert_int_equal(folder_walk(path, note_and_remove, &seen, &error), -1);
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(error.message, path));
    for (int depth = 0; depth <= FOLDER_DEPTH_MAX; depth++) {
        text_add(&name, depth ? "/d" : "d");
        make_folder(folder, name.bytes);
    }
    error = (struct error){0};
    assert_int_equal(folder_walk(folder->path, note_and_remove, &seen, &error), -1);
    assert_non_null(strstr(error.message, "too many folders"));
    assert_string_equal(seen.bytes, "");
    text_release(&name);
    text_release(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(visits_a_folder_after_what_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_it_cannot_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/disk.h"

#include "test_folder.h"

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    (void)closedir(folder);
    return count;
}

static void a_trial_leaves_nothing_behind(void **state)
{
    struct test_folder folder;
    struct error error = {0};
    bool is_tried;
    (void)state;

    assert_true(test_folder_make(&folder));
    size_t before = count_entries(folder.path);
    assert_int_equal(disk_try(folder.path, &is_tried, &error), 0);
    assert_int_equal(count_entries(folder.path), before);
    test_folder_remove(&folder);
}

static void the_room_is_that_of_the_folder_s_file_system(void **state)
{
    struct test_folder folder;
    struct error error = {0};
    uint64_t free_bytes = 0;
    (void)state;

    assert_true(test_folder_make(&folder));
    assert_int_equal(disk_free_bytes(folder.path, &free_bytes, &error), 0);
    assert_true(free_bytes > 0);
    assert_int_equal(disk_free_bytes("/proc/self", &free_bytes, &error), 0);
    assert_int_equal(free_bytes, 0);
    test_folder_remove(&folder);
}

static void what_is_no_folder_has_neither(void **state)
{
    struct error error = {0};
    uint64_t free_bytes;
    bool is_tried;
    (void)state;

    assert_int_equal(disk_free_bytes("/nowhere/at/all", &free_bytes, &error), -1);
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    error_clear(&error);
    assert_int_equal(disk_try("/dev/null", &is_tried, &error), -1);
    assert_int_equal(error.kind, ERROR_SYSTEM);
    assert_false(is_tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_leaves_nothing_behind),
        cmocka_unit_test(the_room_is_that_of_the_folder_s_file_system),
        cmocka_unit_test(what_is_no_folder_has_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

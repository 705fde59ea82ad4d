#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/temporary.h"

enum { WAITS_MAX = 6000, WAIT_MS = 10 };

static void fill(const char *folder)
{
    char path[TEMPORARY_PATH_SIZE + 16];

    snprintf(path, sizeof(path), "%s/below", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/below/file", folder);
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
}

static void it_is_ours_and_goes_when_told(void **state)
{
    (void)state;
    struct temporary_folder folder;
    struct error error = {0};
    struct stat status;
    char path[TEMPORARY_PATH_SIZE];

    assert_int_equal(temporary_folder_new("crisis-test", &folder, &error), 0);
    memcpy(path, folder.path, sizeof(path));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    fill(path);
    temporary_folder_remove(&folder);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left to keep it */
    temporary_folder_remove(&folder);
}

/* The path of the folder that a process made before it was killed. */
static void make_and_be_killed(char path[TEMPORARY_PATH_SIZE])
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t id = fork();
    if (id == 0) {
        struct temporary_folder folder;
        struct error error = {0};
        if (temporary_folder_new("crisis-test", &folder, &error) < 0)
            _exit(1);
        fill(folder.path);
        if (write(ends[1], folder.path, sizeof(folder.path)) != (ssize_t)sizeof(folder.path))
            _exit(1);
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(read(ends[0], path, TEMPORARY_PATH_SIZE), TEMPORARY_PATH_SIZE);
    assert_int_equal(waitpid(id, NULL, 0), id);
    close(ends[0]);
    close(ends[1]);
}

static void it_goes_when_its_process_is_killed(void **state)
{
    (void)state;
    char path[TEMPORARY_PATH_SIZE];

    make_and_be_killed(path);
    for (int i = 0; i < WAITS_MAX && access(path, F_OK) == 0; i++)
        (void)poll(NULL, 0, WAIT_MS);
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_ours_and_goes_when_told),
        cmocka_unit_test(it_goes_when_its_process_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

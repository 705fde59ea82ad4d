/* A folder of its own for a test, removed with all that is in it. */
#ifndef CRISIS_TESTS_UNIT_TEST_FOLDER_H
#define CRISIS_TESTS_UNIT_TEST_FOLDER_H

#include <ftw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEST_PATH_SIZE = 512 };

struct test_folder {
    char path[TEST_PATH_SIZE];
};

static inline bool test_folder_make(struct test_folder *folder)
{
    const char *base = getenv("TMPDIR");

    int length = snprintf(folder->path, sizeof(folder->path), "%s/crisis-test-XXXXXX",
                          base && *base ? base : "/tmp");
    return length > 0 && (size_t)length < sizeof(folder->path) && mkdtemp(folder->path) != NULL;
}

static inline int test_folder_remove_one(const char *path, const struct stat *status, int kind,
                                         struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void test_folder_remove(const struct test_folder *folder)
{
    (void)nftw(folder->path, test_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in it. The buffer is the caller's. */
static inline const char *test_folder_file(const struct test_folder *folder, const char *name,
                                           char out[TEST_PATH_SIZE + 64])
{
    (void)snprintf(out, TEST_PATH_SIZE + 64, "%s/%s", folder->path, name);
    return out;
}

static inline bool test_folder_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return false;
    bool written = fwrite(text, 1, strlen(text), file) == strlen(text);
    return fclose(file) == 0 && written;
}

#endif

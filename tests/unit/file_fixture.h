/* A path in a folder of its own, where nothing is yet, for tests that need no more than one file.
 */
#ifndef CRISIS_TESTS_UNIT_FILE_FIXTURE_H
#define CRISIS_TESTS_UNIT_FILE_FIXTURE_H

#include "base/error.h"

#include "test_folder.h"

struct fixture {
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64];
    struct error error;
};

/* The fixture becomes the test's state. */
static inline int set_up_file(void **state, const char *name)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    test_folder_file(&fixture->folder, name, fixture->path);
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;

    (void)chmod(fixture->folder.path, 0700); /* a test may have taken the rights away */
    test_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

#endif

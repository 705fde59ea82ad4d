#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "store/log_reader.h"
#include "store/workspace.h"

#include "test_folder.h"

struct fixture {
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64];
    struct arena *arena;
    struct config config;
    struct workspace workspace;
    struct store *store;
    struct error error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    test_folder_file(&fixture->folder, "w", fixture->path);
    fixture->arena = arena_new();
    fixture->workspace = (struct workspace){.path = fixture->path, .config = &fixture->config};
    assert_int_equal(workspace_init(fixture->path, INT64_C(1795403052123), NULL, &fixture->error),
                     0);
    assert_int_equal(
        workspace_store(&fixture->workspace, STORE_READ, &fixture->store, &fixture->error), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    test_folder_remove(&fixture->folder);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static int publish(struct fixture *fixture)
{
    struct published_log *log;

    error_clear(&fixture->error);
    assert_int_equal(workspace_published_log(&fixture->workspace, &log, &fixture->error), 0);
    assert_non_null(log);
    int result = published_log_update(log, fixture->store, &fixture->error);
    published_log_close(log);
    return result;
}

static void without_an_origin_there_is_no_log(void **state)
{
    struct fixture *fixture = *state;
    struct published_log *log = NULL;
    struct note_vkey key;
    bool is_there = true;

    assert_int_equal(workspace_published_log(&fixture->workspace, &log, &fixture->error), 0);
    assert_null(log);
    assert_int_equal(workspace_log_vkey(&fixture->workspace, &key, &is_there, &fixture->error), 0);
    assert_false(is_there);
    assert_false(workspace_log_is_published(&fixture->workspace));
}

static void what_is_published_keeps_its_name(void **state)
{
    struct fixture *fixture = *state;
    struct log_reading reading;
    struct note_vkey key;
    bool is_there;

    fixture->config.log_origin = "a.example/log";
    assert_int_equal(publish(fixture), 0);
    assert_true(workspace_log_is_published(&fixture->workspace));
    fixture->config.log_origin = NULL;
    assert_int_equal(publish(fixture), 0);
    assert_int_equal(workspace_log_vkey(&fixture->workspace, &key, &is_there, &fixture->error), 0);
    assert_true(is_there);
    assert_string_equal(key.name, "a.example/log");
    const char *folder = workspace_log_folder(&fixture->workspace, fixture->arena);
    assert_int_equal(log_reader_compare(folder, &key, fixture->store, &reading, &fixture->error),
                     0);
    assert_int_equal(reading.checkpoint.size, 1);

    fixture->config.log_origin = "b.example/log";
    assert_int_equal(publish(fixture), -1);
    assert_int_equal(fixture->error.kind, ERROR_VERIFICATION);
    assert_non_null(strstr(fixture->error.next, "begin a new log"));
}

static void a_key_that_is_none_is_told(void **state)
{
    static const char other_version[] = "crisis-log-key/v2 "
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    const char *const texts[] = {"", "crisis-log-key/v1 AAAA\n", "AAAA\n", other_version};
    struct fixture *fixture = *state;
    struct published_log *log;

    fixture->config.log_origin = "a.example/log";
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        error_clear(&fixture->error);
        assert_int_equal(
            file_replace(workspace_file(&fixture->workspace, fixture->arena, "keys/log.key"),
                         texts[i], strlen(texts[i]), 0600, &fixture->error),
            0);
        assert_int_equal(workspace_published_log(&fixture->workspace, &log, &fixture->error), -1);
        assert_null(log);
        assert_int_equal(fixture->error.kind, ERROR_SYSTEM);
        assert_non_null(strstr(fixture->error.next, "backup"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_an_origin_there_is_no_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_published_keeps_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_none_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

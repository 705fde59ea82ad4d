#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "store/vault_file.h"
#include "store/workspace.h"
#include "trust/vault.h"

#include "problem_lines.h"
#include "test_folder.h"

static const int64_t now_ms = INT64_C(1795403052123);

struct fixture {
    struct test_folder folder;
    char path[TEST_PATH_SIZE + 64]; /* of the workspace, not made yet */
    struct arena *arena;
    struct problems problems;
    struct error error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_true(test_folder_make(&fixture->folder));
    test_folder_file(&fixture->folder, "w", fixture->path);
    fixture->arena = arena_new();
    problems_init(&fixture->problems, fixture->arena);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    test_folder_remove(&fixture->folder);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static bool any_channel(const char *name)
{
    (void)name;
    return true;
}

static const char *file_of(struct fixture *fixture, const char *name)
{
    return arena_printf(fixture->arena, "%s/%s", fixture->path, name);
}

static void init(struct fixture *fixture)
{
    assert_int_equal(workspace_init(fixture->path, now_ms, NULL, &fixture->error), 0);
}

static struct workspace *open_named(struct fixture *fixture, const char *directory,
                                    const char *environment)
{
    struct workspace *workspace;

    error_clear(&fixture->error);
    int result = workspace_open(fixture->arena, directory, environment, any_channel,
                                &fixture->problems, &workspace, &fixture->error);
    assert_int_equal(result, workspace ? 0 : -1);
    return workspace;
}

static void assert_mode(struct fixture *fixture, const char *name, mode_t mode)
{
    struct stat status;

    assert_int_equal(stat(file_of(fixture, name), &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

static int open_vault(struct fixture *fixture, const struct workspace *workspace,
                      struct vault **out)
{
    struct age_identities *identities;
    int result = workspace_identities(workspace, NULL, &identities, &fixture->error);

    *out = NULL;
    if (result == 0)
        result = workspace_vault(workspace, identities, out, &fixture->error);
    age_identities_free(identities);
    return result;
}

/* --- making --------------------------------------------------------------------------------- */

static bool take_entry(void *context, const struct stored_entry *entry)
{
    struct text *text = context;

    text_add_bytes(text, entry->bytes, entry->size_bytes);
    return true;
}

static void a_new_workspace_is_whole(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    struct vault *vault;
    struct text entries;

    init(fixture);
    assert_mode(fixture, "keys", 0700);
    assert_mode(fixture, "keys/vault.key", 0600);
    assert_mode(fixture, "vault.age", 0600);
    assert_mode(fixture, "keys/log.key", 0600);
    assert_mode(fixture, "crisis.db", 0600);
    assert_int_equal(access(file_of(fixture, "approvers"), F_OK), 0);
    assert_int_equal(access(file_of(fixture, "audit"), X_OK), 0);
    assert_int_equal(access(file_of(fixture, "public"), X_OK), 0);

    struct workspace *workspace = open_named(fixture, fixture->path, NULL);
    assert_string_equal(problem_lines(fixture->arena, &fixture->problems), "");
    assert_int_equal(workspace->config->approval_threshold, 0);
    assert_int_equal(open_vault(fixture, workspace, &vault), 0);
    vault_close(vault);

    assert_int_equal(workspace_store(workspace, STORE_READ, &store, &fixture->error), 0);
    text_init(&entries, 4096);
    assert_int_equal(store_entries(store, 0, take_entry, &entries, &fixture->error), 0);
    assert_non_null(strstr(entries.bytes, "sequence 0\ntime 2026-11-23T03:04:12.123Z\n"
                                          "type init\nactor coordinator\n"));
    text_release(&entries);
    store_close(store);
}

static void two_workspaces_have_different_keys(void **state)
{
    struct fixture *fixture = *state;
    char keys[2][128] = {{0}};

    init(fixture);
    for (int i = 0; i < 2; i++) {
        if (i == 1)
            test_folder_file(&fixture->folder, "v", fixture->path);
        if (i == 1)
            init(fixture);
        FILE *file = fopen(file_of(fixture, "keys/log.key"), "re");
        assert_non_null(fgets(keys[i], sizeof(keys[i]), file));
        assert_int_equal(fclose(file), 0);
        assert_int_equal(strncmp(keys[i], "crisis-log-key/v1 ", 18), 0);
    }
    assert_string_not_equal(keys[0], keys[1]);
}

static void a_folder_with_other_files_can_become_one(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    assert_true(test_folder_write(file_of(fixture, "approvers"), "# ours\n"));
    init(fixture);
    struct stat status;
    assert_int_equal(stat(file_of(fixture, "approvers"), &status), 0);
    assert_int_equal(status.st_size, 7);
}

static void a_workspace_is_never_made_over_another(void **state)
{
    static const char *const names[] = {"crisis.yaml", "crisis.db", "keys"};
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_true(test_folder_write(file_of(fixture, names[i]), "x"));
        error_clear(&fixture->error);
        assert_int_equal(workspace_init(fixture->path, now_ms, NULL, &fixture->error), -1);
        assert_int_equal(fixture->error.kind, ERROR_USAGE);
        assert_non_null(strstr(fixture->error.message, names[i]));
        assert_int_equal(unlink(file_of(fixture, names[i])), 0);
    }
    assert_int_equal(rmdir(fixture->path), 0); /* nothing else was left in it */
}

static void what_cannot_be_finished_is_taken_back(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    assert_true(test_folder_write(file_of(fixture, "public"), "a file where a folder must be"));
    assert_int_equal(workspace_init(fixture->path, now_ms, NULL, &fixture->error), -1);
    assert_non_null(strstr(fixture->error.message, "public"));
    assert_int_equal(unlink(file_of(fixture, "public")), 0);
    assert_int_equal(rmdir(fixture->path), 0);

    test_folder_file(&fixture->folder, "none/w", fixture->path);
    error_clear(&fixture->error);
    assert_int_equal(workspace_init(fixture->path, now_ms, NULL, &fixture->error), -1);
    assert_non_null(strstr(fixture->error.message, "none/w"));
}

/* --- finding -------------------------------------------------------------------------------- */

static void a_workspace_is_found_by_name_environment_or_place(void **state)
{
    struct fixture *fixture = *state;
    char before[TEST_PATH_SIZE + 64];

    init(fixture);
    assert_non_null(open_named(fixture, fixture->path, "/nowhere"));
    assert_non_null(open_named(fixture, NULL, fixture->path));
    assert_null(open_named(fixture, NULL, "/nowhere"));
    assert_int_equal(fixture->error.kind, ERROR_USAGE);
    assert_null(open_named(fixture, fixture->folder.path, fixture->path));
    assert_non_null(strstr(fixture->error.message, "holds no crisis.yaml"));

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(file_of(fixture, "keys")), 0);
    struct workspace *workspace = open_named(fixture, NULL, "");
    assert_non_null(workspace);
    assert_string_equal(workspace_file(workspace, fixture->arena, "crisis.db"),
                        file_of(fixture, "crisis.db"));
    assert_int_equal(chdir(fixture->folder.path), 0);
    assert_null(open_named(fixture, NULL, NULL));
    assert_non_null(strstr(fixture->error.message, "or above it"));
    assert_int_equal(chdir(before), 0);
}

static void a_wrong_configuration_is_told(void **state)
{
    struct fixture *fixture = *state;

    init(fixture);
    assert_true(test_folder_write(file_of(fixture, "crisis.yaml"), "coordinator: {}\n"));
    assert_null(open_named(fixture, fixture->path, NULL));
    assert_int_equal(fixture->error.kind, ERROR_INPUT);
    assert_int_equal(fixture->problems.error_count, 1);
}

/* --- the vault key -------------------------------------------------------------------------- */

static void a_key_that_others_may_read_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct vault *vault;

    init(fixture);
    struct workspace *workspace = open_named(fixture, fixture->path, NULL);
    assert_int_equal(chmod(file_of(fixture, "keys/vault.key"), 0640), 0);
    assert_int_equal(open_vault(fixture, workspace, &vault), -1);
    assert_non_null(strstr(fixture->error.message, "mode 0640"));
    assert_int_equal(unlink(file_of(fixture, "keys/vault.key")), 0);
    error_clear(&fixture->error);
    assert_int_equal(open_vault(fixture, workspace, &vault), -1);
    assert_non_null(strstr(fixture->error.message, "keys/vault.key"));
}

static void the_service_managers_key_comes_first(void **state)
{
    struct fixture *fixture = *state;
    struct vault *vault;

    init(fixture);
    struct workspace *workspace = open_named(fixture, fixture->path, NULL);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", fixture->folder.path, 1), 0);
    assert_int_equal(open_vault(fixture, workspace, &vault), 0); /* none there */
    vault_close(vault);
    const char *key = arena_printf(fixture->arena, "%s/vault.key", fixture->folder.path);
    assert_true(test_folder_write(key, "no key"));
    assert_int_equal(open_vault(fixture, workspace, &vault), -1);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

/* --- files ---------------------------------------------------------------------------------- */

static void a_file_is_replaced_whole(void **state)
{
    struct fixture *fixture = *state;
    char bytes[16] = "";

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    const char *path = file_of(fixture, "page.html");
    assert_int_equal(file_replace(path, "first", 5, 0644, &fixture->error), 0);
    assert_int_equal(file_replace(path, "next", 4, 0600, &fixture->error), 0);
    assert_mode(fixture, "page.html", 0600);
    FILE *file = fopen(path, "re");
    assert_int_equal(fread(bytes, 1, sizeof(bytes), file), 4);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(bytes, "next");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(fixture->path), 0); /* no temporary file is left */
    assert_int_equal(file_replace(path, "x", 1, 0600, &fixture->error), -1);
    assert_non_null(strstr(fixture->error.message, "page.html"));
}

#define WORKSPACE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(a_new_workspace_is_whole),
        WORKSPACE_TEST(two_workspaces_have_different_keys),
        WORKSPACE_TEST(a_folder_with_other_files_can_become_one),
        WORKSPACE_TEST(a_workspace_is_never_made_over_another),
        WORKSPACE_TEST(what_cannot_be_finished_is_taken_back),
        WORKSPACE_TEST(a_workspace_is_found_by_name_environment_or_place),
        WORKSPACE_TEST(a_wrong_configuration_is_told),
        WORKSPACE_TEST(a_key_that_others_may_read_is_refused),
        WORKSPACE_TEST(the_service_managers_key_comes_first),
        WORKSPACE_TEST(a_file_is_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "base/file.h"

static void put(struct fixture *fixture, const char *name, const char *sealed, int64_t unix_ms)
{
    const struct stored_secret secret = {name, sealed, strlen(sealed), unix_ms};
    struct text entry;

    entry_begin(&entry, ENTRY_SECRET_STORED, "coordinator", now_ms);
    entry_add(&entry, "secret", name);
    assert_int_equal(store_secret_put(fixture->store, &secret, &entry, &fixture->error), 0);
    text_release(&entry);
}

static bool remove_secret(struct fixture *fixture, const char *name)
{
    struct text entry;
    bool removed;

    entry_begin(&entry, ENTRY_SECRET_REMOVED, "coordinator", now_ms);
    assert_int_equal(store_secret_remove(fixture->store, name, &entry, &removed, &fixture->error),
                     0);
    text_release(&entry);
    return removed;
}

static uint64_t log_size(struct fixture *fixture)
{
    uint64_t size;

    assert_int_equal(store_log_size(fixture->store, &size, &fixture->error), 0);
    return size;
}

static bool file_holds(const struct fixture *fixture, const char *suffix, const char *wanted)
{
    struct error ignored = {0};
    struct text bytes;
    char path[sizeof(fixture->path) + 8];

    (void)snprintf(path, sizeof(path), "%s%s", fixture->path, suffix);
    bool holds = file_read(path, 64 << 20, &bytes, &ignored) == 0 &&
                 memmem(bytes.bytes, bytes.length, wanted, strlen(wanted)) != NULL;
    text_release(&bytes);
    return holds;
}

static void what_is_put_is_read_by_name_and_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct stored_secret *secrets;
    size_t count;

    assert_int_equal(
        store_secrets(fixture->store, fixture->arena, &secrets, &count, &fixture->error), 0);
    assert_int_equal(count, 0);
    put(fixture, "x-api-key", "sealed-x", 1);
    put(fixture, "facebook-app-secret", "sealed-f", 2);
    put(fixture, "x-api-key", "sealed-again", 3);
    assert_int_equal(
        store_secrets(fixture->store, fixture->arena, &secrets, &count, &fixture->error), 0);
    assert_int_equal(count, 2);
    assert_string_equal(secrets[0].name, "facebook-app-secret");
    assert_int_equal(secrets[0].stored_unix_ms, 2);
    assert_string_equal(secrets[1].name, "x-api-key");
    assert_int_equal(secrets[1].sealed_size_bytes, strlen("sealed-again"));
    assert_memory_equal(secrets[1].sealed, "sealed-again", strlen("sealed-again"));
    assert_int_equal(secrets[1].stored_unix_ms, 3);
    assert_int_equal(log_size(fixture), 3);
}

static void what_is_removed_or_replaced_is_gone_from_the_files(void **state)
{
    struct fixture *fixture = *state;

    put(fixture, "a", "sealed-first", 1);
    put(fixture, "b", "sealed-second", 1);
    assert_true(file_holds(fixture, "", "sealed-first"));
    assert_true(file_holds(fixture, "", "sealed-second"));
    put(fixture, "a", "sealed-third", 2);
    assert_true(remove_secret(fixture, "b"));
    assert_int_equal(log_size(fixture), 4);
    assert_false(remove_secret(fixture, "b"));
    assert_int_equal(log_size(fixture), 4); /* nothing was done, and nothing is told */
    for (size_t i = 0; i < 2; i++) {
        const char *suffix = i ? "-wal" : "";
        assert_false(file_holds(fixture, suffix, "sealed-first"));
        assert_false(file_holds(fixture, suffix, "sealed-second"));
    }
    assert_true(file_holds(fixture, "", "sealed-third"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_is_put_is_read_by_name_and_replaced),
        STORE_TEST(what_is_removed_or_replaced_is_gone_from_the_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

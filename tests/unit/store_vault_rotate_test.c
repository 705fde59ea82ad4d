#include "store_fixture.h"

#include "base/file.h"
#include "store/vault_file.h"
#include "store/workspace.h"
#include "trust/vault.h"

/* What is sealed: the credentials of all accounts but one, and one secret. */
enum { ACCOUNTS = 3, SEALED = ACCOUNTS - 1 + 1 };

static const char secret[] = "access-token\0EAAB-secret-0";
static const char app_secret_name[] = "x-api-key";
static const char app_secret[] = "PlantedAppSecret";

/* A workspace with accounts, the last of which has no credential. */
struct made {
    char path[TEST_PATH_SIZE + 64];
    struct workspace workspace;
    struct age_identities *identities;
    struct store *store;
    const char *vault_path;
};

static struct vault *open_vault(struct fixture *fixture, struct made *made)
{
    struct vault *vault;

    assert_int_equal(workspace_vault(&made->workspace, made->identities, &vault, &fixture->error),
                     0);
    return vault;
}

static void register_accounts(struct fixture *fixture, struct made *made)
{
    static const char *const labels[ACCOUNTS] = {"a", "b", "c"};
    struct stored_account accounts[ACCOUNTS];
    struct vault *vault = open_vault(fixture, made);
    struct text sealed[ACCOUNTS], entries[ACCOUNTS];

    for (size_t i = 0; i < ACCOUNTS; i++) {
        char pairs[sizeof(secret)];
        memcpy(pairs, secret, sizeof(secret));
        pairs[sizeof(secret) - 2] = (char)('0' + i);
        const struct credential credential = {pairs, sizeof(pairs)};
        accounts[i] = (struct stored_account){
            .account = {.municipality = "0301", .channel = "x", .label = labels[i]}};
        text_init(&sealed[i], VAULT_SEALED_MAX_BYTES);
        entry_begin(&entries[i], ENTRY_REGISTERED, "coordinator", now_ms);
        if (i == ACCOUNTS - 1)
            continue;
        assert_int_equal(
            vault_seal(vault, &accounts[i].account, &credential, &sealed[i], &fixture->error), 0);
        accounts[i].sealed = sealed[i].bytes;
        accounts[i].sealed_size_bytes = sealed[i].length;
    }
    assert_int_equal(store_accounts_put(made->store, accounts, ACCOUNTS, entries, &fixture->error),
                     0);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        text_release(&sealed[i]);
        text_release(&entries[i]);
    }
    vault_close(vault);
}

static void put_secret(struct fixture *fixture, struct made *made)
{
    struct stored_secret stored = {.name = app_secret_name, .stored_unix_ms = now_ms};
    struct vault *vault = open_vault(fixture, made);
    struct text value, sealed, entry;

    text_init_secret(&value, VAULT_CREDENTIAL_MAX_BYTES);
    text_init(&sealed, VAULT_SEALED_MAX_BYTES);
    text_add(&value, app_secret);
    assert_int_equal(vault_seal_secret(vault, stored.name, &value, &sealed, &fixture->error), 0);
    stored.sealed = sealed.bytes;
    stored.sealed_size_bytes = sealed.length;
    entry_begin(&entry, ENTRY_SECRET_STORED, "coordinator", now_ms);
    assert_int_equal(store_secret_put(made->store, &stored, &entry, &fixture->error), 0);
    text_release(&entry);
    text_release(&sealed);
    text_release(&value);
    vault_close(vault);
}

static void make(struct fixture *fixture, struct made *made)
{
    *made = (struct made){0};
    test_folder_file(&fixture->folder, "w", made->path);
    made->workspace.path = made->path;
    assert_int_equal(workspace_init(made->path, now_ms, NULL, &fixture->error), 0);
    assert_int_equal(
        workspace_identities(&made->workspace, NULL, &made->identities, &fixture->error), 0);
    assert_int_equal(workspace_store(&made->workspace, STORE_WRITE, &made->store, &fixture->error),
                     0);
    made->vault_path = workspace_file(&made->workspace, fixture->arena, "vault.age");
    register_accounts(fixture, made);
    put_secret(fixture, made);
}

static void unmake(struct made *made)
{
    store_close(made->store);
    age_identities_free(made->identities);
}

static void assert_secret_opens(struct fixture *fixture, struct made *made, struct vault *vault)
{
    struct stored_secret *secrets;
    struct text opened;
    size_t count;

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    assert_int_equal(store_secrets(made->store, fixture->arena, &secrets, &count, &fixture->error),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(secrets[0].stored_unix_ms, now_ms);
    assert_int_equal(vault_unseal_secret(vault, app_secret_name, secrets[0].sealed,
                                         secrets[0].sealed_size_bytes, &opened, &fixture->error),
                     0);
    assert_string_equal(opened.bytes, app_secret);
    text_release(&opened);
}

static void assert_all_open(struct fixture *fixture, struct made *made)
{
    struct vault *vault = open_vault(fixture, made);
    struct stored_account *accounts;
    struct text opened;
    size_t count;

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    assert_int_equal(
        store_accounts(made->store, fixture->arena, &accounts, &count, &fixture->error), 0);
    assert_int_equal(count, ACCOUNTS);
    for (size_t i = 0; i < ACCOUNTS - 1; i++) {
        assert_int_equal(vault_unseal(vault, &accounts[i].account, accounts[i].sealed,
                                      accounts[i].sealed_size_bytes, &opened, &fixture->error),
                         0);
        assert_int_equal(opened.length, sizeof(secret));
        assert_int_equal(opened.bytes[sizeof(secret) - 2], '0' + (int)i);
    }
    assert_null(accounts[ACCOUNTS - 1].sealed);
    text_release(&opened);
    assert_secret_opens(fixture, made, vault);
    vault_close(vault);
}

static void read_keys(struct fixture *fixture, struct made *made, struct text *keys)
{
    assert_int_equal(vault_file_read(made->vault_path, made->identities, keys, &fixture->error), 0);
}

static int rotate(struct fixture *fixture, struct made *made)
{
    struct text entry;
    size_t count;

    error_clear(&fixture->error);
    entry_begin(&entry, ENTRY_VAULT_ROTATED, "coordinator", now_ms);
    int result = vault_rotate(&made->workspace, made->identities, made->store, &entry, &count,
                              &fixture->error);
    text_release(&entry);
    if (result == 0)
        assert_int_equal(count, SEALED);
    return result;
}

static void the_new_key_opens_everything_and_the_old_one_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct stored_account *accounts;
    struct text before, after, opened;
    struct vault *old;
    struct made made;
    size_t count;

    make(fixture, &made);
    read_keys(fixture, &made, &before);
    assert_int_equal(rotate(fixture, &made), 0);
    read_keys(fixture, &made, &after);
    assert_int_equal(after.length, before.length);
    assert_string_not_equal(after.bytes, before.bytes);
    assert_all_open(fixture, &made);

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    assert_int_equal(vault_open(before.bytes, before.length, &old, &fixture->error), 0);
    assert_int_equal(store_accounts(made.store, fixture->arena, &accounts, &count, &fixture->error),
                     0);
    assert_int_equal(vault_unseal(old, &accounts[0].account, accounts[0].sealed,
                                  accounts[0].sealed_size_bytes, &opened, &fixture->error),
                     -1);
    struct stored_secret *secrets;
    assert_int_equal(store_secrets(made.store, fixture->arena, &secrets, &count, &fixture->error),
                     0);
    assert_int_equal(vault_unseal_secret(old, app_secret_name, secrets[0].sealed,
                                         secrets[0].sealed_size_bytes, &opened, &fixture->error),
                     -1);
    vault_close(old);
    text_release(&opened);
    text_release(&before);
    text_release(&after);
    unmake(&made);
}

/* As when it ended before the transaction, or after it: either leaves two keys in vault.age. */
static void what_was_interrupted_is_readable_and_finished_by_the_next(void **state)
{
    struct fixture *fixture = *state;
    struct made made;

    make(fixture, &made);
    for (int after = 0; after < 2; after++) {
        struct text old, added, both, last;
        read_keys(fixture, &made, &old);
        if (after)
            assert_int_equal(rotate(fixture, &made), 0);
        if (after)
            read_keys(fixture, &made, &added);
        else
            vault_new_key(&added);
        text_init_secret(&both, VAULT_KEYS_MAX_BYTES);
        text_add(&both, old.bytes);
        text_add(&both, added.bytes);
        assert_int_equal(vault_file_write(made.vault_path, made.identities, &both, &fixture->error),
                         0);
        assert_all_open(fixture, &made);
        assert_int_equal(rotate(fixture, &made), 0);
        assert_all_open(fixture, &made);
        read_keys(fixture, &made, &last);
        assert_int_equal(last.length, old.length);
        assert_string_not_equal(last.bytes, old.bytes);
        assert_string_not_equal(last.bytes, added.bytes);
        text_release(&old);
        text_release(&added);
        text_release(&both);
        text_release(&last);
    }
    unmake(&made);
}

static void one_that_cannot_be_opened_stops_it(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_account strange = {
        .account = {.municipality = "4601", .channel = "x", .label = "default"},
        .sealed = "\1 this was never sealed by the vault at all",
        .sealed_size_bytes = 44};
    struct text entry;
    struct made made;

    make(fixture, &made);
    entry_begin(&entry, ENTRY_REGISTERED, "coordinator", now_ms);
    assert_int_equal(store_accounts_put(made.store, &strange, 1, &entry, &fixture->error), 0);
    text_release(&entry);
    assert_int_equal(rotate(fixture, &made), -1);
    assert_non_null(strstr(fixture->error.message, "4601"));
    bool removed;
    entry_begin(&entry, ENTRY_UNREGISTERED, "coordinator", now_ms);
    assert_int_equal(
        store_account_remove(made.store, "4601", "x", "default", &entry, &removed, &fixture->error),
        0);
    text_release(&entry);
    assert_all_open(fixture, &made);
    assert_int_equal(rotate(fixture, &made), 0);
    assert_all_open(fixture, &made);
    unmake(&made);
}

static void the_lock_is_had_together_or_alone(void **state)
{
    struct fixture *fixture = *state;
    struct made made;
    int first, second, alone;

    make(fixture, &made);
    assert_int_equal(vault_lock(&made.workspace, false, &first, &fixture->error), 0);
    assert_int_equal(vault_lock(&made.workspace, false, &second, &fixture->error), 0);
    assert_int_equal(vault_lock(&made.workspace, true, &alone, &fixture->error), -1);
    assert_int_equal(alone, -1);
    assert_non_null(strstr(fixture->error.message, "in use"));
    assert_int_equal(close(first), 0);
    assert_int_equal(close(second), 0);
    assert_int_equal(vault_lock(&made.workspace, true, &alone, &fixture->error), 0);
    assert_int_equal(close(alone), 0);
    unmake(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_new_key_opens_everything_and_the_old_one_nothing),
        STORE_TEST(what_was_interrupted_is_readable_and_finished_by_the_next),
        STORE_TEST(one_that_cannot_be_opened_stops_it),
        STORE_TEST(the_lock_is_had_together_or_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

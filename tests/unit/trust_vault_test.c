#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "trust/vault.h"

static const struct account oslo = {
    .municipality = "0301", .channel = "facebook", .label = "default"};
static const char pairs[] = "access-token\0EAAB-very-secret\0page-token\0x";
static const struct credential token = {pairs, sizeof(pairs)};

static struct vault *open_new(void)
{
    struct vault *vault;
    struct text key;
    struct error error = {0};

    vault_new_key(&key);
    assert_true(key.secret);
    assert_int_equal(vault_open(key.bytes, key.length, &vault, &error), 0);
    text_release(&key);
    return vault;
}

static void seal(struct vault *vault, const struct account *account, struct text *sealed)
{
    struct error error = {0};

    text_init(sealed, VAULT_SEALED_MAX_BYTES);
    assert_int_equal(vault_seal(vault, account, &token, sealed, &error), 0);
}

static void assert_not_opened(struct vault *vault, const struct account *account,
                              const struct text *sealed)
{
    struct text opened;
    struct error error = {0};

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    assert_int_equal(vault_unseal(vault, account, sealed->bytes, sealed->length, &opened, &error),
                     -1);
    assert_int_equal(error.kind, ERROR_VERIFICATION);
    assert_int_equal(opened.length, 0);
    assert_null(strstr(error.message, "EAAB"));
    assert_true(error.next[0] != '\0');
    text_release(&opened);
}

static void what_was_sealed_is_opened_again(void **state)
{
    struct vault *vault = open_new();
    struct text sealed, opened;
    struct error error = {0};
    (void)state;

    seal(vault, &oslo, &sealed);
    assert_int_equal(sealed.length, sizeof(pairs) + 1 + 12 + 16);
    assert_int_equal(sealed.bytes[0], 1);
    assert_null(memmem(sealed.bytes, sealed.length, "EAAB", 4));
    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vault_unseal(vault, &oslo, sealed.bytes, sealed.length, &opened, &error),
                         0);
        assert_int_equal(opened.length, sizeof(pairs));
        assert_memory_equal(opened.bytes, pairs, sizeof(pairs));
    }
    text_release(&opened);
    text_release(&sealed);
    vault_close(vault);
}

static void the_same_credential_never_looks_the_same(void **state)
{
    struct vault *vault = open_new();
    struct text first, second;
    (void)state;

    seal(vault, &oslo, &first);
    seal(vault, &oslo, &second);
    assert_memory_not_equal(first.bytes, second.bytes, first.length);
    text_release(&first);
    text_release(&second);
    vault_close(vault);
}

static void a_row_under_another_account_does_not_open(void **state)
{
    static const struct account others[] = {
        {.municipality = "0302", .channel = "facebook", .label = "default"},
        {.municipality = "0301", .channel = "x", .label = "default"},
        {.municipality = "0301", .channel = "facebook", .label = "other"},
        {.municipality = "0301facebook", .channel = "", .label = "default"},
    };
    struct vault *vault = open_new();
    struct text sealed;
    (void)state;

    seal(vault, &oslo, &sealed);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_not_opened(vault, &others[i], &sealed);
    text_release(&sealed);
    vault_close(vault);
}

static void a_changed_byte_is_noticed_wherever_it_is(void **state)
{
    struct vault *vault = open_new();
    struct text sealed;
    (void)state;

    seal(vault, &oslo, &sealed);
    for (size_t i = 0; i < sealed.length; i++) {
        sealed.bytes[i] = (char)(sealed.bytes[i] ^ 0x20);
        assert_not_opened(vault, &oslo, &sealed);
        sealed.bytes[i] = (char)(sealed.bytes[i] ^ 0x20);
    }
    while (sealed.length > 0) {
        sealed.length--;
        assert_not_opened(vault, &oslo, &sealed);
    }
    text_release(&sealed);
    vault_close(vault);
}

static void another_key_does_not_open(void **state)
{
    struct vault *vault = open_new(), *other = open_new();
    struct text sealed;
    (void)state;

    seal(vault, &oslo, &sealed);
    assert_not_opened(other, &oslo, &sealed);
    text_release(&sealed);
    vault_close(vault);
    vault_close(other);
}

static void a_key_file_is_read_strictly(void **state)
{
    static const char *const cases[] = {
        "",
        "\n",
        "crisis-vault-key/v1 ",
        "crisis-vault-key/v1 \n",
        "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n", /* 31 bytes */
        "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", /* 33 bytes */
        "crisis-vault-key/v2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "crisis-vault-key/v1  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    };
    struct vault *vault;
    struct error error;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        error = (struct error){0};
        assert_int_equal(vault_open(cases[i], strlen(cases[i]), &vault, &error), -1);
        assert_null(vault);
        assert_null(strstr(error.message, "AAAA"));
    }
    const char *bare = "crisis-vault-key/v1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_int_equal(vault_open(bare, strlen(bare), &vault, &error), 0);
    vault_close(vault);
    vault_close(NULL);
}

/* As while the data key is changed. */
static void with_two_keys_the_last_one_seals_and_both_open(void **state)
{
    struct text keys[2], both, sealed, opened;
    struct vault *vaults[2], *changing;
    struct error error = {0};
    (void)state;

    text_init_secret(&both, VAULT_KEYS_MAX_BYTES);
    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; i < 2; i++) {
        vault_new_key(&keys[i]);
        text_add_bytes(&both, keys[i].bytes, keys[i].length);
        assert_int_equal(vault_open(keys[i].bytes, keys[i].length, &vaults[i], &error), 0);
    }
    assert_int_equal(vault_open(both.bytes, both.length, &changing, &error), 0);
    for (size_t i = 0; i < 2; i++) {
        seal(vaults[i], &oslo, &sealed);
        assert_int_equal(
            vault_unseal(changing, &oslo, sealed.bytes, sealed.length, &opened, &error), 0);
        text_release(&sealed);
    }
    seal(changing, &oslo, &sealed);
    assert_int_equal(vault_unseal(vaults[1], &oslo, sealed.bytes, sealed.length, &opened, &error),
                     0);
    assert_int_equal(vault_unseal(vaults[0], &oslo, sealed.bytes, sealed.length, &opened, &error),
                     -1);
    vault_close(changing);
    for (size_t i = 0; i < 2; i++) {
        vault_close(vaults[i]);
        text_release(&keys[i]);
    }
    text_release(&both);
    text_release(&sealed);
    text_release(&opened);
}

static void nothing_empty_is_sealed(void **state)
{
    struct vault *vault = open_new();
    struct credential none = {NULL, 0};
    struct text sealed;
    struct error error = {0};
    (void)state;

    text_init(&sealed, VAULT_SEALED_MAX_BYTES);
    assert_int_equal(vault_seal(vault, &oslo, &none, &sealed, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT);
    assert_int_equal(sealed.length, 0);
    text_release(&sealed);
    vault_close(vault);
}

static void a_secret_opens_under_its_own_name_only(void **state)
{
    struct vault *vault = open_new();
    const struct account looks_alike = {.municipality = "", .channel = "", .label = "x-api-key"};
    struct text value, sealed, opened;
    struct error error = {0};
    (void)state;

    text_init_secret(&value, 100);
    text_init_secret(&opened, 100);
    text_init(&sealed, VAULT_SEALED_MAX_BYTES);
    assert_int_equal(vault_seal_secret(vault, "x-api-key", &value, &sealed, &error), -1);
    assert_int_equal(error.kind, ERROR_INPUT); /* it is empty */
    error_clear(&error);
    text_add(&value, "EAAB-very-secret");
    assert_int_equal(vault_seal_secret(vault, "x-api-key", &value, &sealed, &error), 0);
    assert_null(memmem(sealed.bytes, sealed.length, "EAAB", 4));
    assert_int_equal(
        vault_unseal_secret(vault, "x-api-key", sealed.bytes, sealed.length, &opened, &error), 0);
    assert_string_equal(opened.bytes, "EAAB-very-secret");
    assert_int_equal(
        vault_unseal_secret(vault, "x-api-kez", sealed.bytes, sealed.length, &opened, &error), -1);
    assert_int_equal(error.kind, ERROR_VERIFICATION);
    assert_non_null(strstr(error.next, "crisis vault put x-api-kez"));
    assert_int_equal(opened.length, 0);
    assert_not_opened(vault, &looks_alike, &sealed);
    text_release(&value);
    text_release(&sealed);
    text_release(&opened);
    vault_close(vault);
}

static void only_secret_memory_takes_a_credential(void **state)
{
    struct vault *vault = open_new();
    struct text sealed, opened;
    struct error error = {0};
    (void)state;

    seal(vault, &oslo, &sealed);
    text_init(&opened, 1000);
    assert_int_equal(vault_unseal(vault, &oslo, sealed.bytes, sealed.length, &opened, &error), -1);
    assert_int_equal(opened.length, 0);
    text_release(&sealed);
    vault_close(vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_is_opened_again),
        cmocka_unit_test(the_same_credential_never_looks_the_same),
        cmocka_unit_test(a_row_under_another_account_does_not_open),
        cmocka_unit_test(a_changed_byte_is_noticed_wherever_it_is),
        cmocka_unit_test(another_key_does_not_open),
        cmocka_unit_test(a_key_file_is_read_strictly),
        cmocka_unit_test(with_two_keys_the_last_one_seals_and_both_open),
        cmocka_unit_test(nothing_empty_is_sealed),
        cmocka_unit_test(a_secret_opens_under_its_own_name_only),
        cmocka_unit_test(only_secret_memory_takes_a_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The vault: any text of its keys, and what was sealed, after an edit. */
#include "trust/vault.h"

#include "fuzz.h"

static const char pairs[] = "access-token\0EAAC-page-token\0app-secret\0app-secret-123";
static const struct credential credential = {pairs, sizeof(pairs)};
static const struct account account = {"0301", "facebook", "default", NULL, 0};
static const struct account other_account = {"0301", "facebook", "second", NULL, 0};

static struct vault *vault_make(void)
{
    struct vault *vault;
    struct error error = {0};
    struct text key;

    vault_new_key(&key);
    require(vault_open(key.bytes, key.length, &vault, &error) == 0, "a new key opens a vault");
    text_release(&key);
    return vault;
}

static void open_any(const char *bytes, size_t size)
{
    struct vault *vault;
    struct error error = {0};

    if (vault_open(bytes, size, &vault, &error) < 0)
        require(!vault && error.kind == ERROR_SYSTEM, "a refusal has a reason");
    vault_close(vault);
}

static void unseal(struct vault *vault, const struct account *whose, const char *sealed,
                   size_t size, bool is_whole)
{
    struct error error = {0};
    struct text opened;

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    const int result = vault_unseal(vault, whose, sealed, size, &opened, &error);
    require((result == 0) == is_whole, "what was sealed opens, and nothing else");
    if (result == 0)
        require(opened.length == sizeof(pairs) && memcmp(opened.bytes, pairs, sizeof(pairs)) == 0,
                "sealing loses nothing");
    else
        require(opened.length == 0 && error.kind == ERROR_VERIFICATION, "nothing comes out of it");
    text_release(&opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vault *vault;
    struct error error = {0};
    struct text sealed;

    if (!vault)
        vault = vault_make();
    open_any((const char *)data, size);
    if (size < FUZZ_EDIT_HEAD)
        return 0;
    text_init(&sealed, VAULT_SEALED_MAX_BYTES);
    require(vault_seal(vault, &account, &credential, &sealed, &error) == 0, "it can be sealed");
    size_t length = sealed.length;
    char *changed = fuzz_change(sealed.bytes, &length, data, size);
    const bool is_whole =
        length == sealed.length && memcmp(changed, sealed.bytes, sealed.length) == 0;
    unseal(vault, &account, changed, length, is_whole);
    unseal(vault, &other_account, sealed.bytes, sealed.length, false);
    free(changed);
    text_release(&sealed);
    return 0;
}

#include <string.h>

#include "base/memory.h"
#include "model/credential.h"
#include "trust/vault.h"

#include "store/vault_file.h"

/*
 * Three steps, each durable before the next: vault.age holds the old and the new key; every
 * credential and secret is sealed under the new one, in one transaction; vault.age holds the new
 * key alone. With two keys either sealing can be opened, so no step can be interrupted badly.
 */
struct rotation {
    const struct age_identities *identities;
    struct store *store;
    const char *path; /* of vault.age */
};

/* Everything that the vault has sealed, on its way from the old key to the new one. */
struct resealing {
    struct arena *arena;
    struct vault *vault;
    struct text opened; /* one at a time */
    struct stored_account *accounts;
    struct stored_secret *secrets;
    size_t account_count, secret_count;
};

static int seal_account(struct resealing *resealing, struct stored_account *stored,
                        struct text *sealed, struct error *error)
{
    struct vault *vault = resealing->vault;
    struct text *opened = &resealing->opened;

    if (vault_unseal(vault, &stored->account, stored->sealed, stored->sealed_size_bytes, opened,
                     error) < 0)
        return -1;
    const struct credential credential = {opened->bytes, opened->length};
    if (vault_seal(vault, &stored->account, &credential, sealed, error) < 0)
        return -1;
    stored->sealed = arena_memdup(resealing->arena, sealed->bytes, sealed->length);
    stored->sealed_size_bytes = sealed->length;
    return 0;
}

static int seal_secret(struct resealing *resealing, struct stored_secret *stored,
                       struct text *sealed, struct error *error)
{
    struct vault *vault = resealing->vault;

    if (vault_unseal_secret(vault, stored->name, stored->sealed, stored->sealed_size_bytes,
                            &resealing->opened, error) < 0 ||
        vault_seal_secret(vault, stored->name, &resealing->opened, sealed, error) < 0)
        return -1;
    stored->sealed = arena_memdup(resealing->arena, sealed->bytes, sealed->length);
    stored->sealed_size_bytes = sealed->length;
    return 0;
}

/* Leaves accounts without a credential out. */
static int seal_all(struct resealing *resealing, struct error *error)
{
    struct stored_account *accounts = resealing->accounts;
    struct text sealed;
    size_t kept = 0;
    int result = 0;

    text_init(&sealed, VAULT_SEALED_MAX_BYTES);
    text_init_secret(&resealing->opened, VAULT_CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; result == 0 && i < resealing->account_count; i++) {
        if (!accounts[i].sealed)
            continue;
        accounts[kept] = accounts[i];
        result = seal_account(resealing, &accounts[kept++], &sealed, error);
    }
    resealing->account_count = kept;
    for (size_t i = 0; result == 0 && i < resealing->secret_count; i++)
        result = seal_secret(resealing, &resealing->secrets[i], &sealed, error);
    text_release(&resealing->opened);
    text_release(&sealed);
    return result;
}

/* Seals everything under the vault's last key. */
static int reseal_all(struct rotation *rotation, struct vault *vault, const struct text *entry,
                      size_t *out_count, struct error *error)
{
    struct store *store = rotation->store;
    struct resealing all = {.arena = arena_new(), .vault = vault};

    int result = store_accounts(store, all.arena, &all.accounts, &all.account_count, error);
    if (result == 0)
        result = store_secrets(store, all.arena, &all.secrets, &all.secret_count, error);
    if (result == 0)
        result = seal_all(&all, error);
    if (result == 0)
        result = store_vault_reseal(store, all.accounts, all.account_count, all.secrets,
                                    all.secret_count, entry, error);
    *out_count = all.account_count + all.secret_count;
    arena_free(all.arena);
    return result;
}

/* From vault.age with two keys to vault.age with the last one. */
static int finish(struct rotation *rotation, const struct text *keys, const struct text *entry,
                  size_t *out_count, struct error *error)
{
    struct vault *vault = NULL;
    struct text last;

    text_init_secret(&last, VAULT_KEYS_MAX_BYTES);
    text_add(&last, strchr(keys->bytes, '\n') + 1);
    int result = vault_open(keys->bytes, keys->length, &vault, error);
    if (result == 0)
        result = reseal_all(rotation, vault, entry, out_count, error);
    if (result == 0)
        result = vault_file_write(rotation->path, rotation->identities, &last, error);
    vault_close(vault);
    text_release(&last);
    return result;
}

/* Whether an earlier rotation was interrupted. */
static bool holds_two(const struct text *keys)
{
    const char *end = strchr(keys->bytes, '\n');
    return end && end[1] != '\0';
}

static int rotate(struct rotation *rotation, const struct text *entry, size_t *out_count,
                  struct error *error)
{
    struct text keys, added = {0};
    int result = vault_file_read(rotation->path, rotation->identities, &keys, error);

    if (result == 0 && holds_two(&keys)) {
        result = finish(rotation, &keys, NULL, out_count, error);
        text_release(&keys);
        if (result == 0)
            result = vault_file_read(rotation->path, rotation->identities, &keys, error);
    }
    if (result == 0) {
        vault_new_key(&added);
        if (keys.length > 0 && keys.bytes[keys.length - 1] != '\n')
            text_add_char(&keys, '\n');
        text_add(&keys, added.bytes);
        result = vault_file_write(rotation->path, rotation->identities, &keys, error);
    }
    if (result == 0)
        result = finish(rotation, &keys, entry, out_count, error);
    text_release(&added);
    text_release(&keys);
    return result;
}

int vault_rotate(const struct workspace *workspace, const struct age_identities *identities,
                 struct store *store, const struct text *entry, size_t *out_count,
                 struct error *error)
{
    struct arena *arena = arena_new();
    struct rotation rotation = {identities, store, workspace_file(workspace, arena, "vault.age")};

    *out_count = 0;
    int result = rotate(&rotation, entry, out_count, error);
    arena_free(arena);
    return result;
}

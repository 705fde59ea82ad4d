#include <string.h>

#include "base/memory.h"
#include "model/credential.h"
#include "trust/vault.h"

#include "store/vault_file.h"

/*
 * Three steps, each durable before the next: vault.age holds the old and the new key; every
 * credential is sealed under the new one, in one transaction; vault.age holds the new key alone.
 * With two keys either sealing can be opened, so no step can be interrupted badly.
 */
struct rotation {
    const struct age_identities *identities;
    struct store *store;
    const char *path; /* of vault.age */
};

static int reseal_one(struct vault *vault, struct stored_account *stored, struct text *opened,
                      struct text *sealed, struct error *error)
{
    text_init(sealed, VAULT_SEALED_MAX_BYTES);
    if (vault_unseal(vault, &stored->account, stored->sealed, stored->sealed_size_bytes, opened,
                     error) < 0)
        return -1;
    const struct credential credential = {opened->bytes, opened->length};
    if (vault_seal(vault, &stored->account, &credential, sealed, error) < 0)
        return -1;
    stored->sealed = sealed->bytes;
    stored->sealed_size_bytes = sealed->length;
    return 0;
}

/* Seals every credential under the vault's last key. */
static int reseal_all(struct rotation *rotation, struct vault *vault, const struct text *entry,
                      size_t *out_count, struct error *error)
{
    struct arena *arena = arena_new();
    struct stored_account *accounts;
    struct text *sealed = NULL, opened;
    size_t count = 0, kept = 0;

    text_init_secret(&opened, VAULT_CREDENTIAL_MAX_BYTES);
    int result = store_accounts(rotation->store, arena, &accounts, &count, error);
    if (result == 0)
        sealed = arena_alloc_array(arena, count + 1, sizeof(*sealed));
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (!accounts[i].sealed)
            continue;
        accounts[kept] = accounts[i];
        result = reseal_one(vault, &accounts[kept], &opened, &sealed[kept], error);
        kept++;
    }
    if (result == 0)
        result = store_accounts_reseal(rotation->store, accounts, kept, entry, error);
    for (size_t i = 0; sealed && i < kept; i++)
        text_release(&sealed[i]);
    text_release(&opened);
    arena_free(arena);
    *out_count = kept;
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

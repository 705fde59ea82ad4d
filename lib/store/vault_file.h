/*
 * The keys of the workspace's vault (spec: workspace, "Vault").
 *
 * keys/vault.key is an age identity file. Its recipient is what municipalities seal their
 * registration files to. vault.age holds the vault's data key, encrypted to that recipient, so that
 * in an emergency `age -d -i keys/vault.key vault.age` shows it.
 *
 * While a process has a vault open it holds the vault's lock together with others; changing the
 * data key takes the lock alone. Call order: workspace_identities, vault_lock, workspace_vault.
 */
#ifndef CRISIS_STORE_VAULT_FILE_H
#define CRISIS_STORE_VAULT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "trust/age_keys.h"

#include "store/store.h"
#include "store/workspace.h"

struct vault;

/* Asks for the passphrase of `what`; `out` is an initialised secret text. */
struct passphrase_source {
    int (*ask)(const char *what, struct text *out, struct error *error);
};

/* Reads $CREDENTIALS_DIRECTORY/vault.key when that is set and there, else keys/vault.key (whose
 * mode must be 0600 or stricter). passphrases is asked when the file is protected by one; NULL:
 * such a file is refused. */
int workspace_identities(const struct workspace *workspace,
                         const struct passphrase_source *passphrases, struct age_identities **out,
                         struct error *error);

/* Holds the lock until the descriptor is closed. Not alone: waits while the data key is changed.
 * Alone: refused (ERROR_SYSTEM) while anybody has the vault open. */
int vault_lock(const struct workspace *workspace, bool alone, int *descriptor, struct error *error);

/* Opens vault.age and the vault. */
int workspace_vault(const struct workspace *workspace, const struct age_identities *identities,
                    struct vault **out, struct error *error);

/* Gives the vault a new data key: every credential and secret, *out_count of them, is sealed under
 * it. The lock must be held alone. Wherever it ends, by a failure or with the process, all of them
 * can still be opened; the next call finishes what was left over. entry: the draft of an audit
 * entry. */
int vault_rotate(const struct workspace *workspace, const struct age_identities *identities,
                 struct store *store, const struct text *entry, size_t *out_count,
                 struct error *error);

/* vault.age: the text of the data key, or of two while it is changed. `keys` is initialised by
 * vault_file_read as secret text. */
int vault_file_read(const char *path, const struct age_identities *identities, struct text *keys,
                    struct error *error);
int vault_file_write(const char *path, const struct age_identities *identities,
                     const struct text *keys, struct error *error);

#endif

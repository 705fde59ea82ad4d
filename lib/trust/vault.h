/*
 * The vault: credentials of accounts, and secrets of the coordinator's apps, sealed at rest with
 * AES-256-GCM under a data key (spec: workspace, "Vault"). Each is sealed with a fresh nonce and
 * the account's identity, or the secret's name, as associated data, so that rows cannot be swapped.
 * The data key comes from vault.age; what OpenSSL makes of it (the round keys) lies in its own
 * memory and is wiped by vault_close. One thread at a time.
 *
 * While the data key is changed there are two: what is sealed goes under the last one, what is
 * opened may be under either.
 *
 * A sealed one is: version byte 1, nonce (12), ciphertext, tag (16).
 */
#ifndef CRISIS_TRUST_VAULT_H
#define CRISIS_TRUST_VAULT_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "model/account.h"
#include "model/credential.h"

enum {
    VAULT_CREDENTIAL_MAX_BYTES = 60 * 1024, /* all pairs together */
    VAULT_SEALED_MAX_BYTES = VAULT_CREDENTIAL_MAX_BYTES + 1 + 12 + 16,
    VAULT_KEYS_MAX = 2,
    VAULT_KEYS_MAX_BYTES = 256, /* the text of all of them */
};

struct vault;

/* Text of a new data key: one line "crisis-vault-key/v1 BASE64", as secret text, which is
 * initialised here. */
void vault_new_key(struct text *out);
/* Opens a vault with its data key: one such line, or two. */
int vault_open(const char *keys, size_t size, struct vault **out, struct error *error);
void vault_close(struct vault *vault); /* NULL is fine */

/* Seals a credential for exactly this account (municipality, channel, label). *out, which the
 * caller has initialised (ceiling VAULT_SEALED_MAX_BYTES), is emptied first. ERROR_INPUT: an empty
 * credential, or one over VAULT_CREDENTIAL_MAX_BYTES. */
int vault_seal(struct vault *vault, const struct account *account,
               const struct credential *credential, struct text *out, struct error *error);
/* Opens it: the pairs go into *out, a secret text that the caller has initialised, and that is
 * emptied first. ERROR_VERIFICATION when the bytes were changed, belong to another account, or were
 * sealed under another key. */
int vault_unseal(struct vault *vault, const struct account *account, const void *sealed,
                 size_t size, struct text *out, struct error *error);

/* The same for a secret of the coordinator's apps, which has a name. `value` and *out of unseal are
 * its bytes. */
int vault_seal_secret(struct vault *vault, const char *name, const struct text *value,
                      struct text *out, struct error *error);
int vault_unseal_secret(struct vault *vault, const char *name, const void *sealed, size_t size,
                        struct text *out, struct error *error);

#endif

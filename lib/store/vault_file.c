#include "store/vault_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/language.h"
#include "trust/age.h"
#include "trust/vault.h"

#include "store/files.h"

enum { VAULT_FILE_MAX_BYTES = 16 * 1024 };

static const char vault_file_name[] = "vault.age";

/* --- the identities -------------------------------------------------------------------------- */

static int add_identities(struct age_identities *identities, const char *path,
                          const struct text *bytes, const struct passphrase_source *passphrases,
                          struct error *error)
{
    struct error cause = {0};
    struct text passphrase;
    int result = -1;

    text_init_secret(&passphrase, AGE_PASSPHRASE_MAX_BYTES);
    bool is_protected = age_is_encrypted(bytes->bytes, bytes->length);
    if (is_protected && !passphrases) {
        error_set(error, ERROR_USAGE, _("'%s' needs a passphrase"), path);
        goto out;
    }
    if (is_protected && passphrases->ask(path, &passphrase, error) < 0)
        goto out;
    result =
        age_identities_add_file(identities, bytes->bytes, bytes->length,
                                is_protected ? passphrase.bytes : NULL, passphrase.length, &cause);
    if (result == 0 && age_identities_count(identities) == 0)
        result = error_set(&cause, ERROR_INPUT, _("it holds no AGE-SECRET-KEY-1…"));
    if (result < 0) {
        error_set(error, ERROR_SYSTEM, _("cannot open the vault: '%s': %s"), path, cause.message);
        error_next(error, is_protected ? _("try the passphrase again, or restore the file from its "
                                           "backup")
                                       : _("restore it from its backup"));
    }
out:
    text_release(&passphrase);
    return result;
}

int workspace_identities(const struct workspace *workspace,
                         const struct passphrase_source *passphrases, struct age_identities **out,
                         struct error *error)
{
    struct arena *arena = arena_new();
    struct age_identities *identities = age_identities_new();
    struct text bytes;
    const char *path;

    *out = NULL;
    text_init_secret(&bytes, AGE_IDENTITY_FILE_MAX_BYTES);
    int result = files_read_key(workspace, arena, "vault.key", &bytes, &path, error);
    if (result == 0)
        result = add_identities(identities, path, &bytes, passphrases, error);
    if (result == 0)
        *out = identities;
    else
        age_identities_free(identities);
    text_release(&bytes);
    arena_free(arena);
    return result;
}

/* --- the lock -------------------------------------------------------------------------------- */

/* It is on the folder itself, which is there as long as the workspace is. */
int vault_lock(const struct workspace *workspace, bool alone, int *descriptor, struct error *error)
{
    int result;

    *descriptor = -1;
    int folder = open(workspace->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot open the folder '%s': %s"), workspace->path,
                         error_errno(errno));
    do
        result = flock(folder, alone ? LOCK_EX | LOCK_NB : LOCK_SH);
    while (result < 0 && errno == EINTR);
    if (result == 0) {
        *descriptor = folder;
        return 0;
    }
    if (errno == EWOULDBLOCK) {
        error_set(error, ERROR_SYSTEM, _("the vault is in use by another process"));
        error_next(error, _("wait until the send, check or registration that runs has finished"));
    } else {
        error_set(error, ERROR_SYSTEM, _("cannot lock the folder '%s': %s"), workspace->path,
                  error_errno(errno));
    }
    (void)close(folder); /* opened to read */
    return -1;
}

/* --- the data key ---------------------------------------------------------------------------- */

int vault_file_read(const char *path, const struct age_identities *identities, struct text *keys,
                    struct error *error)
{
    struct error cause = {0};
    struct text file;

    text_init_secret(keys, VAULT_KEYS_MAX_BYTES);
    int result = file_read(path, VAULT_FILE_MAX_BYTES, &file, &cause);
    if (result == 0)
        result = age_decrypt(identities, file.bytes, file.length, keys, &cause);
    text_release(&file);
    if (result == 0)
        return 0;
    error_set(error, ERROR_SYSTEM, _("cannot open the vault: '%s': %s"), path, cause.message);
    return error_next(error, _("restore vault.age and keys/vault.key from the same backup"));
}

int vault_file_write(const char *path, const struct age_identities *identities,
                     const struct text *keys, struct error *error)
{
    struct age_recipients *recipients = age_recipients_new();
    struct text recipient, file;
    int result = 0;

    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    text_init(&file, VAULT_FILE_MAX_BYTES);
    for (size_t i = 0; result == 0 && i < age_identities_count(identities); i++) {
        text_reset(&recipient);
        age_identities_recipient(identities, i, &recipient);
        result = age_recipients_add(recipients, recipient.bytes, error);
    }
    if (result == 0)
        result = age_encrypt(recipients, AGE_BINARY, keys->bytes, keys->length, &file, error);
    if (result == 0)
        result = file_replace(path, file.bytes, file.length, 0600, error);
    text_release(&file);
    text_release(&recipient);
    age_recipients_free(recipients);
    return result;
}

int workspace_vault(const struct workspace *workspace, const struct age_identities *identities,
                    struct vault **out, struct error *error)
{
    struct arena *arena = arena_new();
    struct text keys;

    *out = NULL;
    int result = vault_file_read(workspace_file(workspace, arena, vault_file_name), identities,
                                 &keys, error);
    if (result == 0)
        result = vault_open(keys.bytes, keys.length, out, error);
    text_release(&keys);
    arena_free(arena);
    return result;
}

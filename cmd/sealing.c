#include "cmd/sealing.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/language.h"
#include "store/workspace.h"
#include "trust/age.h"

#include "cmd/output.h"

enum { SEALED_FILE_MODE = 0600 };

/* --- sealing --------------------------------------------------------------------------------- */

static int add_recipients(const struct invocation *invocation, struct age_recipients *recipients,
                          struct error *error)
{
    size_t count;
    const char *const *spellings = option_values(invocation, "to", &count);

    if (count == 0) {
        error_set(error, ERROR_USAGE, _("no recipient is named"));
        return error_next(error, _("add --to age1…, which the coordinator gives out"));
    }
    for (size_t i = 0; i < count; i++) {
        struct error cause = {0};
        if (age_recipients_add(recipients, spellings[i], &cause) < 0)
            return error_set(error, ERROR_USAGE, _("--to '%s': %s"), spellings[i], cause.message);
    }
    return 0;
}

/* A name that is there must be that of a file: it is replaced. */
static int check_output(const struct invocation *invocation, struct error *error)
{
    const char *path = option_value(invocation, "output");
    struct stat status;

    if (path && stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, ERROR_USAGE, _("cannot write '%s': it is no regular file"), path);
    if (path || option_is_given(invocation, "armor") || !output_is_terminal())
        return 0;
    error_set(error, ERROR_USAGE, _("a sealed file is not text for a terminal"));
    return error_next(error, _("add --output FILE, or --armor for text"));
}

int sealing_check(const struct invocation *invocation, struct error *error)
{
    struct age_recipients *recipients = age_recipients_new();
    int result = add_recipients(invocation, recipients, error);

    if (result == 0)
        result = check_output(invocation, error);
    age_recipients_free(recipients);
    return result;
}

int sealing_write(const struct invocation *invocation, const struct text *plain,
                  struct error *error)
{
    struct age_recipients *recipients = age_recipients_new();
    const char *path = option_value(invocation, "output");
    enum age_form form = option_is_given(invocation, "armor") ? AGE_ARMORED : AGE_BINARY;
    struct text file;

    text_init(&file, AGE_FILE_MAX_BYTES);
    int result = add_recipients(invocation, recipients, error);
    if (result == 0)
        result = age_encrypt(recipients, form, plain->bytes, plain->length, &file, error);
    if (result == 0 && path)
        result = file_replace(path, file.bytes, file.length, SEALED_FILE_MODE, error);
    else if (result == 0)
        output_bytes(file.bytes, file.length);
    text_release(&file);
    age_recipients_free(recipients);
    return result;
}

/* --- opening --------------------------------------------------------------------------------- */

static int add_identity_file(const char *path, struct age_identities *identities,
                             struct error *error)
{
    struct error cause = {0};
    struct text bytes, passphrase;

    text_init_secret(&passphrase, AGE_PASSPHRASE_MAX_BYTES);
    int result = file_read_secret(path, AGE_IDENTITY_FILE_MAX_BYTES, &bytes, error);
    bool is_protected = result == 0 && age_is_encrypted(bytes.bytes, bytes.length);
    if (is_protected)
        result = output_ask_secret(path, &passphrase, error);
    if (result == 0) {
        result = age_identities_add_file(identities, bytes.bytes, bytes.length,
                                         is_protected ? passphrase.bytes : NULL, passphrase.length,
                                         &cause);
        if (result < 0)
            error_set(error, cause.kind, _("the identity '%s': %s"), path, cause.message);
    }
    text_release(&bytes);
    text_release(&passphrase);
    return result;
}

int sealing_identities(const struct invocation *invocation, struct age_identities **out,
                       struct error *error)
{
    struct age_identities *identities = age_identities_new();
    size_t count;
    const char *const *paths = option_values(invocation, "identity", &count);
    int result = 0;

    *out = NULL;
    for (size_t i = 0; result == 0 && i < count; i++)
        result = add_identity_file(paths[i], identities, error);
    if (result == 0)
        *out = identities;
    else
        age_identities_free(identities);
    return result;
}

int sealing_open(const char *path, const struct age_identities *identities, struct text *out,
                 struct error *error)
{
    struct error cause = {0};
    struct text file;
    int result = file_read(path, AGE_FILE_MAX_BYTES, &file, error);

    if (result == 0 && age_decrypt(identities, file.bytes, file.length, out, &cause) < 0)
        result = error_set(error, cause.kind, _("cannot open '%s': %s"), path, cause.message);
    text_release(&file);
    return result;
}

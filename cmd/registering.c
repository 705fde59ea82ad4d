#include "cmd/registering.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/language.h"
#include "base/secret.h"
#include "net/loop.h"
#include "trust/age.h"
#include "trust/vault.h"

#include "cmd/output.h"

/* --- reading --------------------------------------------------------------------------------- */

static int too_large(const char *path, struct error *error)
{
    return error_set(error, ERROR_INPUT, _("'%s' is larger than %d MiB"),
                     path ? path : _("standard input"), REGISTRATION_SIZE_MAX_BYTES >> 20);
}

int registering_read(const char *path, struct text *out, struct error *error)
{
    char buffer[4096];
    int descriptor = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    ssize_t size;

    text_init_secret(out, AGE_FILE_MAX_BYTES);
    if (descriptor < 0)
        return error_set(error, ERROR_INPUT, _("cannot read '%s': %s"), path, error_errno(errno));
    while ((size = file_read_whole(descriptor, buffer, sizeof(buffer))) > 0)
        text_add_bytes(out, buffer, (size_t)size);
    int failure = size < 0 ? errno : 0;
    secret_wipe(buffer, sizeof(buffer));
    if (path)
        close(descriptor);
    if (failure)
        return error_set(error, ERROR_INPUT, _("cannot read '%s': %s"),
                         path ? path : _("standard input"), error_errno(failure));
    /* A sealed file is larger than what is in it. */
    if (out->overflowed ||
        (out->length > REGISTRATION_SIZE_MAX_BYTES && !age_is_encrypted(out->bytes, out->length)))
        return too_large(path, error);
    return 0;
}

int registering_open(struct context *context, const char *path, struct text *bytes,
                     bool *was_sealed, struct error *error)
{
    struct error cause = {0};
    struct text opened;

    *was_sealed = age_is_encrypted(bytes->bytes, bytes->length);
    if (!*was_sealed)
        return 0;
    if (context_open_identities(context, error) < 0)
        return -1;
    text_init_secret(&opened, REGISTRATION_SIZE_MAX_BYTES);
    if (age_decrypt(context->identities, bytes->bytes, bytes->length, &opened, &cause) < 0) {
        text_release(&opened);
        error_set(error, cause.kind, _("cannot open '%s': %s"), path, cause.message);
        return error_next(error,
                          _("it must be sealed to the recipient that `crisis vault recipient` "
                            "prints"));
    }
    text_release(bytes);
    *bytes = opened;
    return 0;
}

/* --- sealing and storing --------------------------------------------------------------------- */

static void begin_entry(struct text *entry, const struct registration_account *from,
                        int64_t unix_ms)
{
    struct text hash;

    entry_begin(entry, ENTRY_REGISTERED, "coordinator", unix_ms);
    entry_add(entry, "municipality", from->account.municipality);
    entry_add(entry, "channel", from->account.channel);
    entry_add(entry, "account", from->account.label);
    if (!from->part->invite_is_valid)
        return;
    text_init(&hash, 2 * SHA256_SIZE);
    hex_add(&hash, from->part->invite_sha256, SHA256_SIZE);
    entry_add(entry, "invitation-sha256", hash.bytes);
    text_release(&hash);
}

static int seal_accounts(struct context *context, const struct registration *registration,
                         int64_t unix_ms, struct stored_account *stored, struct text *sealed,
                         struct text *entries, struct error *error)
{
    for (size_t i = 0; i < registration->count; i++) {
        const struct registration_account *from = &registration->accounts[i];
        struct credential credential = {from->pairs.bytes, from->pairs.length};
        text_init(&sealed[i], VAULT_SEALED_MAX_BYTES);
        begin_entry(&entries[i], from, unix_ms);
        if (from->pairs.length > 0 &&
            vault_seal(context->vault, &from->account, &credential, &sealed[i], error) < 0)
            return -1;
        stored[i] = (struct stored_account){
            .account = from->account,
            .sealed = sealed[i].length > 0 ? sealed[i].bytes : NULL,
            .sealed_size_bytes = sealed[i].length,
            .registered_unix_ms = unix_ms,
        };
    }
    return 0;
}

/* Accounts of one part of a file stand together. */
static size_t list_invites(const struct registration *registration, struct stored_invite *invites)
{
    const struct registration_part *last = NULL;
    size_t count = 0;

    for (size_t i = 0; i < registration->count; i++) {
        const struct registration_account *from = &registration->accounts[i];
        if (from->part == last || !from->part->invite_is_valid)
            continue;
        last = from->part;
        invites[count] = (struct stored_invite){.municipality = from->account.municipality};
        memcpy(invites[count++].code_sha256, last->invite_sha256, SHA256_SIZE);
    }
    return count;
}

int registering_store(struct context *context, const struct registration *registration,
                      struct error *error)
{
    size_t count = registration->count;
    int64_t now = clock_unix_ms();
    struct stored_account *stored = arena_alloc_array(context->arena, count + 1, sizeof(*stored));
    struct stored_invite *invites = arena_alloc_array(context->arena, count + 1, sizeof(*invites));
    struct text *sealed = arena_alloc_array(context->arena, count + 1, sizeof(*sealed));
    struct text *entries = arena_alloc_array(context->arena, count + 1, sizeof(*entries));

    int result = seal_accounts(context, registration, now, stored, sealed, entries, error);
    if (result == 0)
        result = store_accounts_register(context->store, stored, count, invites,
                                         list_invites(registration, invites), now, entries, error);
    for (size_t i = 0; i < count; i++) {
        text_release(&sealed[i]);
        text_release(&entries[i]);
    }
    return result;
}

void registering_tell(const struct registration *registration)
{
    if (!output_is_json()) {
        output_line(
            ngettext("%zu account registered.", "%zu accounts registered.", registration->count),
            registration->count);
        return;
    }
    for (size_t i = 0; i < registration->count; i++) {
        struct json_line line;
        json_line_begin(&line, "registered");
        json_line_text(&line, "municipality", registration->accounts[i].account.municipality);
        json_line_text(&line, "channel", registration->accounts[i].account.channel);
        json_line_text(&line, "account", registration->accounts[i].account.label);
        json_line_end(&line);
    }
}

/* What every command needs of this machine: the store, the disk, the log's keys and the vault. */
#include <errno.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/disk.h"
#include "base/language.h"
#include "dispatch/app.h"
#include "store/log_reader.h"
#include "trust/vault.h"
#include "trust/xml_signature.h"

#include "cmd/app_secrets.h"
#include "cmd/doctor_clock.h"
#include "cmd/doctor_parts.h"

/* A national send writes some 20 MiB, and its pictures and films once. */
#define FREE_NEEDED_BYTES (UINT64_C(64) * 1024 * 1024)
#define FREE_WANTED_BYTES (UINT64_C(1024) * 1024 * 1024)

static void add_problem(struct doctor *doctor, const char *check, const struct error *error)
{
    diagnosis_error(&doctor->diagnosis, check, FINDING_PROBLEM, error);
}

/* --- the store ------------------------------------------------------------------------------- */

void doctor_look_at_store(struct doctor *doctor)
{
    struct context *context = &doctor->context;
    struct stored_account *accounts;
    struct error error = {0};
    uint64_t entries;

    if (context_open_store(context, STORE_READ, &error) < 0 ||
        store_accounts(context->store, context->arena, &accounts, &doctor->account_count, &error) <
            0 ||
        store_log_size(context->store, &entries, &error) < 0) {
        add_problem(doctor, "store", &error);
        store_close(context->store);
        context->store = NULL;
        doctor->account_count = 0;
        return;
    }
    doctor->accounts = accounts;
    doctor->facts =
        arena_alloc_array(context->arena, doctor->account_count, sizeof(*doctor->facts));
    diagnosis_ok(&doctor->diagnosis, "store",
                 _("it can be read (accounts: %zu, entries of the log: %llu)"),
                 doctor->account_count, (unsigned long long)entries);
}

/* --- the disk -------------------------------------------------------------------------------- */

static void judge_room(struct doctor *doctor, uint64_t free_bytes)
{
    const char *path = doctor->context.workspace->path;
    const unsigned long long mib = free_bytes / (UINT64_C(1024) * 1024);

    if (free_bytes < FREE_NEEDED_BYTES)
        diagnosis_problem(&doctor->diagnosis, "disk", ERROR_SYSTEM,
                          _("only %llu MiB are free in '%s'"), mib, path);
    else if (free_bytes < FREE_WANTED_BYTES)
        diagnosis_warning(&doctor->diagnosis, "disk", _("only %llu MiB are free in '%s'"), mib,
                          path);
    else
        diagnosis_ok(&doctor->diagnosis, "disk", _("%llu MiB are free"), mib);
    if (free_bytes < FREE_WANTED_BYTES)
        diagnosis_next(&doctor->diagnosis, _("make room there, or move the workspace"));
}

/* What is written during a send. */
static void try_folders(struct doctor *doctor)
{
    static const char *const names[] = {".", "audit", "public"};
    struct context *context = &doctor->context;
    bool is_tried = true;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct error error = {0};
        const char *folder = i == 0 ? context->workspace->path
                                    : workspace_file(context->workspace, context->arena, names[i]);
        bool is_tried_here;
        if (access(folder, F_OK) < 0 && errno == ENOENT)
            continue; /* a send makes it */
        if (disk_try(folder, &is_tried_here, &error) < 0) {
            error_next(&error, _("let the user that runs crisis write there, or mend the disk"));
            add_problem(doctor, "disk", &error);
            return;
        }
        is_tried = is_tried && is_tried_here;
    }
    if (is_tried)
        diagnosis_ok(&doctor->diagnosis, "disk", _("what is written lasts"));
    else
        diagnosis_ok(&doctor->diagnosis, "disk",
                     _("writing was not tried: this file system has no files without a name"));
}

void doctor_look_at_disk(struct doctor *doctor)
{
    struct error error = {0};
    uint64_t free_bytes;

    if (disk_free_bytes(doctor->context.workspace->path, &free_bytes, &error) < 0)
        add_problem(doctor, "disk", &error);
    else
        judge_room(doctor, free_bytes);
    try_folders(doctor);
}

/* --- the log --------------------------------------------------------------------------------- */

static bool take_time(void *context, const struct stored_head *head)
{
    int64_t *last_unix_ms = context;
    *last_unix_ms = head->unix_ms;
    return true;
}

static void look_at_time(struct doctor *doctor)
{
    struct error error = {0};
    int64_t last_unix_ms = 0;
    uint64_t size;

    if (store_log_size(doctor->context.store, &size, &error) < 0 ||
        store_heads(doctor->context.store, size, take_time, &last_unix_ms, &error) < 0)
        add_problem(doctor, "log", &error);
    else
        doctor_judge_log_time(&doctor->diagnosis, last_unix_ms, doctor->now_unix_ms);
}

static void judge_log(struct doctor *doctor, const struct note_vkey *key)
{
    struct context *context = &doctor->context;
    struct log_reading reading;
    struct error error = {0};

    if (!workspace_log_is_published(context->workspace))
        diagnosis_ok(&doctor->diagnosis, "log",
                     _("its key is there, and nothing is published yet"));
    else if (workspace_log_check_stopped(context->workspace, &error) < 0 ||
             log_reader_compare(workspace_log_folder(context->workspace, context->arena), key,
                                context->store, &reading, &error) < 0)
        add_problem(doctor, "log", &error);
    else
        diagnosis_ok(&doctor->diagnosis, "log",
                     _("its key is there, and all %llu published entries verify"),
                     (unsigned long long)reading.checkpoint.size);
}

void doctor_look_at_log(struct doctor *doctor)
{
    struct error error = {0};
    struct note_vkey key;
    bool is_there;

    if (!doctor->context.store)
        return;
    look_at_time(doctor);
    if (workspace_log_vkey(doctor->context.workspace, &key, &is_there, &error) < 0) {
        add_problem(doctor, "log", &error);
    } else if (!is_there) {
        diagnosis_warning(&doctor->diagnosis, "log",
                          _("it is not published: nobody else can check it"));
        diagnosis_next(&doctor->diagnosis, _("give crisis.yaml a log origin: log: {origin: …}"));
    } else {
        judge_log(doctor, &key);
    }
}

/* --- the signature of CAP files -------------------------------------------------------------- */

/* Without it they go out all the same, unsigned. */
void doctor_look_at_cap_signature(struct doctor *doctor)
{
    static const char check[] = "certificates";
    struct xml_signer *signer;
    struct error error = {0};
    char end[RFC3339_SIZE];

    if (workspace_cap_signer(doctor->context.workspace, &signer, &error) < 0) {
        diagnosis_error(&doctor->diagnosis, check, FINDING_WARNING, &error);
    } else if (signer &&
               !xml_signer_is_valid(signer, doctor->now_unix_ms + READINESS_ENDS_SOON_MS)) {
        rfc3339_format_seconds(xml_signer_end_unix_ms(signer), end);
        diagnosis_warning(&doctor->diagnosis, check,
                          _("the one that CAP files are signed with is valid until %s"), end);
        diagnosis_next(&doctor->diagnosis, _("get a new one for keys/cap.key"));
    } else if (signer) {
        diagnosis_ok(&doctor->diagnosis, check,
                     _("the one that CAP files are signed with is good"));
    }
    xml_signer_free(signer);
}

/* --- the vault ------------------------------------------------------------------------------- */

/* Returns how many of the accounts' credentials do not open. */
static size_t try_credentials(struct doctor *doctor, size_t *out_count)
{
    size_t unreadable = 0;
    struct text pairs;

    *out_count = 0;
    text_init_secret(&pairs, VAULT_CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; i < doctor->account_count; i++) {
        const struct stored_account *stored = &doctor->accounts[i];
        struct error ignored = {0}; /* which account it is says more */
        if (stored->sealed_size_bytes == 0)
            continue;
        ++*out_count;
        if (vault_unseal(doctor->context.vault, &stored->account, stored->sealed,
                         stored->sealed_size_bytes, &pairs, &ignored) == 0)
            continue;
        doctor->facts[i].is_unreadable = true;
        unreadable++;
    }
    text_release(&pairs);
    return unreadable;
}

/* The first that does not open, or NULL. */
static const char *try_secrets(struct doctor *doctor, const struct app_secrets *secrets)
{
    const char *unreadable = NULL;
    struct text value;

    text_init_secret(&value, VAULT_CREDENTIAL_MAX_BYTES);
    for (size_t i = 0; i < secrets->count && !unreadable; i++) {
        const struct stored_secret *secret = &secrets->all[i];
        struct error ignored = {0};
        if (vault_unseal_secret(doctor->context.vault, secret->name, secret->sealed,
                                secret->sealed_size_bytes, &value, &ignored) < 0)
            unreadable = secret->name;
    }
    text_release(&value);
    return unreadable;
}

/* Those that crisis.yaml names, of networks that have accounts. */
static void demand_secrets(struct doctor *doctor, const struct app_secrets *secrets)
{
    struct arena *arena = doctor->context.arena;
    struct account *accounts = arena_alloc_array(arena, doctor->account_count, sizeof(*accounts));
    struct error error = {0};

    for (size_t i = 0; i < doctor->account_count; i++)
        accounts[i] = doctor->accounts[i].account;
    if (app_secrets_demand(&doctor->context, secrets, accounts, doctor->account_count, &error) < 0)
        add_problem(doctor, "vault", &error);
}

static void try_all(struct doctor *doctor)
{
    struct app_secrets secrets;
    struct error error = {0};

    if (app_secrets_load(&doctor->context, &secrets, &error) < 0) {
        add_problem(doctor, "vault", &error);
        return;
    }
    size_t count;
    size_t unreadable = try_credentials(doctor, &count);
    const char *secret = try_secrets(doctor, &secrets);
    if (secret) {
        diagnosis_problem(&doctor->diagnosis, "vault", ERROR_SOME_FAILED,
                          _("it cannot open the secret '%s'"), secret);
        diagnosis_next(&doctor->diagnosis, "crisis vault put %s", secret);
    }
    if (!secret && unreadable == 0) /* the credentials have diagnosis of their own */
        diagnosis_ok(&doctor->diagnosis, "vault",
                     _("it opens every credential (%zu) and every secret (%zu)"), count,
                     secrets.count);
    demand_secrets(doctor, &secrets);
}

void doctor_look_at_vault(struct doctor *doctor)
{
    struct error error = {0};

    if (context_open_vault(&doctor->context, &error) < 0) {
        /* Without a terminal nobody can be asked for the passphrase, which is no fault of it. */
        diagnosis_error(&doctor->diagnosis, "vault",
                        error.kind == ERROR_USAGE ? FINDING_WARNING : FINDING_PROBLEM, &error);
        return;
    }
    if (doctor->context.store)
        try_all(doctor);
}

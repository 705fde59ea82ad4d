/* `approvers`: the list of who may approve, and its signed succession. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/file.h"
#include "base/language.h"
#include "trust/sshsig.h"
#include "trust/statement.h"
#include "trust/succession.h"

#include "cmd/approver_list.h"
#include "cmd/asking.h"
#include "cmd/commands.h"
#include "cmd/consent.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/signing.h"

#define REJECTED "approvers.rejected"

enum { THRESHOLD_DEFAULT = 2, THRESHOLD_MAX = 100 };

/* A change of the list, and what it starts from. */
struct changing {
    struct context context;
    struct approver_list list;
    const struct signers *next; /* NULL: none is prepared */
    struct text next_bytes;
};

static const char *path_of(struct changing *changing, const char *name)
{
    return workspace_file(changing->context.workspace, changing->context.arena, name);
}

static int load(struct changing *changing, struct error *error)
{
    struct problems problems;
    const char *path = path_of(changing, CONSENT_NEXT);

    problems_init(&problems, changing->context.arena);
    if (approver_list_load(&changing->context, &changing->list, error) < 0)
        return -1;
    if (access(path, F_OK) < 0)
        return 0;
    if (file_read(path, SIGNERS_FILE_MAX_BYTES, &changing->next_bytes, error) < 0)
        return -1;
    if (signers_read(changing->context.arena, path, changing->next_bytes.bytes,
                     changing->next_bytes.length, &problems, &changing->next) < 0) {
        output_problems(&problems, false);
        return context_problems_error(&problems, path, error);
    }
    /* In force already: the power failed before the file was removed. */
    if (changing->list.in_force &&
        memcmp(changing->next->sha256, changing->list.in_force->sha256, SHA256_SIZE) == 0)
        changing->next = NULL;
    return 0;
}

/* --- taking force ---------------------------------------------------------------------------- */

static int examine(struct changing *changing, struct succession_state *state, struct error *error)
{
    struct succession succession = {
        .current = changing->list.in_force,
        .next = changing->next,
        .next_bytes = changing->next_bytes.bytes,
        .next_size = changing->next_bytes.length,
    };
    return consent_examine(&changing->context, &succession, state, error);
}

/* Puts the next version in place. */
static int install(struct changing *changing, struct error *error)
{
    const char *current = path_of(changing, CONSENT_CURRENT);
    const struct signers *next = changing->next;
    const struct text *bytes = &changing->next_bytes;

    if (file_replace(current, bytes->bytes, bytes->length, 0644, error) < 0 ||
        approver_list_put(&changing->context, &changing->list, next, bytes->bytes, bytes->length,
                          LIST_SIGNED, error) < 0)
        return -1;
    if (unlink(path_of(changing, CONSENT_NEXT)) < 0 && errno != ENOENT)
        return error_set(error, ERROR_SYSTEM, _("cannot remove %s: %s"), CONSENT_NEXT,
                         error_errno(errno));
    if (consent_keep(&changing->context, next->version, error) < 0)
        return -1;
    output_line(_("Version %u of the approvers is in force."), next->version);
    return 0;
}

static int install_if_complete(struct changing *changing, struct error *error)
{
    struct succession_state state;

    if (examine(changing, &state, error) < 0)
        return -1;
    if (succession_is_complete(&state))
        return install(changing, error);
    output_line(
        _("Version %u waits for signatures: %u of %u of the present list, %u of %u of the new "
          "one."),
        changing->next->version, state.current_signed, state.current_threshold, state.next_signed,
        state.next_threshold);
    output_note(_("Each signs with: crisis approvers sign --key FILE"));
    return 0;
}

/* --- add and remove -------------------------------------------------------------------------- */

static int read_threshold(const struct changing *changing, const struct signers *base,
                          unsigned *out, struct error *error)
{
    const char *given = option_value(changing->context.invocation, "threshold");
    char *end;

    *out = base ? base->threshold : THRESHOLD_DEFAULT;
    if (!given)
        return 0;
    unsigned long value = strtoul(given, &end, 10);
    if (*end || value < 1 || value > THRESHOLD_MAX)
        return error_set(error, ERROR_USAGE, _("--threshold '%s' is no number from 1 to %d"), given,
                         THRESHOLD_MAX);
    *out = (unsigned)value;
    return 0;
}

/* What stands in the file must be what is in force: a change starts from there. */
static int refuse_foreign(const struct changing *changing, struct error *error)
{
    if (!changing->list.fault)
        return 0;
    error_set(error, ERROR_NOT_APPROVED, "%s", changing->list.fault);
    return error_next(error,
                      _("crisis approvers restore puts the list in force back, and keeps this "
                        "one as %s"),
                      REJECTED);
}

/* While the first list is set up it is the file itself that changes. */
static int write_first(struct changing *changing, const struct signers *list,
                       const struct text *bytes, struct error *error)
{
    enum list_consent consent = changing->list.stored.bytes ? LIST_SET_UP : LIST_FIRST;

    if (file_replace(path_of(changing, CONSENT_CURRENT), bytes->bytes, bytes->length, 0644, error) <
            0 ||
        approver_list_put(&changing->context, &changing->list, list, bytes->bytes, bytes->length,
                          consent, error) < 0)
        return -1;
    output_line(_("The list has %zu of the %u approvers it needs."), succession_principals(list),
                list->threshold);
    return 0;
}

static int write_prepared(struct changing *changing, const struct signers *list, struct text *bytes,
                          struct error *error)
{
    if (consent_possible(&changing->context, changing->list.in_force, list, error) < 0 ||
        file_replace(path_of(changing, CONSENT_NEXT), bytes->bytes, bytes->length, 0644, error) < 0)
        return -1;
    text_release(&changing->next_bytes);
    changing->next_bytes = *bytes;
    text_init(bytes, 0);
    changing->next = list;
    return install_if_complete(changing, error);
}

/* Changes what is being prepared, else what is in force. */
static int write_next(struct changing *changing, const struct signer *added, const char *removed,
                      struct error *error)
{
    const struct signers *current = changing->list.in_force, *next;
    const struct signers *base = changing->next ? changing->next : current;
    bool set_up = succession_is_set_up(current);
    unsigned threshold, version = current ? current->version + set_up : 1;
    struct problems problems;
    struct text bytes;
    int result = -1;

    text_init(&bytes, SIGNERS_FILE_MAX_BYTES);
    if (refuse_foreign(changing, error) < 0 ||
        read_threshold(changing, base, &threshold, error) < 0)
        goto out;
    signers_add_version(&bytes, version, threshold, set_up ? current->sha256 : NULL);
    for (size_t i = 0; base && i < base->count; i++)
        if (!removed || strcmp(base->items[i].principal, removed) != 0)
            signers_add_signer(&bytes, &base->items[i]);
    if (added)
        signers_add_signer(&bytes, added);
    problems_init(&problems, changing->context.arena);
    if (signers_read(changing->context.arena, CONSENT_NEXT, bytes.bytes, bytes.length, &problems,
                     &next) < 0) {
        output_problems(&problems, false);
        context_problems_error(&problems, _("nothing was changed"), error);
        goto out;
    }
    result = set_up ? write_prepared(changing, next, &bytes, error)
                    : write_first(changing, next, &bytes, error);
out:
    text_release(&bytes);
    return result;
}

static int read_time(const struct invocation *invocation, const char *option, bool *given,
                     int64_t *out, struct error *error)
{
    const char *value = option_value(invocation, option);
    *given = value != NULL;
    if (!value || rfc3339_parse(value, out))
        return 0;
    return error_set(error, ERROR_USAGE, _("--%s '%s' is no time like 2026-11-23T03:00:00Z"),
                     option, value);
}

static int add(struct changing *changing, struct error *error)
{
    static const char *const namespaces[] = {STATEMENT_NAMESPACE, SUCCESSION_NAMESPACE};
    const struct invocation *invocation = changing->context.invocation;
    const char *principal = argument_at(invocation, 1), *key_file = argument_at(invocation, 2);
    struct signer signer = {.principal = principal, .namespaces = namespaces, .namespace_count = 2};
    struct text line;
    int result = -1;

    if (!principal || !key_file) {
        error_set(error, ERROR_USAGE,
                  _("approvers add needs PRINCIPAL and the file of a public key"));
        return error_next(error, "crisis approvers add kari@dsb.example kari.pub");
    }
    const char *fault = signers_principal_fault(principal, strlen(principal));
    if (fault)
        return error_set(error, ERROR_USAGE, "'%s': %s", principal, fault);
    if (read_time(invocation, "valid-after", &signer.has_valid_after, &signer.valid_after_unix_ms,
                  error) < 0 ||
        read_time(invocation, "valid-before", &signer.has_valid_before,
                  &signer.valid_before_unix_ms, error) < 0)
        return -1;
    if (file_read(key_file, SSH_KEY_LINE_MAX_BYTES, &line, error) == 0 &&
        ssh_key_from_line(line.bytes, line.length, &signer.key, error) == 0)
        result = write_next(changing, &signer, NULL, error);
    text_release(&line);
    return result;
}

static int remove_approver(struct changing *changing, struct error *error)
{
    const struct signers *base = changing->next ? changing->next : changing->list.in_force;
    const char *principal = argument_at(changing->context.invocation, 1);
    bool known = false;

    for (size_t i = 0; principal && base && i < base->count; i++)
        known |= strcmp(base->items[i].principal, principal) == 0;
    if (!known) {
        error_set(error, ERROR_USAGE, _("'%s' is not among the approvers"),
                  principal ? principal : "");
        return error_next(error, _("crisis approvers status lists them"));
    }
    if (asking_lightly(&changing->context, principal, error,
                       _("%s is taken off the list of who may approve. That takes force when as "
                         "many as the list asks for have signed it; approvals that %s has given do "
                         "not count from then on."),
                       principal, principal) < 0)
        return -1;
    return write_next(changing, NULL, principal, error);
}

/* --- sign and status ------------------------------------------------------------------------- */

static int sign(struct changing *changing, struct error *error)
{
    struct arena *arena = changing->context.arena;
    struct signing_key key = {0};
    struct text signature;
    int result = -1;

    if (refuse_foreign(changing, error) < 0)
        return -1;
    if (!changing->next) {
        error_set(error, ERROR_USAGE, _("there is no new version of the approvers to sign"));
        return error_next(error, _("crisis approvers add or remove makes one"));
    }
    text_init(&signature, SSHSIG_ARMOUR_MAX_BYTES);
    if (signing_open(arena, option_value(changing->context.invocation, "key"), changing->next, &key,
                     error) < 0)
        goto out;
    const char *principal = signing_principal(changing->next, &key.key);
    if (!principal)
        principal = signing_principal(changing->list.in_force, &key.key);
    if (!principal) {
        error_set(error, ERROR_NOT_APPROVED, _("the key is nobody's in either list"));
        goto out;
    }
    if (signing_sign(&key, SUCCESSION_NAMESPACE, changing->next_bytes.bytes,
                     changing->next_bytes.length, &signature, error) == 0 &&
        file_replace(path_of(changing, consent_file(&changing->context, principal, &key.key)),
                     signature.bytes, signature.length, 0644, error) == 0) {
        output_line(_("Signed as %s."), principal);
        result = install_if_complete(changing, error);
    }
out:
    signing_close(&key);
    text_release(&signature);
    return result;
}

static void print_list(const struct signers *signers, const char *title)
{
    char fingerprint[SSH_FINGERPRINT_SIZE];

    if (!output_is_json())
        output_styled(STYLE_BOLD, _("%s: version %u, %u of %zu must sign"), title, signers->version,
                      signers->threshold, succession_principals(signers));
    for (size_t i = 0; i < signers->count; i++) {
        const struct signer *signer = &signers->items[i];
        ssh_key_fingerprint(&signer->key, fingerprint);
        if (output_is_json()) {
            struct json_line line;
            json_line_begin(&line, NULL);
            json_line_text(&line, "list", title);
            json_line_number(&line, "version", signers->version);
            json_line_number(&line, "threshold", signers->threshold);
            json_line_text(&line, "principal", signer->principal);
            json_line_text(&line, "type", ssh_key_kind_name(signer->key.kind));
            json_line_text(&line, "key", fingerprint);
            json_line_end(&line);
        } else {
            output_line("  %s  %s %s", signer->principal, ssh_key_kind_name(signer->key.kind),
                        fingerprint);
        }
    }
}

static void print_fault(const struct approver_list *list)
{
    if (!list->fault)
        return;
    if (list->foreign)
        print_list(list->foreign, _("foreign"));
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "problem");
        json_line_text(&line, "severity", "warning");
        json_line_text(&line, "message", list->fault);
        json_line_end(&line);
    }
    output_warning(_("%s: nothing can be approved until one of them is put right (crisis approvers "
                     "restore)"),
                   list->fault);
}

static int status(struct changing *changing, struct error *error)
{
    struct succession_state state;

    if (!changing->list.in_force)
        output_note(_("There is no approver yet: crisis approvers add PRINCIPAL KEYFILE"));
    else
        print_list(changing->list.in_force, _("in force"));
    if (changing->next) {
        print_list(changing->next, _("prepared"));
        if (examine(changing, &state, error) < 0)
            return -1;
        if (!output_is_json())
            output_line(_("signed by %u of %u of the present list, %u of %u of the new one"),
                        state.current_signed, state.current_threshold, state.next_signed,
                        state.next_threshold);
    }
    print_fault(&changing->list);
    return 0;
}

/* --- restore --------------------------------------------------------------------------------- */

static int restore(struct changing *changing, struct error *error)
{
    const char *current = path_of(changing, CONSENT_CURRENT);
    const struct stored_approvers *stored = &changing->list.stored;

    if (!changing->list.fault) {
        output_note(_("The file is the list in force: there is nothing to restore."));
        return 0;
    }
    if (rename(current, path_of(changing, REJECTED)) < 0 && errno != ENOENT)
        return error_set(error, ERROR_SYSTEM, _("cannot rename %s: %s"), CONSENT_CURRENT,
                         error_errno(errno));
    if (file_replace(current, stored->bytes, stored->size, 0644, error) < 0)
        return -1;
    output_line(_("Version %u of the approvers, which is in force, is back in its file."),
                changing->list.in_force->version);
    output_note(_("What stood there is %s."), REJECTED);
    return 0;
}

/* --- the command ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(struct changing *changing, struct error *error);
} actions[] = {{"add", add},
               {"remove", remove_approver},
               {"sign", sign},
               {"status", status},
               {"restore", restore}};

static int run_approvers(struct invocation *invocation, struct error *error)
{
    struct changing changing = {0};
    const char *action = argument_at(invocation, 0);
    int result = -1;

    context_init(&changing.context, invocation);
    text_init(&changing.next_bytes, SIGNERS_FILE_MAX_BYTES);
    size_t i = 0;
    while (i < sizeof(actions) / sizeof(actions[0]) && strcmp(actions[i].name, action) != 0)
        i++;
    if (i == sizeof(actions) / sizeof(actions[0])) {
        error_set(error, ERROR_USAGE, _("approvers cannot '%s'"), action);
        error_next(error, "crisis approvers add | remove | sign | status | restore");
        goto out;
    }
    if (context_open_workspace(&changing.context, error) == 0 &&
        context_open_store(&changing.context, STORE_WRITE, error) == 0 &&
        load(&changing, error) == 0)
        result = actions[i].run(&changing, error);
out:
    text_release(&changing.next_bytes);
    context_release(&changing.context);
    return result;
}

static const struct option options[] = {
    {"threshold", 0, "N", false, N_("add, remove: how many must sign (2 for a first list)")},
    {"valid-after", 0, "TIME", false, N_("add: the key counts from this time on")},
    {"valid-before", 0, "TIME", false, N_("add: the key counts until this time")},
    {"key", 0, "FILE", false, N_("sign: the private key, or the .pub of one that ssh-agent holds")},
    ASKING_LIGHTLY_OPTION,
    {NULL, 0, NULL, false, NULL},
};

const struct command command_approvers = {
    .name = "approvers",
    .arguments = "add PRINCIPAL KEYFILE | remove PRINCIPAL | sign|status|restore",
    .summary = N_("Changes the list of who may approve, with the consent of those on it"),
    .details =
        N_("A change is prepared with add and remove, and takes force when as many as the present "
           "list asks for\nand as many as the new one asks for have signed it. The first list is "
           "set up without signatures\nuntil it has as many approvers as it asks for. A file that "
           "was changed in any other way is not in\nforce; restore puts back the list that is."),
    .arguments_least = 1,
    .arguments_most = 3,
    .options = options,
    .run = run_approvers,
};

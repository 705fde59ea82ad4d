/* `vault`: the recipient that files are sealed to, a new data key, and secrets of apps. */
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "net/loop.h"
#include "store/vault_file.h"

#include "cmd/asking.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/vault_secrets.h"
#include "cmd/wrap.h"

static int print_recipient(struct context *context, struct error *error)
{
    struct text recipient;

    if (context_open_workspace(context, error) < 0 || context_open_identities(context, error) < 0)
        return -1;
    text_init(&recipient, AGE_RECIPIENT_MAX_BYTES);
    for (size_t i = 0; i < age_identities_count(context->identities); i++) {
        text_reset(&recipient);
        age_identities_recipient(context->identities, i, &recipient);
        if (output_is_json()) {
            struct json_line line;
            json_line_begin(&line, NULL);
            json_line_text(&line, "recipient", recipient.bytes);
            json_line_end(&line);
        } else {
            output_line("%s", recipient.bytes);
        }
    }
    text_release(&recipient);
    return 0;
}

static void tell_rotated(size_t count)
{
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "vault-rotated");
        json_line_number(&line, "credentials", (int64_t)count);
        json_line_end(&line);
        return;
    }
    output_line(ngettext("The vault has a new data key; %zu credential is sealed under it.",
                         "The vault has a new data key; %zu credentials are sealed under it.",
                         count),
                count);
    wrap_note("", 0, "%s",
              _("Back up vault.age again, together with crisis.db: older copies of one do not "
                "open newer ones of the other."));
}

static int rotate(struct context *context, struct error *error)
{
    struct text entry;
    size_t count;

    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        asking_lightly(
            context, "rotate", error,
            _("Every credential is sealed under a new key. Older backups of vault.age and "
              "crisis.db do not open newer ones of the other any more.")) < 0 ||
        context_open_identities(context, error) < 0 || context_lock_vault(context, true, error) < 0)
        return -1;
    entry_begin(&entry, ENTRY_VAULT_ROTATED, "coordinator", clock_unix_ms());
    int result = vault_rotate(context->workspace, context->identities, context->store, &entry,
                              &count, error);
    text_release(&entry);
    if (result == 0)
        tell_rotated(count);
    return result;
}

static const struct action {
    const char *name;
    unsigned argument_count; /* with its own name */
    bool reads_file;
    int (*run)(struct context *context, struct error *error);
} actions[] = {
    {"recipient", 1, false, print_recipient},
    {"rotate", 1, false, rotate},
    {"put", 2, true, vault_put},
    {"list", 1, false, vault_list},
    {"remove", 2, false, vault_remove},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int check_usage(const struct invocation *invocation, const struct action *action,
                       struct error *error)
{
    const char *name = argument_at(invocation, 0);

    if (!action)
        error_set(error, ERROR_USAGE, _("vault cannot '%s'"), name);
    else if (invocation->argument_count < action->argument_count)
        error_set(error, ERROR_USAGE, _("vault %s needs the NAME of a secret"), name);
    else if (invocation->argument_count > action->argument_count)
        error_set(error, ERROR_USAGE, _("vault %s does not take '%s'"), name,
                  argument_at(invocation, action->argument_count));
    else if (option_is_given(invocation, "file") && !action->reads_file)
        error_set(error, ERROR_USAGE, _("vault %s takes no --file"), name);
    else
        return 0;
    return error_next(error, "crisis help vault");
}

static int run_vault(struct invocation *invocation, struct error *error)
{
    const struct action *action = find_action(argument_at(invocation, 0));
    struct context context;

    if (check_usage(invocation, action, error) < 0)
        return -1;
    context_init(&context, invocation);
    int result = action->run(&context, error);
    context_release(&context);
    return result;
}

static const struct option vault_options[] = {
    {"file", 0, "FILE", false, N_("put: the secret, on a line; else standard input is read")},
    ASKING_LIGHTLY_OPTION,
    {NULL, 0, NULL, false, NULL},
};

const struct command command_vault = {
    .name = "vault",
    .arguments = "recipient | rotate | put NAME | list | remove NAME",
    .summary = N_("Keeps the secrets of the coordinator's apps and the vault's keys"),
    .details =
        N_("recipient prints what files are sealed to. put, list and remove are for the secrets of "
           "the\ncoordinator's apps, which crisis.yaml names: they never stand there, nor on the "
           "command line.\nrotate seals everything under a new key. It can be interrupted at any "
           "point: run it again."),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = vault_options,
    .run = run_vault,
};

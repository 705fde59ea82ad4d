/* `export` and `import`: the registry with its credentials as one sealed file. */
#include "audit/entry.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"
#include "trust/age_keys.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/export_text.h"
#include "cmd/output.h"
#include "cmd/register_check.h"
#include "cmd/registering.h"
#include "cmd/sealing.h"

/* --- export ---------------------------------------------------------------------------------- */

/* It is told before the file is there: who opens it has every credential. */
static int log_export(struct context *context, size_t count, struct error *error)
{
    size_t recipient_count;
    const char *const *recipients = option_values(context->invocation, "to", &recipient_count);
    struct text entry;

    entry_begin(&entry, ENTRY_EXPORTED, "coordinator", clock_unix_ms());
    entry_add_number(&entry, "accounts", (int64_t)count);
    for (size_t i = 0; i < recipient_count; i++)
        entry_add(&entry, "recipient", recipients[i]);
    int result = store_append(context->store, &entry, 1, error);
    text_release(&entry);
    return result;
}

static int write_registry(struct context *context, struct error *error)
{
    const char *output = option_value(context->invocation, "output");
    struct stored_account *accounts;
    struct text plain;
    size_t count = 0;

    text_init_secret(&plain, REGISTRATION_SIZE_MAX_BYTES);
    int result = store_accounts(context->store, context->arena, &accounts, &count, error);
    if (result == 0 && count == 0)
        result = error_set(error, ERROR_INPUT,
                           _("no account is registered: there is nothing to "
                             "export"));
    if (result == 0)
        result = export_text(context->vault, accounts, count, &plain, error);
    if (result == 0)
        result = log_export(context, count, error);
    if (result == 0)
        result = sealing_write(context->invocation, &plain, error);
    text_release(&plain);
    if (result < 0 || !output)
        return result; /* without a name the file itself is the result */
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "exported");
        json_line_text(&line, "output", output);
        json_line_number(&line, "accounts", (int64_t)count);
        json_line_end(&line);
    } else {
        output_line(ngettext("%zu account exported to %s.", "%zu accounts exported to %s.", count),
                    count, output);
    }
    return 0;
}

static int run_export(struct invocation *invocation, struct error *error)
{
    struct context context;
    int result = -1;

    context_init(&context, invocation);
    if (sealing_check(invocation, error) == 0 && context_open_workspace(&context, error) == 0 &&
        context_open_store(&context, STORE_WRITE, error) == 0 &&
        context_open_vault(&context, error) == 0)
        result = write_registry(&context, error);
    context_release(&context);
    return result;
}

static const struct option export_options[] = {
    {"to", 0, "RECIPIENT", true, N_("age1…: who can open it")},
    {"output", 0, "FILE", false, N_("writes there instead of to standard output")},
    {"armor", 0, NULL, false, N_("writes text, which survives mail")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_export = {
    .name = "export",
    .arguments = "",
    .summary = N_("Writes all accounts with their credentials as one sealed file"),
    .details =
        N_("For backup and moving. Inside is a registration file; the age program opens it."),
    .options = export_options,
    .run = run_export,
};

/* --- import ---------------------------------------------------------------------------------- */

static int read_sealed(struct context *context, const char *path, struct text *plain,
                       struct error *error)
{
    struct age_identities *identities = NULL;
    const struct age_identities *named = NULL;
    int result;

    if (option_is_given(context->invocation, "identity")) {
        result = sealing_identities(context->invocation, &identities, error);
        named = identities;
    } else {
        result = context_open_identities(context, error);
        named = context->identities;
    }
    if (result == 0)
        result = sealing_open(path, named, plain, error);
    age_identities_free(identities);
    return result;
}

static int import_file(struct context *context, struct registration *registration,
                       struct error *error)
{
    const char *path = argument_at(context->invocation, 0);
    struct problems problems;
    struct text plain;

    problems_init(&problems, context->arena);
    text_init_secret(&plain, REGISTRATION_SIZE_MAX_BYTES);
    int result = read_sealed(context, path, &plain, error);
    if (result == 0)
        registration_read(context->arena, path, plain.bytes, plain.length, &problems, registration);
    text_release(&plain);
    for (size_t i = 0; i < registration->count; i++)
        register_check(&registration->accounts[i], &problems);
    output_problems(&problems, false);
    if (result == 0 && problems_any_error(&problems))
        result = context_problems_error(&problems, _("nothing was imported"), error);
    if (result == 0)
        result = registering_store(context, registration, error);
    return result;
}

static int run_import(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct registration registration = {0};
    int result = -1;

    context_init(&context, invocation);
    if (context_open_workspace(&context, error) == 0 &&
        context_open_store(&context, STORE_WRITE, error) == 0 &&
        context_open_vault(&context, error) == 0)
        result = import_file(&context, &registration, error);
    if (result == 0)
        registering_tell(&registration);
    registration_release(&registration);
    context_release(&context);
    return result;
}

static const struct option import_options[] = {
    {"identity", 0, "FILE", true, N_("an age identity file; else the workspace's own is used")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_import = {
    .name = "import",
    .arguments = "FILE",
    .summary = N_("Takes in what export wrote, all or none"),
    .details = N_("Accounts that are registered already are replaced."),
    .arguments_least = 1,
    .arguments_most = 1,
    .options = import_options,
    .run = run_import,
};

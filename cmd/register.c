/* `register` and `unregister`: takes accounts in, and removes them. */
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"
#include "store/registration.h"
#include "wire/json.h"

#include "cmd/asking.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/register_check.h"
#include "cmd/register_invites.h"
#include "cmd/registering.h"

enum { CREDENTIAL_INDENT = 6 };

static const char actor[] = "coordinator";

/* --- reading --------------------------------------------------------------------------------- */

static int read_file(struct context *context, const char *path, struct problems *problems,
                     struct registration *registration, struct error *error)
{
    const size_t before = registration->count;
    struct text bytes;
    bool was_sealed = false;

    int result = registering_read(path, &bytes, error);
    if (result == 0)
        result = registering_open(context, path, &bytes, &was_sealed, error);
    if (result == 0)
        registration_read(context->arena, path, bytes.bytes, bytes.length, problems, registration);
    text_release(&bytes);
    for (size_t i = before; i < registration->count; i++)
        registration->accounts[i].was_sealed = was_sealed;
    return result;
}

static int read_files(struct context *context, const char *const *paths, size_t count,
                      struct problems *problems, struct registration *registration,
                      struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (read_file(context, paths[i], problems, registration, error) < 0)
            return -1;
    return 0;
}

/* As JSON, which YAML reads. */
static int add_quoted(struct text *document, const char *value, struct error *error)
{
    struct text quoted;
    text_init(&quoted, REGISTRATION_SIZE_MAX_BYTES);
    json_add_string(&quoted, value);
    bool is_text = !quoted.overflowed;
    text_add(document, quoted.bytes);
    text_release(&quoted);
    return is_text ? 0 : error_set(error, ERROR_USAGE, _("an argument is not UTF-8"));
}

/* "NAME=VALUE" as a line of YAML. */
static int add_setting(struct arena *arena, struct text *document, const char *assignment,
                       struct error *error)
{
    size_t length = strcspn(assignment, "=");
    if (length == 0 || !assignment[length]) {
        error_set(error, ERROR_USAGE, _("--set '%s' is not of the form NAME=VALUE"), assignment);
        return -1;
    }
    text_add(document, "      ");
    if (add_quoted(document, arena_strndup(arena, assignment, length), error) < 0)
        return -1;
    text_add(document, ": ");
    int result = add_quoted(document, assignment + length + 1, error);
    text_add_char(document, '\n');
    return result;
}

static void add_indented(struct text *document, const struct text *lines)
{
    for (const char *at = lines->bytes; *at;) {
        size_t length = strcspn(at, "\n");
        text_addf(document, "%*s", CREDENTIAL_INDENT, "");
        text_add_bytes(document, at, length);
        text_add_char(document, '\n');
        at += length;
        at += *at == '\n';
    }
}

/* The public site has none: nobody is kept waiting for one. */
static bool may_have_secrets(const char *channel)
{
    const struct channel_driver *driver = channel_find(channel);
    bool any = !driver; /* what is no channel is told later */

    for (const struct account_field *field = driver ? driver->fields : NULL; field && field->name;
         field++)
        any |= field->secret;
    return any;
}

/* One account from the command line becomes a registration file, so that there is one reader and
 * one set of rules. Places are put back to what the user wrote. */
static int read_arguments(struct context *context, struct problems *problems,
                          struct registration *registration, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *path = option_value(invocation, "credential-file");
    const char *label = option_value(invocation, "label");
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);
    struct text lines = {0}, document;
    int result = -1;

    text_init_secret(&document, REGISTRATION_SIZE_MAX_BYTES);
    if ((path || may_have_secrets(argument_at(invocation, 1))) &&
        registering_read(path, &lines, error) < 0)
        goto out;
    text_add(&document, "municipality: ");
    if (add_quoted(&document, argument_at(invocation, 0), error) < 0)
        goto out;
    text_add(&document, "\naccounts:\n  - channel: ");
    if (add_quoted(&document, argument_at(invocation, 1), error) < 0)
        goto out;
    text_add(&document, "\n    label: ");
    if (add_quoted(&document, label ? label : "default", error) < 0)
        goto out;
    if (set_count > 0)
        text_add(&document, "\n    settings:");
    text_add_char(&document, '\n');
    for (size_t i = 0; i < set_count; i++)
        if (add_setting(context->arena, &document, sets[i], error) < 0)
            goto out;
    unsigned before = (unsigned)set_count + (set_count > 0) + 4;
    if (lines.length > 0) {
        text_add(&document, "    credential:\n");
        before++;
        add_indented(&document, &lines);
    }
    registration_read(context->arena, path ? path : _("standard input"), document.bytes,
                      document.length, problems, registration);
    for (size_t i = 0; i < problems->count; i++) {
        struct place *place = &problems->items[i].place;
        place->line = place->line > before ? place->line - before : 0;
        place->column = place->column > CREDENTIAL_INDENT ? place->column - CREDENTIAL_INDENT : 1;
    }
    for (size_t i = 0; i < registration->count; i++)
        registration->accounts[i].place.line = 0; /* the account itself is on the command line */
    result = 0;
out:
    text_release(&lines);
    text_release(&document);
    return result;
}

/* --- register -------------------------------------------------------------------------------- */

static int read_registration(struct context *context, struct problems *problems,
                             struct registration *registration, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    size_t file_count;
    const char *const *files = option_values(invocation, "from", &file_count);

    if (file_count > 0 && invocation->argument_count == 0)
        return read_files(context, files, file_count, problems, registration, error);
    if (file_count > 0) {
        /* `register --from a.yaml b.yaml`: what follows are files too. */
        const char **all = arena_alloc_array(context->arena,
                                             file_count + invocation->argument_count, sizeof(*all));
        memcpy(all, files, file_count * sizeof(*all));
        memcpy(all + file_count, invocation->arguments, invocation->argument_count * sizeof(*all));
        return read_files(context, all, file_count + invocation->argument_count, problems,
                          registration, error);
    }
    if (invocation->argument_count != 2) {
        error_set(error, ERROR_USAGE, _("register needs MUNICIPALITY and CHANNEL, or --from FILE"));
        return error_next(error, "crisis help register");
    }
    return read_arguments(context, problems, registration, error);
}

static void check_accounts(struct context *context, const struct registration *registration,
                           struct problems *problems)
{
    bool is_rehearsal = context->workspace->config->approval_threshold == 0;
    const struct address_policy policy = context_addresses(context, is_rehearsal);

    for (size_t i = 0; i < registration->count; i++) {
        const struct registration_account *account = &registration->accounts[i];
        register_check(account, problems);
        register_check_address(&account->account,
                               context_network(context, account->account.channel), &policy,
                               account->place, problems);
    }
}

static int run_register(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct problems problems;
    struct registration registration = {0};
    int result = -1;

    context_init(&context, invocation);
    problems_init(&problems, context.arena);
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, STORE_WRITE, error) < 0 ||
        context_open_vault(&context, error) < 0 ||
        read_registration(&context, &problems, &registration, error) < 0)
        goto out;
    check_accounts(&context, &registration, &problems);
    if (register_invites(&context, &registration, &problems, error) < 0)
        goto out;
    output_problems(&problems, false);
    if (problems_any_error(&problems)) {
        context_problems_error(&problems, _("nothing was registered"), error);
        goto out;
    }
    result = registering_store(&context, &registration, error);
    if (result == 0)
        registering_tell(&registration);
out:
    registration_release(&registration);
    context_release(&context);
    return result;
}

static const struct option register_options[] = {
    {"from", 0, "FILE", true,
     N_("registration files: thousands of accounts in one go, all or none")},
    {"label", 0, "LABEL", false, N_("tells several accounts on one channel apart (default)")},
    {"set", 0, "NAME=VALUE", true, N_("a setting of the account: page=1234, url=https://…")},
    {"credential-file", 0, "FILE", false,
     N_("the credential, lines of NAME: VALUE; else standard "
        "input is read")},
    {"without-invite", 0, NULL, false, N_("takes sealed files without a valid invitation")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_register = {
    .name = "register",
    .arguments = "MUNICIPALITY CHANNEL | --from FILE…",
    .summary = N_("Adds or replaces accounts"),
    .details =
        N_("A credential never stands on the command line: it comes from a file or from "
           "standard input,\nand is sealed before it is stored. A registration file may be sealed "
           "(crisis help seal)."),
    .arguments_most = 10000,
    .options = register_options,
    .run = run_register,
};

/* --- unregister ------------------------------------------------------------------------------ */

/* On a terminal it asks, where there is something to lose. */
static int ask_to_unregister(struct context *context, const char *municipality, const char *channel,
                             const char *label, struct error *error)
{
    struct stored_account *accounts;
    size_t count;

    if (store_accounts(context->store, context->arena, &accounts, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (strcmp(accounts[i].account.municipality, municipality) == 0 &&
            strcmp(accounts[i].account.channel, channel) == 0 &&
            strcmp(accounts[i].account.label, label) == 0)
            return asking_lightly(context, municipality, error,
                                  _("The account '%s' of %s on %s is removed and its credential "
                                    "destroyed: nothing is sent there, and nothing that was posted "
                                    "there can be taken back, until it is registered again."),
                                  label, municipality, channel);
    return 0;
}

static int run_unregister(struct invocation *invocation, struct error *error)
{
    struct context context;
    const char *municipality = argument_at(invocation, 0), *channel = argument_at(invocation, 1);
    const char *label = option_value(invocation, "label");
    struct text entry;
    bool removed = false;
    int result = -1;

    if (!label)
        label = "default";
    context_init(&context, invocation);
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, STORE_WRITE, error) < 0 ||
        ask_to_unregister(&context, municipality, channel, label, error) < 0)
        goto out;
    entry_begin(&entry, ENTRY_UNREGISTERED, actor, clock_unix_ms());
    entry_add(&entry, "municipality", municipality);
    entry_add(&entry, "channel", channel);
    entry_add(&entry, "account", label);
    result =
        store_account_remove(context.store, municipality, channel, label, &entry, &removed, error);
    text_release(&entry);
    if (result == 0 && !removed) {
        result = error_set(error, ERROR_INPUT, _("%s has no account '%s' on %s"), municipality,
                           label, channel);
        error_next(error, _("crisis channels --only %s lists its accounts"), municipality);
    } else if (result == 0 && output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "unregistered");
        json_line_text(&line, "municipality", municipality);
        json_line_text(&line, "channel", channel);
        json_line_text(&line, "account", label);
        json_line_end(&line);
    } else if (result == 0) {
        output_line(_("The account '%s' of %s on %s is removed and its credential destroyed."),
                    label, municipality, channel);
    }
out:
    context_release(&context);
    return result;
}

static const struct option unregister_options[] = {
    {"label", 0, "LABEL", false, N_("which of several accounts on the channel (default)")},
    ASKING_LIGHTLY_OPTION,
    {NULL, 0, NULL, false, NULL},
};

const struct command command_unregister = {
    .name = "unregister",
    .arguments = "MUNICIPALITY CHANNEL",
    .summary = N_("Removes an account and destroys its credential"),
    .arguments_least = 2,
    .arguments_most = 2,
    .options = unregister_options,
    .run = run_unregister,
};

/* `channels`: the registered accounts, and the kinds there are. */
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"

#include "cmd/channels_check.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/kinds.h"
#include "cmd/output.h"
#include "cmd/selection.h"

/* The registry knows ids and channels only: other selectors need a plan. */
static bool names(const struct selector *selector, const void *thing)
{
    const struct account *account = thing;

    return selector_names_place(selector, account->municipality, account->channel);
}

static int narrow(struct context *context, struct stored_account *accounts, size_t *count,
                  struct error *error)
{
    struct selectors only;
    size_t kept = 0;

    if (selectors_read(context, "only", &only, error) < 0)
        return -1;
    for (size_t i = 0; i < *count; i++)
        if (selectors_mean(&only, names, &accounts[i].account))
            accounts[kept++] = accounts[i];
    if (only.count > 0 && kept == 0)
        return error_set(error, ERROR_USAGE, _("--only matches no account"));
    *count = kept;
    return 0;
}

static void print_account(const struct stored_account *stored)
{
    const struct account *account = &stored->account;
    char registered[RFC3339_SIZE], proven[RFC3339_SIZE] = "never";

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, NULL);
        json_line_text(&line, "municipality", account->municipality);
        json_line_text(&line, "channel", account->channel);
        json_line_text(&line, "account", account->label);
        for (size_t i = 0; i < account->setting_count; i++)
            json_line_text(&line, account->settings[i].name, account->settings[i].value);
        json_line_bool(&line, "credential", stored->sealed_size_bytes > 0);
        json_line_time(&line, "registered", stored->registered_unix_ms);
        json_line_time(&line, "proven", stored->proven_unix_ms);
        json_line_end(&line);
        return;
    }
    rfc3339_format_seconds(stored->registered_unix_ms, registered);
    if (stored->proven_unix_ms)
        rfc3339_format_seconds(stored->proven_unix_ms, proven);
    output_line(_("%-6s %-10s %-10s registered %s, last proven %s"), account->municipality,
                account->channel, account->label, registered, proven);
}

static int run_channels(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct stored_account *accounts;
    size_t count;
    bool check = option_is_given(invocation, "check");
    int result = -1;

    if (option_is_given(invocation, "kinds")) {
        kinds_print();
        return 0;
    }
    context_init(&context, invocation);
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, check ? STORE_WRITE : STORE_READ, error) < 0 ||
        store_accounts(context.store, context.arena, &accounts, &count, error) < 0 ||
        narrow(&context, accounts, &count, error) < 0)
        goto out;
    if (count == 0)
        output_note(_("No account is registered yet: crisis register --from FILE"));
    if (check) {
        if (context_open_vault(&context, error) == 0)
            result = channels_check(&context, accounts, count, error);
        goto out;
    }
    for (size_t i = 0; i < count; i++)
        print_account(&accounts[i]);
    result = 0;
out:
    context_release(&context);
    return result;
}

static const struct option options[] = {
    {"check", 0, NULL, false,
     N_("ask each network, without posting, whether the credential works")},
    {"kinds", 0, NULL, false, N_("show what each kind of channel can do; needs no workspace")},
    {"only", 0, "SELECTOR", true, N_("only these: an id, channel=KIND, county=ID, all")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_channels = {
    .name = "channels",
    .arguments = "",
    .summary = N_("Lists the registered accounts"),
    .options = options,
    .run = run_channels,
};

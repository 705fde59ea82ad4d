/* `channels`: the registered accounts, and the kinds there are. */
#include <string.h>

#include "base/civil_time.h"
#include "plan/select.h"

#include "cmd/channels_check.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/kinds.h"
#include "cmd/output.h"

/* The registry knows ids and channels only: other selectors need a plan. */
static bool matches(const struct selector *selector, const struct account *account)
{
    switch (selector->kind) {
    case SELECT_ALL:
        return true;
    case SELECT_ID:
        return strcmp(account->municipality, selector->value) == 0;
    case SELECT_CHANNEL: {
        const struct channel_driver *driver = channel_find(account->channel);
        return driver && channel_is_named(driver, selector->value);
    }
    case SELECT_COUNTY:
        /* A Norwegian municipality's number begins with its county's. */
        return strncmp(account->municipality, selector->value, strlen(selector->value)) == 0;
    case SELECT_GROUP:
    case SELECT_LANGUAGE:
        break;
    }
    return false;
}

static int narrow(struct context *context, struct stored_account *accounts, size_t *count,
                  struct error *error)
{
    size_t only_count, kept = 0;
    const char *const *only = option_values(context->invocation, "only", &only_count);
    struct selector *selectors = arena_alloc_array(context->arena, only_count, sizeof(*selectors));

    for (size_t i = 0; i < only_count; i++)
        if (selector_parse(context->arena, only[i], &selectors[i], error) < 0)
            return -1;
    for (size_t i = 0; i < *count; i++) {
        bool place = false, channel = false, any_place = false, any_channel = false;
        for (size_t j = 0; j < only_count; j++) {
            bool is_channel = selectors[j].kind == SELECT_CHANNEL;
            bool match = matches(&selectors[j], &accounts[i].account);
            any_channel |= is_channel;
            any_place |= !is_channel;
            channel |= is_channel && match;
            place |= !is_channel && match;
        }
        if ((!any_place || place) && (!any_channel || channel))
            accounts[kept++] = accounts[i];
    }
    if (only_count > 0 && kept == 0)
        return error_set(error, ERROR_USAGE, "--only matches no account");
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
    output_line("%-6s %-10s %-10s registered %s, last proven %s", account->municipality,
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
        output_note("No account is registered yet: crisis register --from FILE");
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
    {"check", 0, NULL, false, "ask each network, without posting, whether the credential works"},
    {"kinds", 0, NULL, false, "show what each kind of channel can do; needs no workspace"},
    {"only", 0, "SELECTOR", true, "only these: an id, channel=KIND, county=ID, all"},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_channels = {
    .name = "channels",
    .arguments = "",
    .summary = "Lists the registered accounts",
    .options = options,
    .run = run_channels,
};

#include "cmd/channels_check.h"

#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/credential_check.h"
#include "dispatch/outlet.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "report/stored_words.h"

#include "cmd/app_secrets.h"
#include "cmd/output.h"

struct checking {
    struct context *context;
    size_t working, failed, unknown;
    struct error error; /* the first one of the store */
};

static const char *verdict(const struct channel_outcome *outcome)
{
    if (outcome->result == OUTCOME_CHECKED)
        return "ok";
    return outcome->result == OUTCOME_UNKNOWN ? "unknown" : "failed";
}

static void print(const struct stored_account *stored, const struct channel_outcome *outcome)
{
    const struct account *account = &stored->account;
    bool works = outcome->result == OUTCOME_CHECKED;

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "check");
        json_line_text(&line, "municipality", account->municipality);
        json_line_text(&line, "channel", account->channel);
        json_line_text(&line, "account", account->label);
        json_line_text(&line, "result", verdict(outcome));
        if (outcome->identity[0])
            json_line_text(&line, "identity", outcome->identity);
        if (outcome->expires_unix_ms)
            json_line_time(&line, "expires", outcome->expires_unix_ms);
        if (outcome->failure.kind != FAILURE_NONE)
            json_line_failure(&line, &outcome->failure);
        json_line_end(&line);
        return;
    }
    output_styled(works                                ? STYLE_GOOD
                  : outcome->result == OUTCOME_UNKNOWN ? STYLE_PLAIN
                                                       : STYLE_BAD,
                  "%-6s %-10s %-10s %s  %s", account->municipality, account->channel,
                  account->label, verdict(outcome),
                  works ? outcome->identity : stored_in_words(outcome->failure.message).words);
    if (!works && outcome->failure.next[0])
        output_line("  → %s", stored_in_words(outcome->failure.next).words);
}

/* What was proven, or refused, goes on the log; a network that could not be asked proves nothing.
 */
static void record(struct checking *checking, const struct stored_account *stored,
                   const struct channel_outcome *outcome)
{
    const struct account *account = &stored->account;
    bool works = outcome->result == OUTCOME_CHECKED;
    struct setting learnt[2];
    char end[RFC3339_SIZE];
    size_t learnt_count = 0;
    struct text entry;
    struct error *error = &checking->error;

    if (outcome->result == OUTCOME_UNKNOWN || checking->error.kind != ERROR_NONE)
        return;
    entry_begin(&entry, ENTRY_CHECKED, "coordinator", clock_unix_ms());
    entry_add(&entry, "municipality", account->municipality);
    entry_add(&entry, "channel", account->channel);
    entry_add(&entry, "account", account->label);
    entry_add(&entry, "result", verdict(outcome));
    if (!works)
        entry_add(&entry, "failure", failure_kind_name(outcome->failure.kind));
    if (outcome->learnt_setting[0])
        learnt[learnt_count++] = (struct setting){outcome->learnt_setting, outcome->learnt_value};
    if (outcome->expires_unix_ms) {
        rfc3339_format_seconds(outcome->expires_unix_ms, end);
        learnt[learnt_count++] = (struct setting){CREDENTIAL_EXPIRES, end};
    }
    int result = works ? store_account_proven(checking->context->store, stored->row, learnt,
                                              learnt_count, clock_unix_ms(), &entry, error)
                       : store_append(checking->context->store, &entry, 1, error);
    if (result < 0 && error->kind == ERROR_NONE)
        error_set(error, ERROR_SYSTEM, _("the check could not be recorded"));
    text_release(&entry);
}

static int on_renewed(void *context, const struct stored_account *stored, const void *sealed,
                      size_t sealed_size_bytes, struct error *error)
{
    const struct checking *checking = context;
    struct stored_account renewed = *stored;
    struct text entry;

    renewed.sealed = sealed;
    renewed.sealed_size_bytes = sealed_size_bytes;
    entry_begin(&entry, ENTRY_RENEWED, "coordinator", clock_unix_ms());
    entry_add(&entry, "municipality", stored->account.municipality);
    entry_add(&entry, "channel", stored->account.channel);
    entry_add(&entry, "account", stored->account.label);
    entry_add(&entry, "result", "ok");
    int result = store_accounts_reseal(checking->context->store, &renewed, 1, &entry, error);
    text_release(&entry);
    return result;
}

static void on_done(void *context, const struct stored_account *stored,
                    const struct channel_outcome *outcome)
{
    struct checking *checking = context;
    record(checking, stored, outcome);
    print(stored, outcome);
    if (outcome->result == OUTCOME_CHECKED)
        checking->working++;
    else if (outcome->result == OUTCOME_UNKNOWN)
        checking->unknown++;
    else
        checking->failed++;
}

int channels_check(struct context *context, const struct stored_account *accounts, size_t count,
                   struct error *error)
{
    struct checking checking = {.context = context};
    const struct config *config = context->workspace->config;
    const struct address_policy policy =
        context_addresses(context, config->approval_threshold == 0);
    struct http_client_options options = {.ca_file = config->ca_file, .policy = &policy};
    struct http_client *http = NULL;
    struct loop *loop = loop_new();
    struct outlet *outlet =
        outlet_new(loop, workspace_public_folder(context->workspace, context->arena));
    int result = -1;

    struct app_secrets app_secrets;
    if (app_secrets_load(context, &app_secrets, error) < 0 ||
        http_client_new(loop, &options, &http, error) < 0)
        goto out;
    struct credential_checks checks = {
        .loop = loop,
        .http = http,
        .outlet = outlet,
        .vault = context->vault,
        .app_secrets = app_secrets,
        .network = context_network,
        .network_context = context,
        .accounts = accounts,
        .account_count = count,
        .done = on_done,
        .renewed = on_renewed,
        .context = &checking,
    };
    (void)workspace_confine(context->workspace);
    check_credentials(&checks);
    if (checking.error.kind != ERROR_NONE) {
        *error = checking.error;
        goto out;
    }
    output_note(_("%zu work, %zu do not, %zu cannot be asked"), checking.working, checking.failed,
                checking.unknown);
    result = context_end(checking.failed > 0 ? ERROR_SOME_FAILED : ERROR_NONE, error);
out:
    outlet_free(outlet);
    http_client_free(http);
    loop_free(loop);
    return result;
}

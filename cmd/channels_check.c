#include "cmd/channels_check.h"

#include <string.h>

#include "audit/entry.h"
#include "dispatch/credential_check.h"
#include "net/http_client.h"
#include "net/loop.h"

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
                  works ? outcome->identity : outcome->failure.message);
    if (!works && outcome->failure.next[0])
        output_line("  → %s", outcome->failure.next);
}

/* What was proven, or refused, goes on the log; a network that could not be asked proves nothing.
 */
static void record(struct checking *checking, const struct stored_account *stored,
                   const struct channel_outcome *outcome)
{
    const struct account *account = &stored->account;
    bool works = outcome->result == OUTCOME_CHECKED;
    const char *learnt = works && outcome->learnt_setting[0] ? outcome->learnt_setting : NULL;
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
    int result = works ? store_account_proven(checking->context->store, stored->row, learnt,
                                              outcome->learnt_value, clock_unix_ms(), &entry, error)
                       : store_append(checking->context->store, &entry, 1, error);
    if (result < 0 && error->kind == ERROR_NONE)
        error_set(error, ERROR_SYSTEM, "the check could not be recorded");
    text_release(&entry);
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
    struct http_client_options options = {.ca_file = context->workspace->config->ca_file};
    struct http_client *http = NULL;
    struct loop *loop = loop_new();
    int result = -1;

    if (http_client_new(loop, &options, &http, error) < 0)
        goto out;
    struct credential_checks checks = {
        .loop = loop,
        .http = http,
        .vault = context->vault,
        .network = context_network,
        .network_context = context,
        .accounts = accounts,
        .account_count = count,
        .done = on_done,
        .context = &checking,
    };
    check_credentials(&checks);
    if (checking.error.kind != ERROR_NONE) {
        *error = checking.error;
        goto out;
    }
    output_note("%zu work, %zu do not, %zu cannot be asked", checking.working, checking.failed,
                checking.unknown);
    result = context_end(checking.failed > 0 ? ERROR_SOME_FAILED : ERROR_NONE, error);
out:
    http_client_free(http);
    loop_free(loop);
    return result;
}

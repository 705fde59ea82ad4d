/* `approvals`: who has approved what, until when, and what is still missing. */
#include "base/civil_time.h"
#include "base/language.h"
#include "net/loop.h"
#include "plan/values.h"
#include "report/counted.h"

#include "cmd/accounts.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/gate.h"
#include "cmd/output.h"

static void print_json(const struct approval_finding *finding)
{
    const struct statement *statement = finding->statement;
    struct json_line line;

    json_line_begin(&line, NULL);
    json_line_text(&line, "approval", finding->file->name);
    if (finding->principal)
        json_line_text(&line, "principal", finding->principal);
    if (finding->fingerprint[0])
        json_line_text(&line, "key", finding->fingerprint);
    if (statement) {
        json_line_text(&line, "message", statement->message);
        json_line_text(&line, "mode", run_mode_name(statement->mode));
        json_line_time(&line, "not_before", statement->not_before_unix_ms);
        json_line_time(&line, "not_after", statement->not_after_unix_ms);
        json_line_number(&line, "municipalities", statement->municipality_count);
        json_line_number(&line, "deliveries", statement->delivery_count);
    }
    json_line_bool(&line, "counts", finding->counts);
    if (finding->counts_alone)
        json_line_bool(&line, "counts_alone", true);
    if (finding->refusal)
        json_line_text(&line, "reason", finding->refusal);
    json_line_end(&line);
}

static void print_text(const struct approval_finding *finding)
{
    const struct statement *statement = finding->statement;
    char until[RFC3339_SIZE] = "";

    if (statement)
        rfc3339_format_seconds(statement->not_after_unix_ms, until);
    output_styled(finding->counts ? STYLE_GOOD : STYLE_WARN,
                  finding->counts ? _("%s counts") : _("%s does not count"), finding->file->name);
    if (statement)
        output_line(_("  by %s (%s): %s, mode %s, %s, until %s"),
                    finding->principal ? finding->principal : _("nobody known"),
                    finding->fingerprint[0] ? finding->fingerprint : _("no key"),
                    statement_is_standing(statement) ? _("every message") : statement->message,
                    translated(run_mode_name(statement->mode)),
                    counted_municipalities(statement->municipality_count).words, until);
    if (finding->refusal)
        output_line("  %s", finding->refusal);
    if (finding->counts_alone)
        output_styled(STYLE_WARN, _("  EMERGENCY PATH: THIS APPROVER MAY ACT ALONE"));
}

static void print_missing(const struct approval_request *request, unsigned found)
{
    unsigned threshold = approval_threshold(request);
    bool approved = found >= threshold && (threshold == 0 || !request->list_fault);

    if (request->list_fault)
        output_warning(_("%s: crisis approvers status"), request->list_fault);
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "summary");
        json_line_text(&line, "message", request->message);
        json_line_text(&line, "mode", run_mode_name(request->mode));
        json_line_number(&line, "threshold", threshold);
        json_line_number(&line, "approvals", found);
        json_line_bool(&line, "approved", approved);
        if (request->list_fault)
            json_line_text(&line, "reason", request->list_fault);
        json_line_end(&line);
    } else if (approved) {
        output_styled(STYLE_GOOD, _("%s, mode %s: approved (%u of %u)"), request->message,
                      translated(run_mode_name(request->mode)), found, threshold);
    } else if (request->list_fault) {
        output_styled(STYLE_WARN, _("%s, mode %s: not approved: the approver list is not in force"),
                      request->message, translated(run_mode_name(request->mode)));
    } else {
        output_styled(STYLE_WARN,
                      ngettext("%s, mode %s: %u more approval needed (%u of %u)",
                               "%s, mode %s: %u more approvals needed (%u of %u)",
                               threshold - found),
                      request->message, translated(run_mode_name(request->mode)), threshold - found,
                      found, threshold);
    }
}

/* What a send of the message with the plan's values would need. */
static int ask(struct context *context, const struct plan *plan, const struct message *message,
               struct approval_request *request, struct error *error)
{
    const struct invocation *invocation = context->invocation;
    const char *mode = option_value(invocation, "mode");
    enum run_mode run_mode = mode ? run_mode_of(mode) : MODE_LIVE;
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);
    struct statement *wanted = arena_alloc(context->arena, sizeof(*wanted));
    const struct run_values *values;
    struct chosen_accounts chosen;
    struct problems problems;

    problems_init(&problems, context->arena);
    if (run_mode != MODE_LIVE && run_mode != MODE_EXERCISE)
        return error_set(error, ERROR_USAGE, _("--mode is live or exercise, not '%s'"), mode);
    if (values_collect(context->arena, plan, sets, set_count, VALUES_TO_SHOW, &problems, &values) <
        0) {
        output_problems(&problems, false);
        return context_problems_error(&problems, plan->file, error);
    }
    if (accounts_choose(context, plan, &chosen, error) < 0)
        return -1;
    struct render_request render =
        context_render_request(context, plan, message, values, run_mode, clock_unix_ms());
    render.accounts = chosen.accounts;
    render.account_count = chosen.count;
    if (gate_wanted(context, &render, wanted, error) < 0)
        return -1;
    return gate_ask(context, plan, message, run_mode, wanted, request, error);
}

static int run_approvals(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct problems problems;
    struct plan *plan;
    const struct message *message;
    struct approval_request request = {0};
    int result = -1;

    context_init(&context, invocation);
    problems_init(&problems, context.arena);
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, STORE_READ, error) < 0 ||
        context_load_plan(&context, argument_at(invocation, 0), false, &problems, &plan, error) <
            0 ||
        context_message(plan, argument_at(invocation, 1), &message, error) < 0 ||
        ask(&context, plan, message, &request, error) < 0)
        goto out;
    struct approval_finding *findings = approval_examine(context.arena, &request);
    for (size_t i = 0; i < request.file_count; i++) {
        if (output_is_json())
            print_json(&findings[i]);
        else
            print_text(&findings[i]);
    }
    print_missing(&request, approval_count(findings, request.file_count));
    result = 0;
out:
    context_release(&context);
    return result;
}

static const struct option options[] = {
    {"mode", 0, "MODE", false, N_("live (the default) or exercise")},
    {"set", 0, "NAME=VALUE", true, N_("a variable's value")},
    {"only", 0, "SELECTOR", true, N_("for a send to only these")},
    {"except", 0, "SELECTOR", true, N_("for a send without these")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_approvals = {
    .name = "approvals",
    .arguments = "PLAN [MESSAGE]",
    .summary = N_("Tells who has approved what, until when, and what is still missing"),
    .details =
        N_("Looks at the approvals beside the plan as a send of MESSAGE (the plan's first) would."),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = options,
    .run = run_approvals,
};

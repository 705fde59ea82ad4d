/* `check`: everything that can be known without a network. */
#include "cmd/check.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "net/loop.h"
#include "plan/check.h"
#include "report/counted.h"
#include "report/readiness.h"
#include "trust/xml_signature.h"
#include "wire/json.h"

#include "cmd/accounts.h"
#include "cmd/app_secrets.h"
#include "cmd/check_approvals.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/last_rehearsal.h"
#include "cmd/output.h"
#include "cmd/register_check.h"

static void warn_of_reversals(const struct plan *plan, struct problems *problems)
{
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct message *message = &plan->messages[i];
        const char *missing = plan_missing_reversal(plan, message);
        if (missing)
            problems_add(problems, SEVERITY_WARNING, message->place,
                         _("message '%s' cannot go live: %s that follows it is missing"),
                         message->name, translated(missing));
    }
}

/* A time that is past already; what is counted from the start of a run cannot be. */
static void refuse_expired(const struct plan *plan, struct problems *problems)
{
    int64_t now = clock_unix_ms();
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct message *message = &plan->messages[i];
        char time[RFC3339_SIZE];
        if (!message->expires_at_unix_ms || message->expires_at_unix_ms > now)
            continue;
        rfc3339_format_seconds(message->expires_at_unix_ms, time);
        problems_add(problems, SEVERITY_ERROR, message->place,
                     _("message '%s' expired at %s: set a later `expires`, if it still holds"),
                     message->name, time);
    }
}

/* How many of the audience have an account on each channel of the plan. */
static void warn_of_accounts(const struct context *context, const struct plan *plan,
                             const struct chosen_accounts *chosen, struct problems *problems)
{
    struct place nowhere = {0};
    for (size_t i = 0; i < context->channel_count; i++) {
        const char *channel = context->shapes[i].name;
        size_t reached = 0;
        const char *last = "";
        if (!plan_uses_channel(plan, channel))
            continue;
        for (size_t j = 0; j < chosen->count; j++) {
            if (strcmp(chosen->accounts[j].channel, channel) != 0)
                continue;
            reached += strcmp(chosen->accounts[j].municipality, last) != 0;
            last = chosen->accounts[j].municipality;
        }
        if (reached < plan->audience_count && plan->channel_count > 0)
            problems_add(problems, SEVERITY_WARNING, nowhere,
                         ngettext("%zu of %zu municipality has no account on %s",
                                  "%zu of %zu municipalities have no account on %s",
                                  plan->audience_count),
                         plan->audience_count - reached, plan->audience_count, channel);
    }
    if (chosen->unreachable_count > 0)
        problems_add(problems, SEVERITY_WARNING, nowhere,
                     ngettext("%zu municipality is reached on no channel at all (first: %s): "
                              "crisis register",
                              "%zu municipalities are reached on no channel at all (first: %s): "
                              "crisis register",
                              chosen->unreachable_count),
                     chosen->unreachable_count, chosen->unreachable[0]);
}

/* With the accounts that there are; else, where the plan names channels, as if everybody had one on
 * each. */
static void check_accounts_media(const struct context *context, const struct plan *plan,
                                 const struct account *accounts, size_t count,
                                 struct problems *problems)
{
    if (count == 0 && plan->channel_count > 0)
        accounts =
            render_accounts(context->arena, plan, context->shapes, context->channel_count, &count);
    check_media(context->arena, plan, context->shapes, context->channel_count,
                context_site_url(context), accounts, count, problems);
}

/* The larger of the plan's and the workspace's floor. */
static unsigned threshold_of(const struct context *context, const struct plan *plan)
{
    unsigned threshold = plan->approval.threshold;
    if (context->workspace && context->workspace->config->approval_threshold > threshold)
        threshold = context->workspace->config->approval_threshold;
    return threshold;
}

static void warn_of_addresses(struct context *context, const struct plan *plan,
                              const struct chosen_accounts *chosen, struct problems *problems)
{
    const struct address_policy policy =
        context_addresses(context, threshold_of(context, plan) == 0);
    const struct place nowhere = {0};

    for (size_t i = 0; i < chosen->count; i++)
        register_check_address(&chosen->accounts[i],
                               context_network(context, chosen->accounts[i].channel), &policy,
                               nowhere, problems);
}

struct endings {
    size_t count;
    const struct account *first;
    int64_t first_unix_ms;
};

static void note_ending(struct endings *endings, const struct account *account, int64_t unix_ms)
{
    if (endings->count++ == 0 || unix_ms < endings->first_unix_ms) {
        endings->first = account;
        endings->first_unix_ms = unix_ms;
    }
}

static void tell_over(const struct endings *endings, const char *channel, struct problems *problems)
{
    static const struct place nowhere = {0};
    char time[RFC3339_SIZE];

    if (endings->count == 0)
        return;
    rfc3339_format_seconds(endings->first_unix_ms, time);
    problems_add(problems, SEVERITY_WARNING, nowhere,
                 ngettext("%zu credential on %s has ended (first: %s '%s', %s): connect again with "
                          "crisis register",
                          "%zu credentials on %s have ended (first: %s '%s', %s): connect again "
                          "with crisis register",
                          endings->count),
                 endings->count, channel, endings->first->municipality, endings->first->label,
                 time);
}

static void tell_near(const struct endings *endings, const char *channel, struct problems *problems)
{
    static const struct place nowhere = {0};
    char time[RFC3339_SIZE];

    if (endings->count == 0)
        return;
    rfc3339_format_seconds(endings->first_unix_ms, time);
    problems_add(problems, SEVERITY_WARNING, nowhere,
                 ngettext("%zu credential on %s ends within 14 days (first: %s '%s', %s): crisis "
                          "channels --check renews what it can; connect the others again",
                          "%zu credentials on %s end within 14 days (first: %s '%s', %s): crisis "
                          "channels --check renews what it can; connect the others again",
                          endings->count),
                 endings->count, channel, endings->first->municipality, endings->first->label,
                 time);
}

/* A line for each channel, as far as their ends are known from a check. */
static void warn_of_endings(const struct context *context, const struct chosen_accounts *chosen,
                            struct problems *problems)
{
    int64_t now = clock_unix_ms();

    for (size_t i = 0; i < context->channel_count; i++) {
        const char *channel = context->shapes[i].name;
        struct endings over = {0}, near = {0};
        for (size_t j = 0; j < chosen->count; j++) {
            const struct account *account = &chosen->accounts[j];
            int64_t end_ms = readiness_end_unix_ms(account);
            if (strcmp(account->channel, channel) != 0 || end_ms == 0)
                continue;
            if (end_ms <= now)
                note_ending(&over, account, end_ms);
            else if (end_ms - now < READINESS_ENDS_SOON_MS)
                note_ending(&near, account, end_ms);
        }
        tell_over(&over, channel, problems);
        tell_near(&near, channel, problems);
    }
}

/* Where there is no workspace, or nobody to send to, nothing can have been approved. */
static void warn_of_threshold(const struct context *context, const struct plan *plan,
                              struct problems *problems)
{
    unsigned threshold = threshold_of(context, plan);
    if (threshold > 0)
        problems_add(problems, SEVERITY_WARNING, plan->approval.place,
                     ngettext("%u approval is required before it is sent: crisis approvals shows "
                              "who has approved what",
                              "%u approvals are required before it is sent: crisis approvals shows "
                              "who has approved what",
                              threshold),
                     threshold);
}

static int check_cap_signature(const struct context *context, struct problems *problems,
                               struct error *error)
{
    static const struct place nowhere = {0};
    struct xml_signer *signer;
    const int64_t now = clock_unix_ms();
    char end[RFC3339_SIZE];

    if (workspace_cap_signer(context->workspace, &signer, error) < 0)
        return -1;
    if (signer && !xml_signer_is_valid(signer, now + READINESS_ENDS_SOON_MS)) {
        rfc3339_format_seconds(xml_signer_end_unix_ms(signer), end);
        problems_add(
            problems, SEVERITY_WARNING, nowhere,
            _("the certificate that CAP files are signed with is valid until %s: get a new "
              "one"),
            end);
    }
    xml_signer_free(signer);
    return 0;
}

void check_texts_and_times(const struct context *context, const struct plan *plan,
                           struct problems *problems)
{
    check_texts(context->arena, plan, context->shapes, context->channel_count,
                context_coordinator(context, plan), context_site_url(context), problems);
    refuse_expired(plan, problems);
    warn_of_reversals(plan, problems);
}

int check_accounts(struct context *context, const struct plan *plan,
                   const struct chosen_accounts *chosen, struct problems *problems,
                   struct error *error)
{
    struct app_secrets app_secrets;

    if (app_secrets_load(context, &app_secrets, error) < 0)
        return -1;
    warn_of_accounts(context, plan, chosen, problems);
    warn_of_addresses(context, plan, chosen, problems);
    warn_of_endings(context, chosen, problems);
    check_accounts_media(context, plan, chosen->accounts, chosen->count, problems);
    app_secrets_check(context, &app_secrets, chosen->accounts, chosen->count, problems);
    return 0;
}

/* What a workspace is needed for. */
static int check_workspace(struct context *context, const struct plan *plan,
                           struct problems *problems, struct checked_approval **approvals,
                           size_t *approval_count, struct error *error)
{
    struct chosen_accounts chosen;

    if ((!context->store && context_open_store(context, STORE_READ, error) < 0) ||
        accounts_choose(context, plan, &chosen, error) < 0 ||
        check_cap_signature(context, problems, error) < 0 ||
        check_accounts(context, plan, &chosen, problems, error) < 0)
        return -1;
    if (problems_any_error(problems) || chosen.count == 0) {
        warn_of_threshold(context, plan, problems);
        return 0;
    }
    return check_approvals(context, plan, &chosen, problems, approvals, approval_count, error);
}

int check_plan(struct context *context, const struct plan *plan, struct problems *problems,
               struct checked_approval **approvals, size_t *approval_count, struct error *error)
{
    *approval_count = 0;
    check_texts_and_times(context, plan, problems);
    if (context->workspace)
        return check_workspace(context, plan, problems, approvals, approval_count, error);
    warn_of_threshold(context, plan, problems);
    check_accounts_media(context, plan, NULL, 0, problems);
    return 0;
}

static void print_summary(const struct plan *plan, const struct problems *problems)
{
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "summary");
        json_line_text(&line, "plan", plan->id);
        json_line_number(&line, "messages", (int64_t)plan->message_count);
        json_line_number(&line, "municipalities", (int64_t)plan->audience_count);
        json_line_number(&line, "errors", (int64_t)problems->error_count);
        json_line_number(&line, "warnings", (int64_t)problems->warning_count);
        json_line_end(&line);
        return;
    }
    output_styled(problems->error_count ? STYLE_BAD : STYLE_GOOD, "%s: %s, %s: %s, %s", plan->id,
                  counted_messages(plan->message_count).words,
                  counted_municipalities(plan->audience_count).words,
                  counted_errors(problems->error_count).words,
                  counted_warnings(problems->warning_count).words);
    if (output_is_quiet())
        return;
    for (size_t i = 0; i < plan->message_count; i++) {
        const struct message *message = &plan->messages[i];
        const char *kind = translated(message_kind_name(message->kind));
        if (message->follows)
            output_line(_("  %-16s %s, follows %s"), message->name, kind, message->follows->name);
        else
            output_line("  %-16s %s", message->name, kind);
    }
}

static int run_check(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct problems problems;
    struct checked_approval *approvals = NULL;
    size_t approval_count;
    struct plan *plan;
    int result = -1;

    context_init(&context, invocation);
    problems_init(&problems, context.arena);
    if (context_find_workspace(&context, error) < 0 ||
        context_load_plan(&context, argument_at(invocation, 0), true, &problems, &plan, error) <
            0 ||
        check_plan(&context, plan, &problems, &approvals, &approval_count, error) < 0)
        goto out;
    if (!context.workspace)
        output_note(_("No workspace is near: accounts are not looked at, nor approvals."));
    output_problems(&problems, true);
    for (size_t i = 0; i < approval_count; i++)
        check_approvals_print(&approvals[i]);
    if (context.workspace && last_rehearsal_print(&context, plan, error) < 0)
        goto out;
    print_summary(plan, &problems);
    result = problems_any_error(&problems) ? context_end(ERROR_INPUT, error) : 0;
out:
    context_release(&context);
    return result;
}

const struct command command_check = {
    .name = "check",
    .arguments = "PLAN",
    .summary = N_("Checks everything about a plan that can be known without a network"),
    .details = N_("Syntax, variables, every text of every delivery against its channel's limits, "
                  "missing\ntranslations, reversals, and (in a workspace) missing accounts and "
                  "approvals. All problems are told\nat once."),
    .arguments_least = 1,
    .arguments_most = 1,
    .run = run_check,
};

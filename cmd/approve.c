/* `approve`: shows what would be published, and signs it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "net/loop.h"
#include "plan/values.h"
#include "report/counted.h"
#include "trust/sshsig.h"

#include "cmd/accounts.h"
#include "cmd/approver_list.h"
#include "cmd/cards.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/gate.h"
#include "cmd/media_view.h"
#include "cmd/output.h"
#include "cmd/signing.h"
#include "cmd/text_groups.h"

enum { VALID_DEFAULT_MS = 12 * 60 * 60 * 1000, ANSWER_SIZE = 128 };

/* What is being approved. */
struct approving {
    struct context context;
    struct problems problems;
    struct plan *plan;
    const struct message *message; /* the one shown; of a standing approval the plan's first */
    bool is_standing;
    const struct run_values *values;
    struct chosen_accounts chosen;
    struct render_request request;
    struct rendering *rendering;
    struct statement statement;
    const struct signers *signers;
    struct signing_key key;
    const char *principal;
};

/* --- gathering ------------------------------------------------------------------------------- */

static int open_plan(struct approving *approving, struct error *error)
{
    const struct invocation *invocation = approving->context.invocation;
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);
    const char *name = argument_at(invocation, 1);

    if (context_open_workspace(&approving->context, error) < 0 ||
        context_open_store(&approving->context, STORE_READ, error) < 0 ||
        context_load_plan(&approving->context, argument_at(invocation, 0), false,
                          &approving->problems, &approving->plan, error) < 0 ||
        context_message(approving->plan, name, &approving->message, error) < 0)
        return -1;
    approving->is_standing = name == NULL;
    if (approving->is_standing && set_count > 0)
        return error_set(
            error, ERROR_USAGE,
            _("--set belongs to a MESSAGE: a standing approval leaves variables open"));
    if (values_collect(approving->context.arena, approving->plan, sets, set_count,
                       approving->is_standing ? VALUES_TO_SHOW : VALUES_TO_SEND,
                       &approving->problems, &approving->values) < 0) {
        output_problems(&approving->problems, false);
        return context_problems_error(&approving->problems, approving->plan->file, error);
    }
    return accounts_choose(&approving->context, approving->plan, &approving->chosen, error);
}

static int choose_mode(const struct invocation *invocation, enum run_mode *out, struct error *error)
{
    const char *mode = option_value(invocation, "mode");
    *out = mode ? run_mode_of(mode) : MODE_LIVE;
    if (*out == MODE_LIVE || *out == MODE_EXERCISE)
        return 0;
    return error_set(error, ERROR_USAGE, _("--mode is live or exercise, not '%s'"), mode);
}

static int render_texts(struct approving *approving, struct error *error)
{
    struct context *context = &approving->context;
    enum run_mode mode;

    if (choose_mode(context->invocation, &mode, error) < 0)
        return -1;
    if (approving->chosen.count == 0)
        return error_set(error, ERROR_INPUT,
                         _("no account of this plan's municipalities is registered"));
    approving->request = context_render_request(context, approving->plan, approving->message,
                                                approving->values, mode, clock_unix_ms());
    approving->request.accounts = approving->chosen.accounts;
    approving->request.account_count = approving->chosen.count;
    if (render_message(context->arena, &approving->request, &approving->problems,
                       &approving->rendering) < 0) {
        output_problems(&approving->problems, false);
        return context_problems_error(&approving->problems, approving->plan->file, error);
    }
    return cards_draw(context, approving->rendering, error);
}

static int make_statement(struct approving *approving, struct error *error)
{
    struct statement *statement = &approving->statement;
    int64_t valid_ms, now = clock_unix_ms() / 1000 * 1000;

    if (option_duration(approving->context.invocation, "for", VALID_DEFAULT_MS, &valid_ms, error) <
            0 ||
        gate_wanted(&approving->context, &approving->request, statement, error) < 0)
        return -1;
    if (approving->is_standing) {
        statement->message = STATEMENT_EVERY_MESSAGE;
        statement->variables = NULL;
        statement->variable_count = 0;
        memset(statement->texts_sha256, 0, sizeof(statement->texts_sha256));
    }
    statement->not_before_unix_ms = now;
    statement->not_after_unix_ms = now + valid_ms / 1000 * 1000;
    statement_new_nonce(statement);
    return 0;
}

/* --- showing --------------------------------------------------------------------------------- */

static void show(const struct approving *approving)
{
    char until[RFC3339_SIZE];
    size_t count;
    struct text_group *groups =
        text_groups_make(approving->context.arena, approving->rendering, &count);

    text_groups_print(groups, count);
    rfc3339_format_seconds(approving->statement.not_after_unix_ms, until);
    output_styled(approving->request.mode == MODE_LIVE ? STYLE_BAD : STYLE_BOLD, _("Mode: %s"),
                  translated(run_mode_name(approving->request.mode)));
    output_line(_("Plan: %s (%s)"), approving->plan->id, approving->plan->title);
    output_line(_("Message: %s"),
                approving->is_standing
                    ? _("every message of the plan, for any values within the variables' bounds")
                    : approving->message->name);
    for (size_t i = 0; i < approving->plan->message_count; i++)
        if (approving->is_standing || &approving->plan->messages[i] == approving->message)
            media_view_print_files(&approving->plan->messages[i]);
    for (size_t i = 0; i < approving->statement.variable_count; i++)
        output_line("  %s = %s", approving->statement.variables[i].name,
                    approving->statement.variables[i].value);
    output_line(_("Audience: %s, %s"),
                counted_municipalities(approving->statement.municipality_count).words,
                counted_deliveries(approving->statement.delivery_count).words);
    output_line(_("Valid until: %s"), until);
}

/* --- signing --------------------------------------------------------------------------------- */

static bool is_approver(const struct plan *plan, const char *principal)
{
    for (size_t i = 0; i < plan->approval.approver_count; i++)
        if (strcmp(plan->approval.approvers[i].text, principal) == 0)
            return true;
    for (size_t i = 0; i < plan->approval.emergency_approver_count; i++)
        if (strcmp(plan->approval.emergency_approvers[i].text, principal) == 0)
            return true;
    return false;
}

static int open_key(struct approving *approving, struct error *error)
{
    const struct invocation *invocation = approving->context.invocation;

    struct approver_list list;

    if (approver_list_load(&approving->context, &list, error) < 0)
        return -1;
    if (list.fault)
        output_warning(_("%s: crisis approvers status"), list.fault);
    approving->signers = list.in_force;
    if (signing_open(approving->context.arena, option_value(invocation, "key"), approving->signers,
                     &approving->key, error) < 0)
        return -1;
    approving->principal = option_value(invocation, "as");
    if (!approving->principal)
        approving->principal = signing_principal(approving->signers, &approving->key.key);
    if (!approving->principal) {
        char fingerprint[SSH_FINGERPRINT_SIZE];
        ssh_key_fingerprint(&approving->key.key, fingerprint);
        error_set(error, ERROR_NOT_APPROVED, _("the key %s is nobody's in the approvers file"),
                  fingerprint);
        return error_next(error, _("crisis approvers add, or say who signs with --as PRINCIPAL"));
    }
    if (signers_principal_fault(approving->principal, strlen(approving->principal)))
        return error_set(
            error, ERROR_USAGE, _("--as '%s': %s"), approving->principal,
            signers_principal_fault(approving->principal, strlen(approving->principal)));
    if (!is_approver(approving->plan, approving->principal))
        output_warning(_("'%s' is not among the approvers of this plan: it will not count"),
                       approving->principal);
    return 0;
}

static int confirm(const struct approving *approving, struct error *error)
{
    char answer[ANSWER_SIZE];

    if (option_is_given(approving->context.invocation, "yes") || !output_is_interactive())
        return 0;
    output_flush();
    if (output_ask(_("Type the plan's id to sign this: "), answer, sizeof(answer)) &&
        strcmp(answer, approving->plan->id) == 0)
        return 0;
    return error_set(error, ERROR_USAGE, _("not confirmed: nothing was signed"));
}

static int write_files(const struct approving *approving, const struct text *statement,
                       const struct text *signature, struct error *error)
{
    struct arena *arena = approving->context.arena;
    const char *folder = gate_folder(arena, approving->plan->file, approving->plan->id);
    char short_hash[STATEMENT_SHORT_HASH_SIZE];

    statement_short_hash(statement->bytes, statement->length, short_hash);
    const char *base = arena_printf(arena, "%s/%s-%s", folder, approving->principal, short_hash);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, ERROR_SYSTEM, _("cannot make the folder '%s': %s"), folder,
                         error_errno(errno));
    if (file_replace(arena_printf(arena, "%s.statement", base), statement->bytes, statement->length,
                     0644, error) < 0 ||
        file_replace(arena_printf(arena, "%s.sig", base), signature->bytes, signature->length, 0644,
                     error) < 0)
        return -1;
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "approved");
        json_line_text(&line, "principal", approving->principal);
        json_line_text(&line, "statement", arena_printf(arena, "%s.statement", base));
        json_line_text(&line, "signature", arena_printf(arena, "%s.sig", base));
        json_line_end(&line);
    } else {
        output_line(_("Signed as %s: %s.statement and .sig"), approving->principal, base);
    }
    return 0;
}

static int sign(struct approving *approving, struct error *error)
{
    struct text statement, signature;
    int result = -1;

    text_init(&statement, STATEMENT_MAX_BYTES);
    text_init(&signature, SSHSIG_ARMOUR_MAX_BYTES);
    if (statement_add(&statement, &approving->statement, error) == 0 &&
        signing_sign(&approving->key, STATEMENT_NAMESPACE, statement.bytes, statement.length,
                     &signature, error) == 0)
        result = write_files(approving, &statement, &signature, error);
    text_release(&signature);
    text_release(&statement);
    return result;
}

static int run_approve(struct invocation *invocation, struct error *error)
{
    struct approving approving = {0};
    int result = -1;

    context_init(&approving.context, invocation);
    problems_init(&approving.problems, invocation->arena);
    if (open_plan(&approving, error) < 0 || render_texts(&approving, error) < 0 ||
        make_statement(&approving, error) < 0)
        goto out;
    if (!output_is_json())
        show(&approving);
    if (open_key(&approving, error) < 0 || confirm(&approving, error) < 0)
        goto out;
    result = sign(&approving, error);
out:
    signing_close(&approving.key);
    context_release(&approving.context);
    return result;
}

static const struct option approve_options[] = {
    {"mode", 0, "MODE", false, N_("live (the default) or exercise")},
    {"set", 0, "NAME=VALUE", true, N_("a variable's value")},
    {"only", 0, "SELECTOR", true,
     N_("for a send to only these (the same --only must be given to send)")},
    {"except", 0, "SELECTOR", true, N_("for a send without these")},
    {"for", 0, "TIME", false, N_("how long it is valid (12h)")},
    {"key", 0, "FILE", false,
     N_("the private key, or the .pub of one that ssh-agent holds; else "
        "ssh-agent's first key of an approver")},
    {"as", 0, "PRINCIPAL", false, N_("who signs; else whose key it is in the approvers file")},
    {"yes", 0, NULL, false, N_("do not ask")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_approve = {
    .name = "approve",
    .arguments = "PLAN [MESSAGE]",
    .summary = N_("Shows what would be published, and signs it"),
    .details =
        N_("With a MESSAGE the approval binds its texts, variables and audience. Without one it "
           "is standing: for\nevery message of the plan, with any values within the variables' "
           "bounds."),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = approve_options,
    .run = run_approve,
};

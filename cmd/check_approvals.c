#include "cmd/check_approvals.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "plan/values.h"
#include "trust/approval.h"
#include "wire/json.h"

#include "cmd/gate.h"
#include "cmd/output.h"

/* Rendering a message of a national plan takes a while: somebody who signed it for many values is
 * sent to `approvals`. */
enum { CASES_MAX = 10, LINE_MAX_BYTES = 64 * 1024 };

struct checking {
    struct context *context;
    const struct plan *plan;
    const struct chosen_accounts *chosen;
    struct problems *problems;
    struct approval_request now;         /* the approvers, the files, the time */
    const struct statement **statements; /* of the files; NULL: not readable */
    const char **reasons;                /* why a file does not count; NULL: not known yet */
    bool *counts;                        /* somewhere */
    struct checked_approval *found;
    size_t count, capacity;
};

/* --- what can be sent ------------------------------------------------------------------------ */

static bool same_values(const struct statement *a, const struct statement *b)
{
    if (a->mode != b->mode || a->variable_count != b->variable_count)
        return false;
    for (size_t i = 0; i < a->variable_count; i++)
        if (strcmp(a->variables[i].name, b->variables[i].name) != 0 ||
            strcmp(a->variables[i].value, b->variables[i].value) != 0)
            return false;
    return true;
}

/* What must have been signed for the message with these values: NULL when it cannot be rendered so
 * (the plan has changed since). `like` gives mode and values; its variables may be the plan's. */
static const struct statement *make_wanted(const struct checking *checking,
                                           const struct message *message, enum run_mode mode,
                                           const struct statement *like)
{
    struct context *context = checking->context;
    struct arena *arena = context->arena;
    size_t count = like ? like->variable_count : 0;
    const char **sets = arena_alloc_array(arena, count, sizeof(*sets));
    struct statement *wanted = arena_alloc(arena, sizeof(*wanted));
    const struct run_values *values;
    struct problems unheard; /* of values that are not the plan's any more */

    problems_init(&unheard, arena);
    for (size_t i = 0; i < count; i++)
        sets[i] = arena_printf(arena, "%s=%s", like->variables[i].name, like->variables[i].value);
    if (values_collect(arena, checking->plan, sets, count, VALUES_TO_SHOW, &unheard, &values) < 0)
        return NULL;
    struct render_request request = context_render_request(context, checking->plan, message, values,
                                                           mode, checking->now.now_unix_ms);
    request.accounts = checking->chosen->accounts;
    request.account_count = checking->chosen->count;
    return gate_make_wanted(arena, &request, &unheard, wanted) == 0 ? wanted : NULL;
}

/* --- asking ---------------------------------------------------------------------------------- */

static bool is_about(const struct statement *statement, const struct statement *wanted)
{
    if (!statement || statement->mode != wanted->mode)
        return false;
    return statement_is_standing(statement) ||
           (strcmp(statement->message, wanted->message) == 0 && same_values(statement, wanted));
}

/* A file is named with the reason that it has where it was meant to count. */
static void note_reasons(struct checking *checking, const struct statement *wanted,
                         const struct approval_finding *findings)
{
    for (size_t i = 0; i < checking->now.file_count; i++) {
        bool is_meant = is_about(checking->statements[i], wanted);
        checking->counts[i] |= findings[i].counts || findings[i].counts_alone;
        if (findings[i].refusal && (is_meant || !checking->reasons[i]))
            checking->reasons[i] = findings[i].refusal;
    }
}

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void name_principals(struct checking *checking, const struct approval_finding *findings,
                            struct checked_approval *out)
{
    size_t files = checking->now.file_count;
    const char **names = arena_alloc_array(checking->context->arena, files, sizeof(*names));

    for (size_t i = 0; i < files; i++) {
        if (findings[i].counts_alone)
            out->emergency = findings[i].principal;
        if (findings[i].counts && !is_named(names, out->principal_count, findings[i].principal))
            names[out->principal_count++] = findings[i].principal;
    }
    out->principals = names;
}

static void ask(struct checking *checking, const struct message *message,
                const struct statement *wanted)
{
    struct arena *arena = checking->context->arena;
    struct approval_request request = checking->now;
    size_t files = request.file_count;

    gate_describe(arena, checking->plan, message, wanted->mode, wanted, &request);
    struct approval_finding *findings = approval_examine(arena, &request);
    struct checked_approval approval = {
        .message = message,
        .mode = wanted->mode,
        .variables = wanted->variables,
        .variable_count = wanted->variable_count,
        .threshold = approval_threshold(&request),
        .found = approval_count(findings, files),
    };
    approval.is_approved = approval.found >= approval.threshold;
    approval.until_unix_ms = approval_until_unix_ms(
        arena, findings, files, approval.is_approved ? approval.threshold : approval.found);
    name_principals(checking, findings, &approval);
    note_reasons(checking, wanted, findings);
    checking->found = arena_grow(arena, checking->found, checking->count, &checking->capacity,
                                 sizeof(*checking->found));
    checking->found[checking->count++] = approval;
}

/* --- a message ------------------------------------------------------------------------------- */

/* Every mode and every set of values that this message was signed for, each once. */
static void check_message(struct checking *checking, const struct message *message)
{
    const struct statement *asked[CASES_MAX];
    size_t count = 0, more = 0;
    bool any_live = false;

    for (size_t i = 0; i < checking->now.file_count; i++) {
        const struct statement *statement = checking->statements[i];
        bool known = !statement || (!statement_is_standing(statement) &&
                                    strcmp(statement->message, message->name) != 0);
        for (size_t j = 0; j < count && !known; j++)
            known = is_about(statement, asked[j]);
        if (known)
            continue;
        const struct statement *wanted =
            count < CASES_MAX ? make_wanted(checking, message, statement->mode, statement) : NULL;
        more += count == CASES_MAX;
        if (!wanted)
            continue;
        any_live |= wanted->mode == MODE_LIVE;
        asked[count++] = wanted;
        ask(checking, message, wanted);
    }
    if (more > 0)
        problems_add(checking->problems, SEVERITY_WARNING, message->place,
                     _("message '%s' was signed for more than %d sets of values: crisis approvals "
                       "tells of each"),
                     message->name, CASES_MAX);
    if (any_live)
        return;
    const struct statement *wanted = make_wanted(checking, message, MODE_LIVE, NULL);
    if (wanted)
        ask(checking, message, wanted);
}

/* --- words ----------------------------------------------------------------------------------- */

static void add_names(struct text *out, const struct checked_approval *approval)
{
    for (size_t i = 0; i < approval->principal_count; i++)
        text_addf(out, "%s%s", i == 0 ? "" : ", ", approval->principals[i]);
}

/* "alert, mode live, level=3" */
static void add_title(struct text *out, const struct checked_approval *approval)
{
    text_addf(out, _("%s, mode %s"), approval->message->name,
              translated(run_mode_name(approval->mode)));
    for (size_t i = 0; i < approval->variable_count; i++)
        text_addf(out, ", %s=%s", approval->variables[i].name, approval->variables[i].value);
}

static void warn_of(struct problems *problems, const struct checked_approval *approval)
{
    const unsigned missing = approval->threshold - approval->found;
    char until[RFC3339_SIZE];
    struct text title, names, line;

    if (approval->is_approved)
        return;
    text_init(&title, LINE_MAX_BYTES);
    text_init(&names, LINE_MAX_BYTES);
    text_init(&line, LINE_MAX_BYTES);
    add_title(&title, approval);
    add_names(&names, approval);
    rfc3339_format_seconds(approval->until_unix_ms, until);
    if (approval->found > 0)
        text_addf(&line,
                  _("%s: %u of %u approvals (%s, until %s), %u more needed before it can be sent"),
                  title.bytes, approval->found, approval->threshold, names.bytes, until, missing);
    else
        text_addf(&line, _("%s: %u of %u approvals, %u more needed before it can be sent"),
                  title.bytes, approval->found, approval->threshold, missing);
    if (approval->emergency)
        text_addf(&line, _("; in an emergency %s may act alone"), approval->emergency);
    problems_add(problems, SEVERITY_WARNING, approval->message->place, "%s", line.bytes);
    text_release(&line);
    text_release(&names);
    text_release(&title);
}

static void warn_of_files(const struct checking *checking)
{
    const char *folder =
        gate_folder(checking->context->arena, checking->plan->file, checking->plan->id);

    for (size_t i = 0; i < checking->now.file_count; i++) {
        const struct place place = {.file =
                                        arena_printf(checking->context->arena, "%s/%s.statement",
                                                     folder, checking->now.files[i].name)};
        if (!checking->counts[i])
            problems_add(checking->problems, SEVERITY_WARNING, place,
                         _("this approval does not count: %s"),
                         checking->reasons[i] ? checking->reasons[i] : _("it is for no message"));
    }
}

static void print_json(const struct checked_approval *approval)
{
    struct json_line line;

    json_line_begin(&line, "approval");
    json_line_text(&line, "message", approval->message->name);
    json_line_text(&line, "mode", run_mode_name(approval->mode));
    json_add_name(&line.text, "set");
    text_add_char(&line.text, '{');
    for (size_t i = 0; i < approval->variable_count; i++)
        json_add_member(&line.text, approval->variables[i].name, approval->variables[i].value);
    text_add_char(&line.text, '}');
    json_line_number(&line, "threshold", approval->threshold);
    json_line_number(&line, "approvals", approval->found);
    json_line_bool(&line, "approved", approval->is_approved);
    json_add_name(&line.text, "principals");
    text_add_char(&line.text, '[');
    for (size_t i = 0; i < approval->principal_count; i++)
        json_add_string(&line.text, approval->principals[i]);
    text_add_char(&line.text, ']');
    json_line_time(&line, "until", approval->until_unix_ms);
    json_line_end(&line);
}

void check_approvals_print(const struct checked_approval *approval)
{
    char until[RFC3339_SIZE];
    struct text title, names;

    if (output_is_json()) {
        print_json(approval);
        return;
    }
    if (output_is_quiet() || !approval->is_approved)
        return;
    rfc3339_format_seconds(approval->until_unix_ms, until);
    text_init(&title, LINE_MAX_BYTES);
    text_init(&names, LINE_MAX_BYTES);
    add_title(&title, approval);
    add_names(&names, approval);
    output_styled(STYLE_GOOD, _("  %s: approved by %s, until %s"), title.bytes, names.bytes, until);
    text_release(&names);
    text_release(&title);
}

/* --- the whole plan -------------------------------------------------------------------------- */

static void read_statements(struct checking *checking)
{
    const struct approval_request *now = &checking->now;
    struct arena *arena = checking->context->arena;

    checking->statements = arena_alloc_array(arena, now->file_count, sizeof(*checking->statements));
    checking->reasons = arena_alloc_array(arena, now->file_count, sizeof(*checking->reasons));
    checking->counts = arena_alloc_array(arena, now->file_count, sizeof(*checking->counts));
    for (size_t i = 0; i < now->file_count; i++) {
        struct error error = {0};
        if (statement_read(arena, now->files[i].statement, now->files[i].statement_size,
                           &checking->statements[i], &error) < 0) {
            checking->statements[i] = NULL;
            checking->reasons[i] = arena_strdup(arena, error.message);
        }
    }
}

int check_approvals(struct context *context, const struct plan *plan,
                    const struct chosen_accounts *chosen, struct problems *problems,
                    struct checked_approval **out, size_t *out_count, struct error *error)
{
    struct checking checking = {
        .context = context, .plan = plan, .chosen = chosen, .problems = problems};

    *out = NULL;
    *out_count = 0;
    if (gate_load(context, plan->file, plan->id, &checking.now, error) < 0)
        return -1;
    checking.now.plan_threshold = plan->approval.threshold;
    if (approval_threshold(&checking.now) == 0)
        return 0;
    if (checking.now.list_fault) {
        problems_add(problems, SEVERITY_WARNING, plan->approval.place,
                     _("nothing can be approved: %s"), checking.now.list_fault);
        return 0;
    }
    read_statements(&checking);
    for (size_t i = 0; i < plan->message_count; i++)
        check_message(&checking, &plan->messages[i]);
    for (size_t i = 0; i < checking.count; i++)
        warn_of(problems, &checking.found[i]);
    warn_of_files(&checking);
    *out = checking.found;
    *out_count = checking.count;
    return 0;
}

/* `report`: what happened in a run, from the store, checked against the audit log. It only reads,
 * also while a send is going on. */
#include <string.h>

#include "base/encode.h"
#include "base/language.h"
#include "net/loop.h"
#include "report/rehearsed.h"
#include "report/report.h"

#include "cmd/audit_compare.h"
#include "cmd/audit_verify.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/output_file.h"
#include "cmd/report_file.h"
#include "cmd/report_forms.h"
#include "cmd/report_log.h"

enum { ROOT_TEXT_BYTES = 64 };

struct reporting {
    struct context context;
    struct run_record run, rehearsal_run;
    struct report report;
    struct figures rehearsal;
    struct error difference; /* kind ERROR_NONE: the store fits the audit log */
    char sender[RUN_HOLDER_WORDS_SIZE];
};

/* --- which runs ------------------------------------------------------------------------------ */

static int find_none(const char *id, size_t count, struct error *error)
{
    if (id) {
        error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
        return error_next(error, _("crisis runs lists them"));
    }
    if (count == 0) {
        error_set(error, ERROR_USAGE, _("nothing has been sent from this workspace yet"));
        return error_next(error, "crisis send PLAN");
    }
    error_set(error, ERROR_USAGE, _("no run is finished yet"));
    return error_next(error,
                      _("crisis report RUN reports on one that is not; crisis runs lists them"));
}

/* A dry run has sent nothing that there could be a report on, unless it is asked for. */
static bool is_wanted(const struct run_record *run, const char *id)
{
    if (id)
        return strcmp(run->id, id) == 0;
    return run->state == RUN_FINISHED && run->mode != MODE_DRY_RUN;
}

/* The last exercise of the same message that was finished before. */
static bool is_rehearsal(const struct run_record *run, const struct run_record *of)
{
    return run->row < of->row && run->mode == MODE_EXERCISE && run->state == RUN_FINISHED &&
           strcmp(run->plan, of->plan) == 0 && strcmp(run->message, of->message) == 0;
}

static int find_runs(struct reporting *reporting, struct error *error)
{
    struct context *context = &reporting->context;
    const char *id = argument_at(context->invocation, 0);
    const struct run_record *found = NULL, *later = NULL;
    struct run_record *runs;
    size_t count;

    if (store_runs(context->store, context->arena, &runs, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!found && is_wanted(&runs[i], id)) {
            found = &runs[i];
            reporting->run = *found;
        } else if (!found && !id && !later && runs[i].mode != MODE_DRY_RUN) {
            later = &runs[i];
        } else if (found && reporting->rehearsal_run.row == 0 && is_rehearsal(&runs[i], found)) {
            reporting->rehearsal_run = runs[i];
        }
    }
    if (!found)
        return find_none(id, count, error);
    if (later)
        output_note(_("A later run is not finished: crisis report %s"), later->id);
    return 0;
}

/* --- what is in it --------------------------------------------------------------------------- */

static int check_log(struct reporting *reporting, struct error *error)
{
    struct context *context = &reporting->context;
    struct report *report = &reporting->report;
    struct error *difference = &reporting->difference;
    struct audit_verification verification;
    struct audit_comparison comparison;
    struct told *told = told_new(reporting->run.id);
    struct text root;

    int result = audit_verify(context->store, told, &verification, difference);
    if (result == 0)
        result = audit_compare(context->store, told, &comparison, difference);
    told_free(told);
    if (result < 0) {
        if (difference->kind != ERROR_VERIFICATION) {
            *error = *difference;
            return -1;
        }
        report->difference = difference->message;
        report->difference_next = difference->next;
        return 0;
    }
    text_init(&root, ROOT_TEXT_BYTES);
    base64_add(&root, verification.root, SHA256_SIZE);
    report->entry_count = verification.entry_count;
    report->root = arena_strdup(context->arena, root.bytes);
    text_release(&root);
    return 0;
}

struct counting {
    struct store *store;
    struct figures *figures;
    struct error *error;
    int result;
};

static bool count_delivery(void *context, const struct delivery_record *delivery)
{
    struct counting *counting = context;
    struct said_texts *texts = &counting->figures->texts;

    figures_add(counting->figures, delivery);
    if (said_texts_count(texts, delivery))
        return true;
    struct arena *arena = arena_new(); /* one draft is held at a time */
    struct draft draft;
    counting->result =
        store_draft(counting->store, arena, delivery->draft_row, &draft, counting->error);
    if (counting->result == 0)
        said_texts_add(texts, delivery, &draft);
    arena_free(arena);
    return counting->result == 0;
}

static int count(struct reporting *reporting, struct error *error)
{
    struct context *context = &reporting->context;
    struct figures *figures = &reporting->report.figures;
    struct counting counting = {context->store, figures, error, 0};

    figures_begin(figures, context->arena, &reporting->run);
    if (store_deliveries(context->store, reporting->run.row, count_delivery, &counting, error) <
            0 ||
        counting.result < 0)
        return -1;
    figures_end(figures);
    return 0;
}

/* The later one of the last exercise and the last rehearsal in a sandbox. */
static int add_rehearsal(struct reporting *reporting, struct error *error)
{
    struct context *context = &reporting->context;
    struct report *report = &reporting->report;
    const struct run_record *exercise = &reporting->rehearsal_run, *run = &reporting->run;
    struct rehearsal_record rehearsal;
    bool found;

    if (store_rehearsal_latest(context->store, context->arena, run->plan, run->message,
                               run->started_unix_ms, &rehearsal, &found, error) < 0)
        return -1;
    if (found && (exercise->row == 0 || rehearsal.started_unix_ms > exercise->started_unix_ms)) {
        rehearsed_figures(context->arena, &rehearsal, &reporting->rehearsal);
        report->rehearsal = &reporting->rehearsal;
        report->rehearsal_was_in_sandbox = true;
        return 0;
    }
    if (exercise->row == 0)
        return 0;
    report->rehearsal = &reporting->rehearsal;
    return figures_count(&reporting->rehearsal, context->arena, context->store, exercise, error);
}

static int fill_in(struct reporting *reporting, struct error *error)
{
    struct context *context = &reporting->context;
    struct report *report = &reporting->report;
    struct run_holder holder;

    report->run = &reporting->run;
    report->program = "crisis " CRISIS_VERSION;
    report->time_zone = context->workspace->config->time_zone;
    report->made_unix_ms = clock_unix_ms();
    if (store_run_holder(context->store, reporting->run.row, &holder)) {
        run_holder_describe(&holder, reporting->sender);
        report->sender = reporting->sender;
    }
    if (check_log(reporting, error) < 0 ||
        report_log_read(context->arena, context->store, reporting->run.id, report, error) < 0 ||
        count(reporting, error) < 0)
        return -1;
    return add_rehearsal(reporting, error);
}

/* --- its forms ------------------------------------------------------------------------------- */

static const struct {
    const char *option;
    enum report_form form;
} files[] = {{"html", REPORT_HTML}, {"csv", REPORT_CSV}};

enum { FILE_FORMS = sizeof(files) / sizeof(files[0]) };

static int check_files(const struct invocation *invocation, struct error *error)
{
    bool is_replaced = option_is_given(invocation, "force");
    unsigned to_output = 0;

    for (size_t i = 0; i < FILE_FORMS; i++) {
        const char *path = option_value(invocation, files[i].option);
        if (path && output_file_check(path, is_replaced, error) < 0)
            return -1;
        to_output += path && strcmp(path, "-") == 0;
    }
    if (to_output > 1 || (to_output == 1 && output_is_json()))
        return error_set(error, ERROR_USAGE, _("only one form can go to standard output"));
    return 0;
}

static void tell_written(const struct reporting *reporting, const char *form, const char *path)
{
    if (strcmp(path, "-") == 0)
        return;
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "written");
        json_line_text(&line, "run", reporting->run.id);
        json_line_text(&line, "form", form);
        json_line_text(&line, "output", path);
        json_line_end(&line);
        return;
    }
    output_line(_("Report of %s written to %s."), reporting->run.id, path);
}

static int write_forms(struct reporting *reporting, struct error *error)
{
    const struct invocation *invocation = reporting->context.invocation;
    struct store *store = reporting->context.store;
    const struct report *report = &reporting->report;
    bool is_replaced = option_is_given(invocation, "force");
    unsigned written = 0;

    for (size_t i = 0; i < FILE_FORMS; i++) {
        const char *path = option_value(invocation, files[i].option);
        if (!path)
            continue;
        if (report_file_write(store, report, files[i].form, path, is_replaced, error) < 0)
            return -1;
        tell_written(reporting, files[i].option, path);
        written++;
    }
    if (written > 0)
        return 0;
    return output_is_json() ? report_print_json(store, report, error)
                            : report_print_text(store, report, error);
}

/* All of it as of one moment. */
static int make_report(struct reporting *reporting, struct error *error)
{
    struct store *store = reporting->context.store;
    int result = -1;

    if (store_snapshot(store, error) < 0)
        return -1;
    if (find_runs(reporting, error) == 0 && fill_in(reporting, error) == 0)
        result = write_forms(reporting, error);
    store_snapshot_end(store);
    return result;
}

static int run_report(struct invocation *invocation, struct error *error)
{
    struct reporting reporting = {0};
    struct error failure = {0};
    int result = -1;

    context_init(&reporting.context, invocation);
    if (check_files(invocation, error) == 0 &&
        context_open_workspace(&reporting.context, error) == 0 &&
        context_open_store(&reporting.context, STORE_READ, error) == 0) {
        result = make_report(&reporting, &failure);
        bool differs = reporting.difference.kind == ERROR_VERIFICATION;
        if (differs && result < 0)
            output_warning(_("the report could not be made: %s"), failure.message);
        if (differs || result < 0) {
            *error = differs ? reporting.difference : failure;
            result = -1;
        }
    }
    figures_release(&reporting.report.figures);
    figures_release(&reporting.rehearsal);
    context_release(&reporting.context);
    return result;
}

static const struct option report_options[] = {
    {"html", 0, "FILE", false, N_("writes one page that needs nothing else; - is standard output")},
    {"csv", 0, "FILE", false, N_("writes a row for each delivery; - is standard output")},
    {"force", 0, NULL, false, N_("replaces FILE")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_report = {
    .name = "report",
    .arguments = "[RUN]",
    .summary = N_("Reports what happened in a run"),
    .details =
        N_("Without RUN, the latest that is finished. What the store says is checked against the "
           "audit log:\nwhere it differs the report says so on top, and the exit code is 7."),
    .arguments_most = 1,
    .options = report_options,
    .run = run_report,
};

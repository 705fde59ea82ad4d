/* `status` and `runs`: where a run stands; all runs. They only read, also while a send is going on.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/utf8.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/tally.h"

/* --- status ---------------------------------------------------------------------------------- */

static bool print_delivery(void *context, const struct delivery_record *delivery)
{
    tally_print_delivery(context, delivery);
    return true;
}

static int find_run(struct context *context, struct run_record *run, struct error *error)
{
    const char *id = argument_at(context->invocation, 0);
    bool found;
    if (store_run_find(context->store, context->arena, id, run, &found, error) < 0)
        return -1;
    if (found)
        return 0;
    if (id) {
        error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
        return error_next(error, _("crisis runs lists them"));
    }
    error_set(error, ERROR_USAGE, _("nothing has been sent from this workspace yet"));
    return error_next(error, "crisis send PLAN");
}

static void print_head(struct store *store, const struct run_record *run)
{
    const char *mode = translated(run_mode_name(run->mode));
    char words[RUN_HOLDER_WORDS_SIZE];
    char started[RFC3339_SIZE];
    struct run_holder holder;

    rfc3339_format_seconds(run->started_unix_ms, started);
    if (store_run_holder(store, run->row, &holder)) {
        run_holder_describe(&holder, words);
        output_line(run->state == RUN_UNFINISHED
                        ? _("%s: %s of %s, begun %s, being sent now by %s")
                        : _("%s: %s of %s, begun %s, being retracted now by %s"),
                    mode, run->message, run->plan, started, words);
    } else {
        output_line(_("%s: %s of %s, begun %s"), mode, run->message, run->plan, started);
    }
    if (run->canary == CANARY_FIRST && run->state != RUN_FINISHED)
        output_line(_("canaries went first: the rest waits until it is let go"));
}

static int run_status(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct run_record run;
    struct tally tally;
    int result = -1;

    context_init(&context, invocation);
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, STORE_READ, error) < 0 ||
        find_run(&context, &run, error) < 0 ||
        tally_count(context.arena, context.store, &run, &tally, error) < 0)
        goto out;
    if (output_is_json()) {
        result = store_deliveries(context.store, run.row, print_delivery, &run, error);
    } else {
        print_head(context.store, &run);
        result = 0;
    }
    if (result == 0)
        tally_print(&tally, &run,
                    run.finished_unix_ms ? run.finished_unix_ms - run.started_unix_ms : -1);
out:
    context_release(&context);
    return result;
}

const struct command command_status = {
    .name = "status",
    .arguments = "[RUN]",
    .summary = N_("Tells where a run stands"),
    .details = N_("Without RUN, the latest. With --json, every delivery and the summary."),
    .arguments_most = 1,
    .run = run_status,
};

/* --- runs ------------------------------------------------------------------------------------ */

enum { MODE_COLUMNS = 8, STATE_COLUMNS = 10 };

static int print_run(struct context *context, const struct run_record *run, struct error *error)
{
    size_t counts[DELIVERY_STATE_COUNT];
    if (store_delivery_counts(context->store, run->row, counts, error) < 0)
        return -1;
    size_t done = counts[run->mode == MODE_DRY_RUN ? DELIVERY_WOULD_POST : DELIVERY_POSTED];
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, NULL);
        json_line_text(&line, "run", run->id);
        json_line_text(&line, "plan", run->plan);
        json_line_text(&line, "message", run->message);
        json_line_text(&line, "kind", run->kind);
        json_line_text(&line, "mode", run_mode_name(run->mode));
        json_line_text(&line, "state", run_state_name(run->state));
        json_line_time(&line, "started", run->started_unix_ms);
        json_line_time(&line, "expires", run->expires_unix_ms);
        json_line_time(&line, "finished", run->finished_unix_ms);
        json_line_number(&line, "municipalities", (int64_t)run->municipality_count);
        json_line_number(&line, "deliveries", (int64_t)run->delivery_count);
        json_line_number(&line, "posted", (int64_t)counts[DELIVERY_POSTED]);
        json_line_number(&line, "failed", (int64_t)counts[DELIVERY_FAILED]);
        json_line_number(&line, "retracted", (int64_t)counts[DELIVERY_RETRACTED]);
        json_line_end(&line);
        return 0;
    }
    char started[RFC3339_SIZE], taken_back[48] = "";
    rfc3339_format_seconds(run->started_unix_ms, started);
    const char *mode = translated(run_mode_name(run->mode));
    const char *state = translated(run_state_name(run->state));
    if (counts[DELIVERY_RETRACTED] > 0)
        snprintf(taken_back, sizeof(taken_back), _("  (%zu retracted)"),
                 counts[DELIVERY_RETRACTED]);
    output_line(_("%s  %-*s  %-*s  %zu of %zu  %s%s"), started, utf8_field(mode, MODE_COLUMNS),
                mode, utf8_field(state, STATE_COLUMNS), state, done, run->delivery_count, run->id,
                taken_back);
    return 0;
}

static int run_runs(struct invocation *invocation, struct error *error)
{
    struct context context;
    struct run_record *runs;
    size_t count;
    int result = -1;

    context_init(&context, invocation);
    if (context_open_workspace(&context, error) < 0 ||
        context_open_store(&context, STORE_READ, error) < 0 ||
        store_runs(context.store, context.arena, &runs, &count, error) < 0)
        goto out;
    result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = print_run(&context, &runs[i], error);
    if (count == 0)
        output_note(_("Nothing has been sent from this workspace yet."));
out:
    context_release(&context);
    return result;
}

const struct command command_runs = {
    .name = "runs",
    .arguments = "",
    .summary = N_("Lists all runs, the latest first"),
    .run = run_runs,
};

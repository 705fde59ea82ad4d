/* `status` and `runs`: where a run stands; all runs. They only read, also while a send is going on.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/tally.h"

/* --- status ---------------------------------------------------------------------------------- */

enum { SENDER_MAX_BYTES = 256 };

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
        error_set(error, ERROR_USAGE, "there is no run '%s'", id);
        return error_next(error, "crisis runs lists them");
    }
    error_set(error, ERROR_USAGE, "nothing has been sent from this workspace yet");
    return error_next(error, "crisis send PLAN");
}

/* ", being sent now by process 123 on HOST". Who has one that is not under way takes it back. */
static void describe_sender(struct store *store, const struct run_record *run, struct text *out)
{
    char words[RUN_HOLDER_WORDS_SIZE];
    struct run_holder holder;

    if (!store_run_holder(store, run->row, &holder))
        return;
    run_holder_describe(&holder, words);
    text_addf(out, ", being %s now by %s", run->state == RUN_UNFINISHED ? "sent" : "retracted",
              words);
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
        char started[RFC3339_SIZE];
        struct text sender;
        text_init(&sender, SENDER_MAX_BYTES);
        describe_sender(context.store, &run, &sender);
        rfc3339_format_seconds(run.started_unix_ms, started);
        output_line("%s: %s of %s, begun %s%s", run_mode_name(run.mode), run.message, run.plan,
                    started, sender.bytes);
        text_release(&sender);
        if (run.canary == CANARY_FIRST && run.state != RUN_FINISHED)
            output_line("canaries went first: the rest waits until it is let go");
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
    .summary = "Tells where a run stands",
    .details = "Without RUN, the latest. With --json, every delivery and the summary.",
    .arguments_most = 1,
    .run = run_status,
};

/* --- runs ------------------------------------------------------------------------------------ */

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
    if (counts[DELIVERY_RETRACTED] > 0)
        snprintf(taken_back, sizeof(taken_back), "  (%zu retracted)", counts[DELIVERY_RETRACTED]);
    output_line("%s  %-8s  %-10s  %zu of %zu  %s%s", started, run_mode_name(run->mode),
                run_state_name(run->state), done, run->delivery_count, run->id, taken_back);
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
        output_note("Nothing has been sent from this workspace yet.");
out:
    context_release(&context);
    return result;
}

const struct command command_runs = {
    .name = "runs",
    .arguments = "",
    .summary = "Lists all runs, the latest first",
    .run = run_runs,
};

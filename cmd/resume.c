/* `resume`: goes on with a run that was interrupted, stopped, or left unfinished. */
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "net/loop.h"

#include "cmd/audit_texts.h"
#include "cmd/canary.h"
#include "cmd/commands.h"
#include "cmd/endpoints.h"
#include "cmd/gate.h"
#include "cmd/output.h"
#include "cmd/sending.h"
#include "cmd/tally.h"

static int find_run(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    const char *id = argument_at(context->invocation, 0);
    struct run_record *runs;
    size_t count;

    if (store_runs(context->store, context->arena, &runs, &count, error) < 0)
        return -1;
    const struct run_record *stopped = NULL;
    for (size_t i = 0; i < count && !sending->run; i++) {
        if (id ? strcmp(runs[i].id, id) == 0 : runs[i].state == RUN_UNFINISHED)
            sending->run = &runs[i];
        else if (!stopped && runs[i].state == RUN_STOPPED)
            stopped = &runs[i];
    }
    if (sending->run) {
        sending->mode = sending->run->mode;
        context->stays_offline = sending->mode == MODE_DRY_RUN;
        return 0;
    }
    if (id)
        error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
    else
        error_set(error, ERROR_USAGE,
                  stopped ? _("no run is unfinished, but one was stopped")
                          : _("no run is unfinished"));
    if (!id && stopped) /* somebody called it off: that is undone by name only */
        return error_next(error, _("to go on with it: crisis resume %s"), stopped->id);
    return error_next(error, _("crisis runs lists them"));
}

/* A message that was taken back does not go out again by a word that means "go on". */
static int refuse_taken_back(struct sending *sending, struct error *error)
{
    struct tally tally;

    if (tally_count(sending->context.arena, sending->context.store, sending->run, &tally, error) <
        0)
        return -1;
    if (!tally_is_taken_back(&tally))
        return 0;
    error_set(error, ERROR_USAGE,
              _("run %s was retracted: what is left of it is not sent any more"), sending->run->id);
    return error_next(error, _("if the message is to go out again, it is a new run: crisis send"));
}

static bool is_left(void *context, const struct delivery_record *delivery)
{
    (void)context;
    return !delivery_state_is_final(delivery->state);
}

/* The gate decides again: what was allowed then need not be now. */
static int pass_gate_again(struct sending *sending, struct error *error)
{
    const char *const *endpoints;
    size_t endpoint_count;

    if (endpoints_of_run(sending, sending->run, is_left, NULL, &endpoints, &endpoint_count, error) <
            0 ||
        gate_ask_again(&sending->context, sending->run, &sending->gate, error) < 0)
        return -1;
    sending->gate.endpoints = endpoints;
    sending->gate.endpoint_count = endpoint_count;
    return sending_pass_gate(sending, sending->run->id, error);
}

static int record_resumed(struct sending *sending, struct error *error)
{
    struct text entry;
    entry_begin(&entry, ENTRY_RUN_RESUMED, "coordinator", clock_unix_ms());
    entry_add(&entry, "run", sending->run->id);
    entry_add(&entry, "mode", run_mode_name(sending->run->mode));
    int result = store_run_resume(sending->context.store, sending->run->row, &entry, error);
    text_release(&entry);
    if (result == 0 && sending->run->state == RUN_STOPPED)
        output_note(_("This run was stopped; it goes on with what was left."));
    return result;
}

static int run_resume(struct invocation *invocation, struct error *error)
{
    struct sending sending = {.began_ms = clock_monotonic_ms()};
    int result = -1;

    context_init(&sending.context, invocation);
    if (sending_read_deadline(&sending, error) < 0 || canary_read_options(&sending, error) < 0 ||
        sending_open_workspace(&sending, error) < 0 || find_run(&sending, error) < 0)
        goto out;
    if (sending.run->state == RUN_FINISHED || sending.run->mode == MODE_DRY_RUN) {
        output_note(_("Nothing is left to send in this run."));
        result = sending_summarise(&sending, error);
        goto out;
    }
    if (refuse_taken_back(&sending, error) < 0 ||
        (sending.run->canary == CANARY_FIRST && canary_demand_answer(&sending, error) < 0) ||
        sending_lock_run(&sending, error) < 0 ||
        sending_lock_message(&sending, sending.run->plan, sending.run->message, error) < 0 ||
        audit_texts_check(sending.context.store, sending.run, error) < 0 ||
        pass_gate_again(&sending, error) < 0 || record_resumed(&sending, error) < 0)
        goto out;
    send_view_start(sending.run);
    result = sending_over_network(&sending, error);
out:
    context_release(&sending.context);
    return result;
}

static const struct option resume_options[] = {
    {"canary-wait", 0, "TIME", false,
     N_("what waits for its canaries follows by itself this long after all are posted")},
    {"deadline", 0, "TIME", false, N_("nothing new is begun after this time (10m)")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_resume = {
    .name = "resume",
    .arguments = "[RUN]",
    .summary = N_("Goes on with a run that was interrupted or stopped"),
    .details =
        N_("Without RUN, the latest unfinished one; a run that was stopped must be named. Nothing "
           "that is\nposted is posted again: what was under way when a process died is looked up "
           "on its network\nfirst."),
    .arguments_most = 1,
    .options = resume_options,
    .run = run_resume,
};

/*
 * `retract`: takes back what a run has posted, as far as networks let that be done. No approval is
 * needed, as for a reversal: it says nothing new, and a wrong message must be possible to take back
 * at once, by one person. It can be interrupted at any point: the same again goes on with the rest.
 */
#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "dispatch/retraction.h"
#include "net/loop.h"

#include "cmd/asking.h"
#include "cmd/commands.h"
#include "cmd/endpoints.h"
#include "cmd/output.h"
#include "cmd/retract_choice.h"
#include "cmd/retract_view.h"
#include "cmd/sending.h"
#include "cmd/stopping.h"

struct retracting {
    struct sending sending;
    struct run_record run;
    struct retract_choice choice;
};

static int find_run(struct retracting *retracting, struct error *error)
{
    struct context *context = &retracting->sending.context;
    const char *id = argument_at(context->invocation, 0);
    bool found;

    if (store_run_find(context->store, context->arena, id, &retracting->run, &found, error) < 0)
        return -1;
    if (!found) {
        error_set(error, ERROR_USAGE, _("there is no run '%s'"), id);
        return error_next(error, _("crisis runs lists them"));
    }
    retracting->sending.run = &retracting->run;
    retracting->sending.mode = retracting->run.mode;
    return 0;
}

/* --- before anything happens ----------------------------------------------------------------- */

static int confirm(struct retracting *retracting, struct error *error)
{
    struct context *context = &retracting->sending.context;
    struct run_holder holder;
    bool is_held = store_run_holder(context->store, retracting->run.row, &holder);

    return retract_confirm(context, &retracting->choice, is_held ? &holder : NULL, error);
}

/* Whoever sends it is stopped, and what was left is stopped with it: else it would go out while,
 * or after, the rest is taken back. */
static int stop_first(struct retracting *retracting, struct error *error)
{
    struct context *context = &retracting->sending.context;
    struct stop_target target = {0};
    struct stopping stopping = {
        .context = context, .targets = &target, .began_ms = clock_monotonic_ms()};
    bool was_asked;

    if (retracting->run.state == RUN_FINISHED)
        return 0;
    if (retracting->run.state == RUN_UNFINISHED ||
        store_run_is_locked(context->store, retracting->run.row)) {
        stopping_add(&stopping, &retracting->run);
        if (stopping_run(&stopping, &was_asked, error) < 0)
            return -1;
    }
    return 0;
}

/* Takes the run for this process, and counts again: it may have been sent on until now. */
static int take_run(struct retracting *retracting, struct error *error)
{
    struct store *store = retracting->sending.context.store;

    if (store_run_lock(store, retracting->run.row, error) < 0 || find_run(retracting, error) < 0)
        return -1;
    if (retracting->run.state != RUN_UNFINISHED)
        return retract_choice_count(&retracting->choice, store, error);
    error_set(error, ERROR_SYSTEM, _("run %s was taken up again meanwhile"), retracting->run.id);
    return error_next(error, _("crisis stop %s, then the same again"), retracting->run.id);
}

/* Of what is to be taken back. */
static bool is_held(void *context, const struct delivery_record *delivery)
{
    struct retracting *retracting = context;

    return retraction_is_due(delivery) && retract_is_meant(&retracting->choice, delivery);
}

/* A rehearsal's posts are at loopback addresses, and nothing is asked for anywhere else. */
static int pass_gate(struct retracting *retracting, struct error *error)
{
    struct sending *sending = &retracting->sending;
    const char *const *endpoints;
    size_t endpoint_count;

    if (endpoints_of_run(sending, &retracting->run, is_held, retracting, &endpoints,
                         &endpoint_count, error) < 0)
        return -1;
    sending->gate = (struct approval_request){
        .plan = retracting->run.plan,
        .message = retracting->run.message,
        .mode = retracting->run.mode,
        .plan_threshold = retracting->run.threshold,
        .endpoints = endpoints,
        .endpoint_count = endpoint_count,
    };
    return approval_decide_retraction(sending->context.arena, &sending->gate, &sending->verified,
                                      error);
}

/* --- on the audit log ------------------------------------------------------------------------ */

static void begin_entry(const struct retracting *retracting, enum entry_type type,
                        struct text *entry)
{
    entry_begin(entry, type, "coordinator", clock_unix_ms());
    entry_add(entry, "run", retracting->run.id);
    entry_add(entry, "mode", run_mode_name(retracting->run.mode));
}

static void add_selectors(const struct selectors *selectors, const char *key, struct text *entry)
{
    for (size_t i = 0; i < selectors->count; i++)
        entry_add(entry, key, selectors->items[i].expression);
}

static int record_start(struct retracting *retracting, struct error *error)
{
    const struct retract_choice *choice = &retracting->choice;
    struct text entry;

    begin_entry(retracting, ENTRY_RETRACT_STARTED, &entry);
    add_selectors(&choice->only, "only", &entry);
    add_selectors(&choice->except, "except", &entry);
    entry_add_number(&entry, "municipalities", (int64_t)choice->municipality_count);
    entry_add_number(&entry, "deliveries", (int64_t)choice->delivery_count);
    entry_add_number(&entry, "posts", (int64_t)choice->post_count);
    int result = store_append(retracting->sending.context.store, &entry, 1, error);
    text_release(&entry);
    return result;
}

static const char *reason_of(const struct dispatch_result *result)
{
    if (result->stopped)
        return "stopped";
    if (result->interrupted)
        return "interrupted";
    if (result->network_down)
        return "network down";
    return result->past_deadline ? "past the deadline" : NULL;
}

/* The end, however it came; and the run is free for others. */
static int record_end(struct retracting *retracting, struct error *error)
{
    struct store *store = retracting->sending.context.store;
    const struct dispatch_result *result = &retracting->sending.result;
    struct text entry;

    begin_entry(retracting, ENTRY_RETRACT_ENDED, &entry);
    entry_add(&entry, "reason", reason_of(result));
    entry_add_number(&entry, "retracted", (int64_t)result->retracted);
    entry_add_number(&entry, "not-retracted", (int64_t)result->kept);
    entry_add_number(&entry, "in-doubt", (int64_t)result->in_doubt);
    entry_add_number(&entry, "pending", (int64_t)result->pending);
    int stored = store_append(store, &entry, 1, error);
    text_release(&entry);
    /* What a look-up has found not to be there was stopped, and stays so. */
    if (stored == 0 && retracting->run.state == RUN_STOPPED)
        stored = stopping_mark(store, &retracting->run, true, error);
    store_unlock(store);
    return stored;
}

/* --- the story ------------------------------------------------------------------------------- */

static int summarise(struct retracting *retracting, struct error *error)
{
    struct sending *sending = &retracting->sending;
    const struct dispatch_result *result = &sending->result;
    const char *id = retracting->run.id;

    if (retract_view_end(&sending->context, &retracting->choice, result,
                         clock_monotonic_ms() - sending->began_ms, error) < 0)
        return -1;
    if (result->network_down) {
        error_set(error, ERROR_SYSTEM, _("no network of this run could be reached"));
        return error_next(error, _("check the connection, then: crisis retract %s"), id);
    }
    if (result->interrupted || result->pending > 0)
        output_note(_("next: crisis retract %s"), id);
    if (result->interrupted)
        return context_end(ERROR_INTERRUPTED, error);
    if (result->pending + result->in_doubt > 0)
        return context_end(ERROR_UNFINISHED, error);
    return context_end(result->kept > 0 ? ERROR_SOME_FAILED : ERROR_NONE, error);
}

static int retract_over_network(struct retracting *retracting, struct error *error)
{
    struct sending *sending = &retracting->sending;

    retract_view_start(&retracting->choice);
    sending->task = TASK_RETRACT;
    sending->is_meant = retract_is_meant;
    sending->meant_context = &retracting->choice;
    if (sending_load_media(sending, error) < 0 || sending_dispatch(sending, error) < 0) {
        error_next(error, _("when the cause is gone: crisis retract %s"), retracting->run.id);
        return -1;
    }
    if (record_end(retracting, error) < 0)
        return -1;
    return summarise(retracting, error);
}

static int run_retract(struct invocation *invocation, struct error *error)
{
    struct retracting retracting = {.sending = {.began_ms = clock_monotonic_ms()}};
    struct sending *sending = &retracting.sending;
    struct context *context = &sending->context;
    int result = -1;

    context_init(context, invocation);
    if (sending_read_deadline(sending, error) < 0 || sending_open_workspace(sending, error) < 0 ||
        find_run(&retracting, error) < 0 ||
        retract_choice_read(context, &retracting.run, &retracting.choice, error) < 0 ||
        retract_choice_count(&retracting.choice, context->store, error) < 0 ||
        confirm(&retracting, error) < 0)
        goto out;
    sending->began_ms = clock_monotonic_ms(); /* how long a person thought does not count */
    if (stop_first(&retracting, error) < 0 || take_run(&retracting, error) < 0)
        goto out;
    if (retracting.choice.delivery_count == 0) {
        output_note(_("Nothing of this run is left to take back."));
        result = retract_view_end(context, &retracting.choice, &sending->result, 0, error);
        goto out;
    }
    if (pass_gate(&retracting, error) < 0 || record_start(&retracting, error) < 0)
        goto out;
    result = retract_over_network(&retracting, error);
out:
    context_release(context);
    return result;
}

static const struct option retract_options[] = {
    {"only", 0, "SELECTOR", true,
     N_("only these: an id, county=ID, group=NAME, language=TAG, channel=KIND, all")},
    {"except", 0, "SELECTOR", true, N_("not these")},
    {"deadline", 0, "TIME", false, N_("nothing new is begun after this time (10m)")},
    ASKING_OPTION,
    {NULL, 0, NULL, false, NULL},
};

const struct command command_retract = {
    .name = "retract",
    .arguments = "RUN",
    .summary = N_("Takes back what a run has posted"),
    .details =
        N_("Deletes the run's posts where the network can, and says what is left and what to "
           "do about it. A run\nthat is still being sent is stopped first. Without --yes it "
           "shows what goes and what stays, and\nasks for the plan's id to be typed. It needs "
           "no approval. Interrupted, the same again goes on."),
    .arguments_least = 1,
    .arguments_most = 1,
    .options = retract_options,
    .run = run_retract,
};

#include "cmd/sending.h"

#include <string.h>

#include "audit/entry.h"
#include "base/language.h"
#include "base/limits.h"
#include "net/loop.h"

#include "cmd/approver_list.h"
#include "cmd/canary.h"
#include "cmd/output.h"
#include "cmd/output_thread.h"
#include "cmd/publishing.h"
#include "cmd/tally.h"

struct context sending_making(struct sending *sending)
{
    struct context making = sending->context;

    if (!sending->making)
        sending->making = arena_new();
    making.arena = sending->making;
    return making;
}

void sending_made(struct sending *sending)
{
    arena_free(sending->making);
    sending->making = NULL;
    sending->chosen = (struct chosen_accounts){0};
    sending->rendering = NULL;
}

int sending_read_deadline(struct sending *sending, struct error *error)
{
    return option_duration(sending->context.invocation, "deadline", DEADLINE_DEFAULT_MS,
                           &sending->deadline_ms, error);
}

int sending_open_workspace(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        workspace_store(context->workspace, STORE_READ, &context->second_store, error) < 0)
        return -1;
    return context_open_vault(context, error);
}

int sending_load_app_secrets(struct sending *sending, const struct account *accounts, size_t count,
                             struct error *error)
{
    if (app_secrets_load(&sending->context, &sending->app_secrets, error) < 0)
        return -1;
    return app_secrets_demand(&sending->context, &sending->app_secrets, accounts, count, error);
}

/* The gate's refusal as it goes on record, in English whatever the reader's language. */
static void refuse_in_english(struct sending *sending, struct error *refusal)
{
    struct approval_request gate = sending->gate;
    const struct verified_run *none;
    struct approver_list list;
    struct error ignored = {0};

    language_english_begin();
    if (gate.list_fault && approver_list_load(&sending->context, &list, &ignored) == 0)
        gate.list_fault = list.fault;
    (void)approval_decide(sending->context.arena, &gate, &none, refusal);
    language_english_end();
}

static void record_refusal(struct sending *sending, const char *run)
{
    struct error ignored = {0}; /* the refusal itself is what the caller reports */
    struct error refusal = {0};
    struct text entry;

    refuse_in_english(sending, &refusal);
    entry_begin(&entry, ENTRY_REFUSED, "coordinator", clock_unix_ms());
    entry_add(&entry, "run", run);
    entry_add(&entry, "plan", sending->gate.plan);
    entry_add(&entry, "message", sending->gate.message);
    entry_add(&entry, "mode", run_mode_name(sending->mode));
    entry_add(&entry, "reason", refusal.message);
    if (store_append(sending->context.store, &entry, 1, &ignored) < 0)
        output_warning(_("the refusal could not be put on the audit log: %s"), ignored.message);
    text_release(&entry);
}

int sending_pass_gate(struct sending *sending, const char *run, struct error *error)
{
    if (approval_decide(sending->context.arena, &sending->gate, &sending->verified, error) == 0) {
        if (verified_run_is_emergency(sending->verified))
            output_warning(_("EMERGENCY PATH: ONE APPROVER ACTS ALONE. THIS MUST BE REVIEWED."));
        return 0;
    }
    record_refusal(sending, run);
    return -1;
}

static int refuse_message(struct sending *sending, const char *plan, const char *message,
                          struct error *error)
{
    struct store *store = sending->context.store;
    char words[RUN_HOLDER_WORDS_SIZE];
    struct run_holder holder;
    struct run_record run;
    bool found;

    if (store_run_latest_of(store, sending->context.arena, plan, message, sending->mode, 0, &run,
                            &found, error) < 0)
        return -1;
    if (!found || !store_run_holder(store, run.row, &holder)) {
        error_set(error, ERROR_SYSTEM, _("this message is being sent by another process"));
        return error_next(error, _("crisis watch shows how it goes"));
    }
    run_holder_describe(&holder, words);
    error_set(error, ERROR_SYSTEM, _("this message is being sent by %s (%s)"), words, run.id);
    return error_next(
        error, _("wait until it has ended (crisis watch), or stop it: crisis stop %s"), run.id);
}

int sending_lock_message(struct sending *sending, const char *plan, const char *message,
                         struct error *error)
{
    bool taken;
    if (sending->mode == MODE_DRY_RUN)
        return 0;
    if (store_message_lock(sending->context.store, plan, message, sending->mode, &taken, error) < 0)
        return -1;
    return taken ? 0 : refuse_message(sending, plan, message, error);
}

int sending_lock_run(struct sending *sending, struct error *error)
{
    struct store *store = sending->context.store;
    const struct run_record *run = sending->run;
    struct run_record now;
    bool found;

    if (store_run_lock(store, run->row, error) < 0 ||
        store_run_find(store, sending->context.arena, run->id, &now, &found, error) < 0)
        return -1;
    if (!found || now.state != RUN_STOPPED || run->state == RUN_STOPPED)
        return 0;
    error_set(error, ERROR_UNFINISHED, _("the run was stopped before anything was sent: %s"),
              run->id);
    return error_next(error, _("if it is to go on: crisis resume %s"), run->id);
}

int sending_load_media(struct sending *sending, struct error *error)
{
    return store_run_media(sending->context.store, sending->context.arena, sending->run->row,
                           &sending->media, &sending->media_count, error);
}

/* What networks and readers fetch must be there before anything names it. If it cannot be put there
 * the texts go out all the same. */
static void put_media(const struct sending *sending)
{
    struct error error = {0};

    if (workspace_put_media(sending->context.workspace, sending->media, sending->media_count,
                            &error) < 0)
        output_warning(_("the pictures and films are not on the public site: %s"), error.message);
}

struct dispatch_options sending_options(struct sending *sending, struct send_view *view)
{
    struct context *context = &sending->context;
    return (struct dispatch_options){
        .writer = context->store,
        .reader = context->second_store,
        .vault = context->vault,
        .app_secrets = sending->app_secrets,
        .run = sending->run,
        .verified = sending->verified,
        .media = sending->media,
        .media_count = sending->media_count,
        .network = context_network,
        .network_context = context,
        .deadline_ms = sending->deadline_ms,
        .observer = send_view_observer(view),
        .task = sending->task,
        .is_meant = sending->is_meant,
        .meant_context = sending->meant_context,
    };
}

int sending_dispatch(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    struct send_view view = {.run = sending->run, .is_retraction = sending->task == TASK_RETRACT};
    struct dispatch_options options = sending_options(sending, &view);
    int result = -1;

    if (outgoing_open(sending, error) == 0) {
        options.loop = sending->outgoing.loop;
        options.http = sending->outgoing.http;
        options.outlet = sending->outgoing.outlet;
        if (context->publishing)
            publishing_start(context->publishing, options.loop);
        output_thread_start();
        outgoing_cool_down(sending);
        bool has_canaries = sending->task == TASK_POST && sending->run->canary == CANARY_FIRST;
        result = has_canaries ? canary_dispatch(sending, &options, error)
                              : dispatch_run(&options, &sending->result, error);
        if (context->publishing)
            publishing_stop(context->publishing);
    }
    outgoing_close(sending);
    return result;
}

/* The end of a run, however it came. */
static void write_end_entry(const struct sending *sending, bool is_finished, struct text *out)
{
    const struct dispatch_result *result = &sending->result;

    entry_begin(out, is_finished ? ENTRY_RUN_FINISHED : ENTRY_RUN_STOPPED, "coordinator",
                clock_unix_ms());
    entry_add(out, "run", sending->run->id);
    entry_add(out, "mode", run_mode_name(sending->run->mode));
    if (!is_finished)
        entry_add(out, "reason",
                  result->stopped         ? "stopped"
                  : result->interrupted   ? N_("interrupted")
                  : result->network_down  ? N_("network down")
                  : result->past_deadline ? N_("past the deadline")
                                          : N_("deliveries in doubt"));
    entry_add_number(out, "posted", (int64_t)result->posted);
    entry_add_number(out, "failed", (int64_t)result->failed);
    entry_add_number(out, "in-doubt", (int64_t)result->in_doubt);
    entry_add_number(out, "pending", (int64_t)result->pending);
}

static bool print_stopped(void *context, const struct delivery_record *delivery)
{
    if (delivery->state == DELIVERY_STOPPED)
        tally_print_delivery(context, delivery);
    return true;
}

/* What had not been begun is stopped now: it is told like every other end. */
static int tell_stopped(struct sending *sending, struct error *error)
{
    if (!output_is_json())
        return 0;
    return store_deliveries(sending->context.second_store, sending->run->row, print_stopped,
                            sending->run, error);
}

/* Marks the run as finished, as stopped, or leaves it for `resume`; then it is free for others. */
static int close_run(struct sending *sending, struct error *error)
{
    struct store *store = sending->context.store;
    const struct dispatch_result *result = &sending->result;
    bool is_finished = result->pending + result->in_doubt == 0;
    int64_t row = sending->run->row, now = clock_unix_ms();
    struct text entry;
    bool is_marked;
    int stored;

    write_end_entry(sending, is_finished, &entry);
    if (is_finished)
        stored = store_run_set_state(store, row, RUN_FINISHED, now, &entry, error);
    else if (result->stopped)
        stored = store_run_stop(store, row, true, now, &entry, &is_marked, error);
    else /* not marked as unfinished: somebody may have marked it as stopped a moment ago */
        stored = store_append(store, &entry, 1, error);
    text_release(&entry);
    store_unlock(store);
    if (stored == 0 && result->stopped && !is_finished)
        stored = tell_stopped(sending, error);
    return stored;
}

int sending_summarise(struct sending *sending, struct error *error)
{
    const struct dispatch_result *result = &sending->result;
    struct tally tally;

    output_progress(NULL, 0);
    if (tally_count(sending->context.arena, sending->context.store, sending->run, &tally, error) <
        0)
        return -1;
    tally_print(&tally, sending->run, clock_monotonic_ms() - sending->began_ms);
    if (result->posted_without > 0)
        output_warning(
            _("%zu of the posted ones went out without a picture that their network would "
              "not take: media-left-out in crisis audit log %s"),
            result->posted_without, sending->run->id);
    if (result->interrupted)
        return context_end(ERROR_INTERRUPTED, error);
    if (result->network_down) {
        error_set(error, ERROR_SYSTEM, _("no network of this run could be reached"));
        return error_next(error, _("check the connection, then: crisis resume %s"),
                          sending->run->id);
    }
    return context_end(tally_kind(&tally), error);
}

int sending_over_network(struct sending *sending, struct error *error)
{
    int result = sending_load_media(sending, error);

    if (result == 0) {
        put_media(sending);
        result = sending_dispatch(sending, error);
    }
    if (result < 0) {
        error_next(error, _("when the cause is gone: crisis resume %s"), sending->run->id);
        return -1;
    }
    if (close_run(sending, error) < 0)
        return -1;
    return sending_summarise(sending, error);
}

/* `send` and `resume`: the story of a send, a step a line. */
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/civil_time.h"
#include "base/limits.h"
#include "dispatch/dispatch.h"
#include "dispatch/dry_run.h"
#include "dispatch/run.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "plan/values.h"
#include "trust/approval.h"

#include "cmd/accounts.h"
#include "cmd/commands.h"
#include "cmd/confirm.h"
#include "cmd/context.h"
#include "cmd/output.h"
#include "cmd/send_view.h"
#include "cmd/tally.h"

enum { RECENT_MS = 6 * 60 * 60 * 1000, ORIGIN_SIZE = 512 };

/* Everything a send gathers on its way. */
struct sending {
    struct context context;
    struct problems problems;
    int64_t began_ms; /* monotonic */
    enum run_mode mode;
    struct plan *plan;
    const struct message *message;
    const struct run_values *values;
    struct chosen_accounts chosen;
    struct render_request request;
    struct rendering *rendering;
    const struct verified_run *verified;
    struct run_record *run;
    struct dispatch_result result;
};

/* --- steps of both ------------------------------------------------------------------------------- */

static int open_workspace(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    if (context_open_workspace(context, error) < 0 ||
        context_open_store(context, STORE_WRITE, error) < 0 ||
        workspace_store(context->workspace, STORE_READ, &context->second_store, error) < 0)
        return -1;
    return context_open_vault(context, error);
}

/* Every origin that the accounts' requests would go to, each once. */
static const char **endpoints(struct sending *sending, const struct account *accounts,
                              size_t count, size_t *out_count)
{
    struct context *context = &sending->context;
    const char **origins = arena_alloc_array(context->arena, count, sizeof(*origins));
    char origin[ORIGIN_SIZE];

    *out_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct network *network = context_network(context, accounts[i].channel);
        if (!network || !dispatch_origin(&accounts[i], network, origin, sizeof(origin)))
            continue;
        bool known = false;
        /* Neighbours mostly share an origin: look back first. */
        for (size_t j = *out_count; j-- > 0 && !known;)
            known = strcmp(origins[j], origin) == 0;
        if (!known)
            origins[(*out_count)++] = arena_strdup(context->arena, origin);
    }
    return origins;
}

static void record_refusal(struct sending *sending, const char *run, const char *plan,
                           const char *message, const struct error *refusal)
{
    struct error ignored = {0}; /* the refusal itself is what the caller reports */
    struct text entry;
    entry_begin(&entry, ENTRY_REFUSED, "coordinator", clock_unix_ms());
    entry_add(&entry, "run", run);
    entry_add(&entry, "plan", plan);
    entry_add(&entry, "message", message);
    entry_add(&entry, "mode", run_mode_name(sending->mode));
    entry_add(&entry, "reason", refusal->message);
    if (store_append(sending->context.store, &entry, 1, &ignored) < 0)
        output_warning("the refusal could not be put on the audit log: %s", ignored.message);
    text_release(&entry);
}

static struct dispatch_options dispatch_options(struct sending *sending, struct send_view *view)
{
    struct context *context = &sending->context;
    return (struct dispatch_options){
        .writer = context->store,
        .reader = context->second_store,
        .vault = context->vault,
        .run = sending->run,
        .verified = sending->verified,
        .accounts = sending->chosen.all,
        .account_count = sending->chosen.all_count,
        .network = context_network,
        .network_context = context,
        .deadline_ms = DEADLINE_DEFAULT_MS,
        .observer = send_view_observer(view),
    };
}

static int dispatch(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    struct send_view view = {.run = sending->run};
    struct dispatch_options options = dispatch_options(sending, &view);
    struct http_client_options http_options = {.ca_file = context->workspace->config->ca_file};
    int result = -1;

    if (option_duration(context->invocation, "deadline", DEADLINE_DEFAULT_MS, &options.deadline_ms,
                        error) < 0)
        return -1;
    options.loop = loop_new();
    if (http_client_new(options.loop, &http_options, &options.http, error) == 0)
        result = dispatch_run(&options, &sending->result, error);
    http_client_free(options.http);
    loop_free(options.loop);
    return result;
}

/* Marks the run as finished, or as left for `resume`. */
static int close_run(struct sending *sending, struct error *error)
{
    const struct dispatch_result *result = &sending->result;
    bool finished = result->pending + result->in_doubt == 0;
    struct text entry;

    entry_begin(&entry, finished ? ENTRY_RUN_FINISHED : ENTRY_RUN_STOPPED, "coordinator",
                clock_unix_ms());
    entry_add(&entry, "run", sending->run->id);
    entry_add(&entry, "mode", run_mode_name(sending->run->mode));
    if (!finished)
        entry_add(&entry, "reason",
                  result->interrupted     ? "interrupted"
                  : result->network_down  ? "network down"
                  : result->past_deadline ? "past the deadline"
                                          : "deliveries in doubt");
    entry_add_number(&entry, "posted", (int64_t)result->posted);
    entry_add_number(&entry, "failed", (int64_t)result->failed);
    entry_add_number(&entry, "in-doubt", (int64_t)result->in_doubt);
    entry_add_number(&entry, "pending", (int64_t)result->pending);
    int stored = store_run_set_state(sending->context.store, sending->run->row,
                                     finished ? RUN_FINISHED : RUN_UNFINISHED, clock_unix_ms(),
                                     &entry, error);
    text_release(&entry);
    return stored;
}

static int summarise(struct sending *sending, struct error *error)
{
    const struct dispatch_result *result = &sending->result;
    struct tally tally;

    output_progress(NULL, 0);
    if (tally_count(sending->context.arena, sending->context.store, sending->run, &tally, error) <
        0)
        return -1;
    tally_print(&tally, sending->run, clock_monotonic_ms() - sending->began_ms);
    if (result->interrupted)
        return context_end(ERROR_INTERRUPTED, error);
    if (result->network_down) {
        error_set(error, ERROR_SYSTEM, "no network of this run could be reached");
        return error_next(error, "check the connection, then: crisis resume %s", sending->run->id);
    }
    return context_end(tally_kind(&tally), error);
}

/* --- send ---------------------------------------------------------------------------------------- */

static int choose_mode(struct sending *sending, struct error *error)
{
    bool dry = option_is_given(sending->context.invocation, "dry-run");
    bool exercise = option_is_given(sending->context.invocation, "exercise");
    if (dry && exercise)
        return error_set(error, ERROR_USAGE, "--dry-run and --exercise exclude each other");
    sending->mode = dry ? MODE_DRY_RUN : exercise ? MODE_EXERCISE : MODE_LIVE;
    return 0;
}

static int load_plan(struct sending *sending, struct error *error)
{
    const struct invocation *invocation = sending->context.invocation;
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);

    if (context_load_plan(&sending->context, argument_at(invocation, 0), false,
                          &sending->problems, &sending->plan, error) < 0 ||
        context_message(sending->plan, argument_at(invocation, 1), &sending->message, error) < 0)
        return -1;
    if (values_collect(sending->context.arena, sending->plan, sets, set_count, VALUES_TO_SEND,
                       &sending->problems, &sending->values) < 0) {
        output_problems(&sending->problems, false);
        return context_problems_error(&sending->problems, sending->plan->file, error);
    }
    return 0;
}

/* A wrong alert must be possible to call off at once: the reversal is prepared, or nothing goes. */
static int demand_reversal(struct sending *sending, struct error *error)
{
    const char *missing = plan_missing_reversal(sending->plan, sending->message);
    if (sending->mode != MODE_LIVE || !missing)
        return 0;
    error_set(error, ERROR_INPUT, "%s:%u:%u: message '%s' cannot go live: %s that follows it is "
                                  "missing",
              sending->plan->file, sending->message->place.line, sending->message->place.column,
              sending->message->name, missing);
    return error_next(error, "add it to the plan, so that a wrong alert can be called off at once");
}

static int choose_accounts(struct sending *sending, struct error *error)
{
    if (accounts_choose(&sending->context, sending->plan, &sending->chosen, error) < 0)
        return -1;
    if (sending->chosen.count > 0)
        return 0;
    error_set(error, ERROR_INPUT, "no account of this plan's municipalities is registered");
    return error_next(error, "register them first: crisis register --from FILE");
}

static int render(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    int64_t now = clock_unix_ms();

    sending->request = context_render_request(context, sending->plan, sending->message,
                                              sending->values, sending->mode, now);
    sending->request.run =
        run_make_id(context->arena, sending->plan->id, sending->message->name, now);
    sending->request.accounts = sending->chosen.accounts;
    sending->request.account_count = sending->chosen.count;
    int result =
        render_message(context->arena, &sending->request, &sending->problems, &sending->rendering);
    if (!output_is_quiet() || result < 0)
        output_problems(&sending->problems, false);
    if (result < 0)
        return context_problems_error(&sending->problems, sending->plan->file, error);
    int64_t expires = run_expires_unix_ms(sending->message, now);
    if (expires > now)
        return 0;
    char time[RFC3339_SIZE];
    rfc3339_format_seconds(expires, time);
    error_set(error, ERROR_INPUT, "message '%s' expired at %s", sending->message->name, time);
    return error_next(error, "set a later `expires` in the plan, if it still holds");
}

static int pass_gate(struct sending *sending, struct error *error)
{
    struct approval_request request = {
        .plan = sending->plan->id,
        .message = sending->message->name,
        .mode = sending->mode,
        .plan_threshold = sending->plan->approval.threshold,
        .workspace_threshold = sending->context.workspace->config->approval_threshold,
    };
    request.endpoints = endpoints(sending, sending->chosen.accounts, sending->chosen.count,
                                  &request.endpoint_count);
    if (approval_decide(sending->context.arena, &request, &sending->verified, error) == 0)
        return 0;
    record_refusal(sending, NULL, sending->plan->id, sending->message->name, error);
    return -1;
}

/* The same message a moment ago may be meant, or a slip: it is said, not refused. */
static int tell_recent(struct sending *sending, struct error *error)
{
    struct run_record recent;
    bool found;
    char ago[32];
    int64_t now = clock_unix_ms();

    if (sending->mode == MODE_DRY_RUN)
        return 0;
    if (store_run_latest_of(sending->context.store, sending->context.arena, sending->plan->id,
                            sending->message->name, sending->mode, now - RECENT_MS, &recent,
                            &found, error) < 0)
        return -1;
    if (found) {
        duration_format(now - recent.started_unix_ms, ago);
        output_warning("This message already went out %s ago (%s); this is a new run.", ago,
                       recent.id);
    }
    return 0;
}

static int create_run(struct sending *sending, struct error *error)
{
    struct store *store = sending->context.store;
    if (run_create(store, sending->context.arena, &sending->request, sending->rendering,
                   sending->verified, &sending->run, error) < 0 ||
        store_run_lock(store, sending->run->row, error) < 0)
        return -1;
    send_view_start(sending->run);
    return 0;
}

static int send_dry(struct sending *sending, struct error *error)
{
    struct send_view view = {.run = sending->run};
    struct dispatch_options options = dispatch_options(sending, &view);
    struct channel_forecast *forecasts;
    size_t count;

    if (dry_run(&options, clock_unix_ms(), sending->context.arena, &forecasts, &count,
                &sending->result, error) < 0)
        return -1;
    send_view_forecasts(forecasts, count);
    return summarise(sending, error);
}

static int send_over_network(struct sending *sending, struct error *error)
{
    if (dispatch(sending, error) < 0) {
        error_next(error, "when the cause is gone: crisis resume %s", sending->run->id);
        return -1;
    }
    if (close_run(sending, error) < 0)
        return -1;
    return summarise(sending, error);
}

static int run_send(struct invocation *invocation, struct error *error)
{
    struct sending sending = {.began_ms = clock_monotonic_ms()};
    int result = -1;

    context_init(&sending.context, invocation);
    problems_init(&sending.problems, invocation->arena);
    if (choose_mode(&sending, error) < 0 || open_workspace(&sending, error) < 0 ||
        load_plan(&sending, error) < 0 || demand_reversal(&sending, error) < 0 ||
        choose_accounts(&sending, error) < 0 || render(&sending, error) < 0 ||
        pass_gate(&sending, error) < 0 || tell_recent(&sending, error) < 0)
        goto out;
    if (sending.mode != MODE_DRY_RUN &&
        confirm_send(&sending.context, &sending.request, sending.rendering, &sending.chosen,
                     error) < 0)
        goto out;
    if (create_run(&sending, error) < 0)
        goto out;
    result = sending.mode == MODE_DRY_RUN ? send_dry(&sending, error)
                                          : send_over_network(&sending, error);
out:
    context_release(&sending.context);
    return result;
}

static const struct option send_options[] = {
    {"dry-run", 0, NULL, false, "show what would be posted and when; no connection is opened"},
    {"exercise", 0, NULL, false, "post for real, every text marked as an exercise"},
    {"set", 0, "NAME=VALUE", true, "a variable's value"},
    {"only", 0, "SELECTOR", true, "only these: an id, county=ID, group=NAME, language=TAG, "
                                  "channel=KIND, all"},
    {"except", 0, "SELECTOR", true, "not these"},
    {"deadline", 0, "TIME", false, "nothing new is begun after this time (10m)"},
    {"yes", 0, NULL, false, "do not ask; needed without a terminal"},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_send = {
    .name = "send",
    .arguments = "PLAN [MESSAGE]",
    .summary = "Sends a message of a plan to its municipalities' channels",
    .details = "MESSAGE is the plan's first when none is named. Without --yes it shows what goes "
               "out and asks for\nthe plan's id to be typed.",
    .arguments_least = 1,
    .arguments_most = 2,
    .options = send_options,
    .run = run_send,
};

/* --- resume -------------------------------------------------------------------------------------- */

static int find_run(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    const char *id = argument_at(context->invocation, 0);
    struct run_record *runs;
    size_t count;

    if (store_runs(context->store, context->arena, &runs, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count && !sending->run; i++)
        if (id ? strcmp(runs[i].id, id) == 0 : runs[i].state != RUN_FINISHED)
            sending->run = &runs[i];
    if (sending->run) {
        sending->mode = sending->run->mode;
        return 0;
    }
    if (id)
        error_set(error, ERROR_USAGE, "there is no run '%s'", id);
    else
        error_set(error, ERROR_USAGE, "no run is unfinished");
    return error_next(error, "crisis runs lists them");
}

/* The accounts that the run's deliveries name, as far as they are still registered. */
struct named_accounts {
    const struct dispatch_options *options;
    struct account *accounts;
    size_t count;
};

static bool name_account(void *context, const struct delivery_record *delivery)
{
    struct named_accounts *named = context;
    const struct stored_account *stored = dispatch_find_account(named->options, delivery);
    if (stored && !delivery_state_is_final(delivery->state))
        named->accounts[named->count++] = stored->account;
    return true;
}

/* The gate decides again: what was allowed then need not be now. */
static int pass_gate_again(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    struct stored_account *stored;
    if (store_accounts(context->store, context->arena, &stored, &sending->chosen.all_count,
                       error) < 0)
        return -1;
    sending->chosen.all = stored;
    struct dispatch_options options = dispatch_options(sending, NULL);
    struct named_accounts named = {
        .options = &options,
        .accounts = arena_alloc_array(context->arena, sending->run->delivery_count,
                                      sizeof(struct account)),
    };
    if (store_deliveries(context->store, sending->run->row, name_account, &named, error) < 0)
        return -1;
    struct approval_request request = {
        .plan = sending->run->plan,
        .message = sending->run->message,
        .mode = sending->mode,
        .plan_threshold = sending->run->threshold,
        .workspace_threshold = context->workspace->config->approval_threshold,
    };
    request.endpoints =
        endpoints(sending, named.accounts, named.count, &request.endpoint_count);
    if (approval_decide(context->arena, &request, &sending->verified, error) == 0)
        return 0;
    record_refusal(sending, sending->run->id, sending->run->plan, sending->run->message, error);
    return -1;
}

static int record_resumed(struct sending *sending, struct error *error)
{
    struct text entry;
    entry_begin(&entry, ENTRY_RUN_RESUMED, "coordinator", clock_unix_ms());
    entry_add(&entry, "run", sending->run->id);
    entry_add(&entry, "mode", run_mode_name(sending->run->mode));
    int result = store_append(sending->context.store, &entry, 1, error);
    text_release(&entry);
    return result;
}

static int run_resume(struct invocation *invocation, struct error *error)
{
    struct sending sending = {.began_ms = clock_monotonic_ms()};
    int result = -1;

    context_init(&sending.context, invocation);
    if (open_workspace(&sending, error) < 0 || find_run(&sending, error) < 0)
        goto out;
    if (sending.run->state == RUN_FINISHED || sending.run->mode == MODE_DRY_RUN) {
        output_note("Nothing is left to send in this run.");
        result = summarise(&sending, error);
        goto out;
    }
    if (store_run_lock(sending.context.store, sending.run->row, error) < 0 ||
        pass_gate_again(&sending, error) < 0 || record_resumed(&sending, error) < 0)
        goto out;
    send_view_start(sending.run);
    result = send_over_network(&sending, error);
out:
    context_release(&sending.context);
    return result;
}

static const struct option resume_options[] = {
    {"deadline", 0, "TIME", false, "nothing new is begun after this time (10m)"},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_resume = {
    .name = "resume",
    .arguments = "[RUN]",
    .summary = "Goes on with a run that was interrupted or left unfinished",
    .details = "Without RUN, the latest unfinished one. Nothing that is posted is posted again: "
               "what was under\nway when a process died is looked up on its network first.",
    .arguments_most = 1,
    .options = resume_options,
    .run = run_resume,
};

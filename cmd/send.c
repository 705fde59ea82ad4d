/* `send`: the story of a send, a step a line. */
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/dry_run.h"
#include "dispatch/run.h"
#include "net/loop.h"
#include "plan/values.h"

#include "cmd/canary.h"
#include "cmd/cards.h"
#include "cmd/commands.h"
#include "cmd/confirm.h"
#include "cmd/endpoints.h"
#include "cmd/followed.h"
#include "cmd/gate.h"
#include "cmd/gate_record.h"
#include "cmd/outgoing.h"
#include "cmd/output.h"
#include "cmd/output_thread.h"
#include "cmd/overlap.h"
#include "cmd/sending.h"
#include "cmd/text_groups.h"

enum { APPROVAL_RECORD_MAX_BYTES = 512 * 1024 };

static int choose_mode(struct sending *sending, struct error *error)
{
    bool dry = option_is_given(sending->context.invocation, "dry-run");
    bool exercise = option_is_given(sending->context.invocation, "exercise");
    if (dry && exercise)
        return error_set(error, ERROR_USAGE, _("--dry-run and --exercise exclude each other"));
    sending->mode = dry ? MODE_DRY_RUN : exercise ? MODE_EXERCISE : MODE_LIVE;
    sending->context.stays_offline = dry;
    return 0;
}

static int load_plan(struct sending *sending, struct error *error)
{
    const struct invocation *invocation = sending->context.invocation;
    size_t set_count;
    const char *const *sets = option_values(invocation, "set", &set_count);

    if (context_load_plan(&sending->context, argument_at(invocation, 0), false, &sending->problems,
                          &sending->plan, error) < 0 ||
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
    error_set(error, ERROR_INPUT,
              _("%s:%u:%u: message '%s' cannot go live: %s that follows it is "
                "missing"),
              sending->plan->file, sending->message->place.line, sending->message->place.column,
              sending->message->name, translated(missing));
    return error_next(error,
                      _("add it to the plan, so that a wrong alert can be called off at once"));
}

static int choose_accounts(struct sending *sending, struct error *error)
{
    struct context making = sending_making(sending);

    if (accounts_choose_to_send(&making, sending->plan, &sending->chosen, error) < 0)
        return -1;
    if (sending->chosen.count > 0 && followed_narrow(&making, sending->plan, sending->message,
                                                     sending->mode, &sending->chosen, error) < 0)
        return -1;
    if (sending->chosen.count > 0 && sending->is_again)
        return 0;
    if (sending->chosen.count > 0)
        return sending_load_app_secrets(sending, sending->chosen.accounts, sending->chosen.count,
                                        error);
    error_set(error, ERROR_INPUT, _("no account of this plan's municipalities is registered"));
    return error_next(error, _("register them first: crisis register --from FILE"));
}

static int render(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    int64_t now = clock_unix_ms();

    if (sending->is_again)
        problems_init(&sending->problems, context->arena);
    sending->request = context_render_request(context, sending->plan, sending->message,
                                              sending->values, sending->mode, now);
    sending->request.run =
        run_make_id(context->arena, sending->plan->id, sending->message->name, now);
    sending->request.accounts = sending->chosen.accounts;
    sending->request.account_count = sending->chosen.count;
    struct context making = sending_making(sending);
    int result =
        render_message(making.arena, &sending->request, &sending->problems, &sending->rendering);
    if ((!output_is_quiet() && !sending->is_again) || result < 0)
        output_problems(&sending->problems, false);
    if (result < 0)
        return context_problems_error(&sending->problems, sending->plan->file, error);
    if (sending->rendering->delivery_count == 0) {
        error_set(error, ERROR_INPUT, _("message '%s' reaches nobody on these channels"),
                  sending->message->name);
        return error_next(error, _("the warnings say what is missing"));
    }
    int64_t expires = run_expires_unix_ms(sending->message, now);
    if (expires > now)
        return cards_draw(&making, sending->rendering, error);
    char time[RFC3339_SIZE];
    rfc3339_format_seconds(expires, time);
    error_set(error, ERROR_INPUT, _("message '%s' expired at %s"), sending->message->name, time);
    return error_next(error, _("set a later `expires` in the plan, if it still holds"));
}

static int pass_gate(struct sending *sending, struct error *error)
{
    struct context *context = &sending->context;
    struct approval_request *gate = &sending->gate;
    unsigned floor = context->workspace->config->approval_threshold;
    bool needs_approval =
        sending->mode != MODE_DRY_RUN && (sending->plan->approval.threshold > 0 || floor > 0);

    /* Without a threshold, and for a dry run, nobody signs: there is nothing to compare. */
    struct render_request approved = sending->request;
    approved.accounts = sending->chosen.meant;
    approved.account_count = sending->chosen.meant_count;
    struct context making = sending_making(sending);
    if (needs_approval) {
        if (gate_wanted(&making, &approved, &sending->wanted, error) < 0)
            return -1;
        /* The gate may be asked again when what the run was made of is gone. */
        sending->wanted.variables =
            arena_memdup(context->arena, sending->wanted.variables,
                         sending->wanted.variable_count * sizeof(*sending->wanted.variables));
    }
    if (gate_ask(context, sending->plan, sending->message, sending->mode,
                 needs_approval ? &sending->wanted : NULL, gate, error) < 0)
        return -1;
    gate->endpoints = endpoints_of(sending, sending->chosen.accounts, sending->chosen.count,
                                   &gate->endpoint_count);
    return sending_pass_gate(sending, NULL, error);
}

/* It began to go out while this was read: where it has got to is not where this would go, and what
 * would have to be read for that is out of reach (outgoing.h). */
static int refuse_to_go_blind(const struct sending *sending, struct error *error)
{
    error_set(error, ERROR_SYSTEM,
              _("'%s' has gone out once more in the meantime, and was stopped just now: '%s' was "
                "not sent yet"),
              sending->message->follows->name, sending->message->name);
    return error_next(error, _("send it again at once: it goes where that one got to"));
}

/* What takes another message back stops it first, then goes where that one got to. */
static int stop_followed(struct sending *sending, struct error *error)
{
    bool stopped;

    if (followed_stop(&sending->context, sending->plan, sending->message, sending->mode, &stopped,
                      error) < 0)
        return -1;
    if (stopped && outgoing_is_open(sending))
        return refuse_to_go_blind(sending, error);
    sending->is_again = true;
    if (stopped && (choose_accounts(sending, error) < 0 || render(sending, error) < 0 ||
                    pass_gate(sending, error) < 0 || canary_choose(sending, error) < 0))
        return -1;
    return 0;
}

static int create_run(struct sending *sending, struct error *error)
{
    struct store *store = sending->context.store;
    struct run_source source = {.plan_file = sending->plan->file};
    char *absolute = realpath(sending->plan->file, NULL);
    struct text approval;
    int result = -1;

    text_init(&approval, APPROVAL_RECORD_MAX_BYTES);
    if (absolute)
        source.plan_file = arena_strdup(sending->context.arena, absolute);
    if (sending_lock_message(sending, sending->plan->id, sending->message->name, error) < 0 ||
        gate_record_write(&sending->gate, &approval, error) < 0)
        goto out;
    source.approval = arena_strdup(sending->context.arena, approval.bytes);
    if (sending->mode != MODE_DRY_RUN && sending->canary_count > 0) {
        source.canaries = sending->canaries;
        source.canary_words = sending->canary_words;
    }
    if (run_create(store, sending->context.arena, &sending->request, sending->rendering,
                   sending->verified, &source, &sending->run, error) < 0 ||
        sending_lock_run(sending, error) < 0)
        goto out;
    send_view_start(sending->run);
    if (sending->mode != MODE_DRY_RUN)
        sending_made(sending);
    result = 0;
out:
    text_release(&approval);
    free(absolute);
    return result;
}

static int send_dry(struct sending *sending, struct error *error)
{
    struct send_view view = {.run = sending->run};
    struct channel_forecast *forecasts;
    size_t count;

    if (sending_load_media(sending, error) < 0)
        return -1;
    struct dispatch_options options = sending_options(sending, &view);
    if (dry_run(&options, clock_unix_ms(), sending->context.arena, &forecasts, &count,
                &sending->result, error) < 0)
        return -1;
    if (!output_is_json() && !output_is_quiet()) {
        size_t group_count;
        struct text_group *groups =
            text_groups_make(sending->context.arena, sending->rendering, &group_count);
        text_groups_print(groups, group_count);
    }
    send_view_forecasts(forecasts, count);
    canary_note(sending);
    return sending_summarise(sending, error);
}

static int run_send(struct invocation *invocation, struct error *error)
{
    struct sending sending = {.began_ms = clock_monotonic_ms()};
    int result = -1;

    context_init(&sending.context, invocation);
    problems_init(&sending.problems, invocation->arena);
    if (choose_mode(&sending, error) < 0 || sending_read_deadline(&sending, error) < 0 ||
        canary_read_options(&sending, error) < 0 || sending_open_workspace(&sending, error) < 0 ||
        load_plan(&sending, error) < 0 || demand_reversal(&sending, error) < 0 ||
        choose_accounts(&sending, error) < 0 || render(&sending, error) < 0 ||
        pass_gate(&sending, error) < 0 || canary_choose(&sending, error) < 0 ||
        overlap_tell(&sending, error) < 0)
        goto out;
    if (sending.mode != MODE_DRY_RUN && confirm_send(&sending, error) < 0)
        goto out;
    if (stop_followed(&sending, error) < 0)
        goto out;
    output_thread_hold();
    if (create_run(&sending, error) < 0)
        goto out;
    result = sending.mode == MODE_DRY_RUN ? send_dry(&sending, error)
                                          : sending_over_network(&sending, error);
out:
    outgoing_close(&sending);
    sending_made(&sending);
    context_release(&sending.context);
    return result;
}

static const struct option send_options[] = {
    {"dry-run", 0, NULL, false, N_("show what would be posted and when; no connection is opened")},
    {"exercise", 0, NULL, false, N_("post for real, every text marked as an exercise")},
    {"set", 0, "NAME=VALUE", true, N_("a variable's value")},
    {"only", 0, "SELECTOR", true,
     N_("only these: an id, county=ID, group=NAME, language=TAG, channel=KIND, all")},
    {"except", 0, "SELECTOR", true, N_("not these")},
    {"canary", 0, "SELECTOR", true,
     N_("these go first, the rest when you agree; all: one for each channel and language")},
    {"canary-wait", 0, "TIME", false,
     N_("the rest follows by itself this long after all of them are posted")},
    {"deadline", 0, "TIME", false, N_("nothing new is begun after this time (10m)")},
    {"yes", 0, NULL, false, N_("do not ask; needed without a terminal")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_send = {
    .name = "send",
    .arguments = "PLAN [MESSAGE]",
    .summary = N_("Sends a message of a plan to its municipalities' channels"),
    .details =
        N_("MESSAGE is the plan's first when none is named. Without --yes it shows what goes "
           "out and asks for\nthe plan's id to be typed."),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = send_options,
    .run = run_send,
};

/* `rehearse`: the story of a rehearsal. The whole send, by this program itself, against a sandbox
 * of its own; then its correction; and what is to be learnt of it. */
#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "base/digest.h"
#include "base/language.h"
#include "net/loop.h"
#include "report/counted.h"
#include "report/rehearsed.h"

#include "cmd/check.h"
#include "cmd/child.h"
#include "cmd/commands.h"
#include "cmd/output.h"
#include "cmd/rehearsal_faults.h"
#include "cmd/rehearsal_stage.h"
#include "cmd/rehearsal_view.h"

enum { FIXED_WORDS = 8, LINE_SIZE = 128, LATENCY_SIZE = 64 };

struct rehearsing {
    struct context context;
    struct problems problems;
    struct plan *plan;
    const struct message *message, *correction; /* correction NULL: there is none */
    struct chosen_accounts chosen;
    uint64_t seed;
    struct rehearsal_stage stage;
    struct store *store; /* of the stage */
    struct run_record run, correction_run;
    struct figures figures, correction_figures;
    struct rehearsal_record record;
    size_t delivery_count, posted_count; /* of what is being sent, for progress */
};

/* --- what is rehearsed ----------------------------------------------------------------------- */

static int load(struct rehearsing *rehearsing, struct error *error)
{
    struct context *context = &rehearsing->context;
    const struct invocation *invocation = context->invocation;

    if (context_load_plan(context, argument_at(invocation, 0), false, &rehearsing->problems,
                          &rehearsing->plan, error) < 0 ||
        context_message(rehearsing->plan, argument_at(invocation, 1), &rehearsing->message, error) <
            0 ||
        accounts_choose(context, rehearsing->plan, &rehearsing->chosen, error) < 0)
        return -1;
    if (rehearsing->chosen.count > 0)
        return 0;
    error_set(error, ERROR_INPUT, _("no account of this plan's municipalities is registered"));
    return error_next(error, _("register them first: crisis register --from FILE"));
}

/* What takes the message back: a correction rather than a cancel. */
static const struct message *find_correction(const struct plan *plan, const struct message *message)
{
    const struct message *found = NULL;

    for (size_t i = 0; i < plan->message_count; i++) {
        const struct message *other = &plan->messages[i];
        if (other->follows != message)
            continue;
        if (other->kind == MESSAGE_CORRECTION)
            return other;
        if (other->kind == MESSAGE_CANCEL && !found)
            found = other;
    }
    return found;
}

static bool is_same(const struct account *account, const struct account *other)
{
    return strcmp(account->municipality, other->municipality) == 0 &&
           strcmp(account->channel, other->channel) == 0 &&
           strcmp(account->label, other->label) == 0;
}

/* Both lists are in the order of the store, and the chosen accounts are among all. */
static int warn_of_unproven(struct rehearsing *rehearsing, struct error *error)
{
    const struct chosen_accounts *chosen = &rehearsing->chosen;
    const struct place nowhere = {0};
    struct arena *arena = arena_new();
    struct stored_account *all;
    size_t all_count, unproven = 0, at = 0;

    int result = store_accounts(rehearsing->context.store, arena, &all, &all_count, error);
    for (size_t i = 0; result == 0 && i < all_count && at < chosen->count; i++) {
        if (!is_same(&all[i].account, &chosen->accounts[at]))
            continue;
        unproven += all[i].sealed_size_bytes > 0 && all[i].proven_unix_ms == 0;
        at++;
    }
    if (unproven > 0)
        problems_add(
            &rehearsing->problems, SEVERITY_WARNING, nowhere,
            ngettext(
                "%zu of %zu credential has never been shown to work: crisis channels --check",
                "%zu of %zu credentials have never been shown to work: crisis channels --check",
                chosen->count),
            unproven, chosen->count);
    arena_free(arena);
    return result;
}

/* What is known to be wrong before anything is sent. */
static int check(struct rehearsing *rehearsing, struct error *error)
{
    check_texts_and_times(&rehearsing->context, rehearsing->plan, &rehearsing->problems);
    if (warn_of_unproven(rehearsing, error) < 0)
        return -1;
    return check_accounts(&rehearsing->context, rehearsing->plan, &rehearsing->chosen,
                          &rehearsing->problems, error);
}

/* A seed that fits the store's numbers. */
static int choose_seed(struct rehearsing *rehearsing, struct error *error)
{
    uint32_t drawn;

    random_bytes(&drawn, sizeof(drawn));
    if (option_number(rehearsing->context.invocation, "seed", drawn, &rehearsing->seed, error) < 0)
        return -1;
    if (rehearsing->seed <= INT64_MAX)
        return 0;
    return error_set(error, ERROR_USAGE, _("--seed %llu is too large"),
                     (unsigned long long)rehearsing->seed);
}

/* --- the stage ------------------------------------------------------------------------------- */

/* As slow as each network usually is. */
static const char **usual_latencies(struct arena *arena, size_t *count)
{
    const char **latencies;

    for (*count = 0; channel_all()[*count];)
        (*count)++;
    latencies = arena_alloc_array(arena, *count, sizeof(*latencies));
    *count = 0;
    for (size_t i = 0; channel_all()[i]; i++) {
        const struct channel_driver *driver = channel_all()[i];
        if (!(driver->features & FEATURE_LOCAL))
            latencies[(*count)++] = arena_printf(arena, "%s=%lldms/%lldms", driver->name,
                                                 (long long)driver->answers.time.half_ms,
                                                 (long long)driver->answers.time.most_ms);
    }
    return latencies;
}

static bool is_none(const char *const *faults, size_t count)
{
    return count == 1 && strcmp(faults[0], "none") == 0;
}

static int open_stage(struct rehearsing *rehearsing, struct error *error)
{
    struct context *context = &rehearsing->context;
    struct rehearsal_setting setting = {
        .context = context,
        .plan = rehearsing->plan,
        .accounts = rehearsing->chosen.accounts,
        .account_count = rehearsing->chosen.count,
        .seed = rehearsing->seed,
    };

    setting.faults = option_values(context->invocation, "faults", &setting.fault_count);
    if (is_none(setting.faults, setting.fault_count))
        setting.fault_count = 0;
    else if (setting.fault_count == 0)
        setting.faults = rehearsal_faults(context->arena, setting.accounts, setting.account_count,
                                          setting.seed, clock_unix_ms(), &setting.fault_count);
    setting.latencies = option_values(context->invocation, "latency", &setting.latency_count);
    if (setting.latency_count == 0)
        setting.latencies = usual_latencies(context->arena, &setting.latency_count);
    output_note(
        _("Rehearsing %s of %s: %s of %s, against a sandbox of its own. Nothing is published."),
        rehearsing->message->name, rehearsing->plan->id,
        counted_accounts(setting.account_count).words,
        counted_municipalities(rehearsing->chosen.municipality_count).words);
    return rehearsal_stage_open(&setting, &rehearsing->stage, error);
}

/* --- sending --------------------------------------------------------------------------------- */

static void on_event(void *pointer, const char *name, const struct json *event)
{
    struct rehearsing *rehearsing = pointer;
    const char *state = json_text(event, "state", NULL);
    char line[LINE_SIZE];
    const char *const lines[] = {line};
    int64_t count;

    if (strcmp(name, "run") == 0 && json_whole(event, &count, "deliveries", NULL)) {
        rehearsing->delivery_count = (size_t)count;
        rehearsing->posted_count = 0;
    }
    if (strcmp(name, "delivery") != 0 || !state || strcmp(state, "posted") != 0)
        return;
    rehearsing->posted_count++;
    snprintf(line, sizeof(line), _("  %zu/%zu posted in the sandbox"), rehearsing->posted_count,
             rehearsing->delivery_count);
    output_progress(lines, 1);
}

/* Sends a message on the stage, as an exercise: marked, should anybody ever see one of its texts. A
 * send that is refused there would be refused in earnest. */
static int send_there(struct rehearsing *rehearsing, const struct message *message,
                      struct error *error)
{
    struct arena *arena = rehearsing->context.arena;
    const char *const fixed[] = {"-C",          rehearsing->stage.workspace,
                                 "send",        rehearsing->stage.plan_file,
                                 message->name, "--exercise",
                                 "--yes"};
    size_t count = sizeof(fixed) / sizeof(fixed[0]), set_count;
    const char *const *sets = option_values(rehearsing->context.invocation, "set", &set_count);
    const char **words = arena_alloc_array(arena, FIXED_WORDS + 2 * set_count, sizeof(*words));
    struct error said;

    memcpy(words, fixed, sizeof(fixed));
    for (size_t i = 0; i < set_count; i++) {
        words[count++] = "--set";
        words[count++] = sets[i];
    }
    int code = child_run(&rehearsing->stage.supervisor, words, on_event, rehearsing, &said, error);
    if (code == ERROR_NONE || code == ERROR_SOME_FAILED || code == ERROR_UNFINISHED)
        return 0;
    if (code < 0)
        return -1;
    output_problems(&rehearsing->problems, true);
    error_set(error, said.kind == ERROR_NONE ? ERROR_SYSTEM : said.kind,
              _("message '%s' would not have gone out: %s"), message->name,
              said.message[0] ? said.message : _("the send ended without a word"));
    return error_next(error, "%s", said.next);
}

/* --- what became of it ----------------------------------------------------------------------- */

static int count(struct rehearsing *rehearsing, const struct message *message,
                 struct run_record *run, struct figures *figures, struct error *error)
{
    struct arena *arena = rehearsing->context.arena;
    bool found;

    if (store_run_latest_of(rehearsing->store, arena, rehearsing->plan->id, message->name,
                            MODE_EXERCISE, 0, run, &found, error) < 0)
        return -1;
    if (!found)
        return error_set(error, ERROR_SYSTEM, _("the run of the rehearsal is not in its store"));
    return figures_count(figures, arena, rehearsing->store, run, error);
}

static int count_all(struct rehearsing *rehearsing, struct error *error)
{
    const struct message *correction = rehearsing->correction;
    const char *database =
        arena_printf(rehearsing->context.arena, "%s/crisis.db", rehearsing->stage.workspace);

    if (store_open(database, STORE_READ, &rehearsing->store, error) < 0 ||
        count(rehearsing, rehearsing->message, &rehearsing->run, &rehearsing->figures, error) < 0 ||
        (correction && count(rehearsing, correction, &rehearsing->correction_run,
                             &rehearsing->correction_figures, error) < 0))
        return -1;
    rehearsed_record(&rehearsing->figures, correction ? &rehearsing->correction_figures : NULL,
                     &rehearsing->record);
    memcpy(rehearsing->record.plan_sha256, rehearsing->plan->sha256,
           sizeof(rehearsing->record.plan_sha256));
    rehearsing->record.seed = (int64_t)rehearsing->seed;
    rehearsing->record.finished_unix_ms = clock_unix_ms();
    return 0;
}

static int keep(struct rehearsing *rehearsing, struct error *error)
{
    struct rehearsal_record *record = &rehearsing->record;
    struct text entry;

    entry_begin(&entry, ENTRY_REHEARSED, "coordinator", record->finished_unix_ms);
    entry_add(&entry, "rehearsal", record->id);
    entry_add(&entry, "plan", record->plan);
    entry_add(&entry, "message", record->message);
    entry_add_number(&entry, "municipalities", (int64_t)record->municipality_count);
    entry_add_number(&entry, "deliveries", (int64_t)record->delivery_count);
    entry_add_number(&entry, "posted", (int64_t)record->posts.count);
    entry_add_number(&entry, "failed", (int64_t)record->failed_count);
    entry_add_number(&entry, "in-doubt", (int64_t)record->in_doubt_count);
    int result = store_rehearsal_add(rehearsing->context.store, record, &entry, error);
    text_release(&entry);
    return result;
}

/* As a send ends that goes like this: 0, some failed, or unfinished. */
static int end(const struct rehearsing *rehearsing, struct error *error)
{
    enum error_kind kind = tally_kind(&rehearsing->figures.tally);

    if (kind == ERROR_NONE && rehearsing->correction)
        kind = tally_kind(&rehearsing->correction_figures.tally);
    return context_end(kind, error);
}

/* --- the command ----------------------------------------------------------------------------- */

static int rehearse(struct rehearsing *rehearsing, struct error *error)
{
    if (choose_seed(rehearsing, error) < 0 ||
        context_open_workspace(&rehearsing->context, error) < 0 ||
        context_open_store(&rehearsing->context, STORE_WRITE, error) < 0 ||
        load(rehearsing, error) < 0 || check(rehearsing, error) < 0)
        return -1;
    rehearsing->correction = find_correction(rehearsing->plan, rehearsing->message);
    if (open_stage(rehearsing, error) < 0 ||
        send_there(rehearsing, rehearsing->message, error) < 0 ||
        (rehearsing->correction && send_there(rehearsing, rehearsing->correction, error) < 0) ||
        count_all(rehearsing, error) < 0 || keep(rehearsing, error) < 0)
        return -1;
    const struct rehearsal_view view = {&rehearsing->record, &rehearsing->figures,
                                        &rehearsing->problems, rehearsing->plan->file};
    rehearsal_view_print(&view);
    return end(rehearsing, error);
}

static int run_rehearse(struct invocation *invocation, struct error *error)
{
    struct rehearsing rehearsing = {.stage.supervisor.signals = -1};

    context_init(&rehearsing.context, invocation);
    rehearsing.context.stays_offline = true; /* witnesses hear of it with what is sent next */
    problems_init(&rehearsing.problems, invocation->arena);
    int result = rehearse(&rehearsing, error);
    figures_release(&rehearsing.figures);
    figures_release(&rehearsing.correction_figures);
    store_close(rehearsing.store);
    rehearsal_stage_close(&rehearsing.stage);
    context_release(&rehearsing.context);
    return result;
}

static const struct option rehearse_options[] = {
    {"set", 0, "NAME=VALUE", true, N_("a variable's value")},
    {"only", 0, "SELECTOR", true,
     N_("only these: an id, county=ID, group=NAME, channel=KIND, all")},
    {"except", 0, "SELECTOR", true, N_("not these")},
    {"seed", 0, "N", false, N_("what goes wrong, and how slow answers are: the same again")},
    {"faults", 0, "SPEC", true, N_("goes wrong instead (crisis help sandbox); none: nothing does")},
    {"latency", 0, "TIME", true, N_("of answers, instead of what each network usually takes")},
    {NULL, 0, NULL, false, NULL},
};

const struct command command_rehearse = {
    .name = "rehearse",
    .arguments = "PLAN [MESSAGE]",
    .summary = N_("Rehearses a send in a sandbox of its own, with faults, and tells how it went"),
    .details =
        N_("The message, then its correction, go to a copy of the accounts on this machine: no "
           "network is\nreached, and no credential is used. MESSAGE is the plan's first when "
           "none is named."),
    .arguments_least = 1,
    .arguments_most = 2,
    .options = rehearse_options,
    .run = run_rehearse,
};

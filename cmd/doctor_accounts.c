/* Whether each account's credential would work, and how many posts the networks still allow. */
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/dispatch.h"
#include "report/allowance.h"
#include "report/counted.h"

#include "cmd/doctor_parts.h"

/* --- credentials ----------------------------------------------------------------------------- */

/* What is told of the accounts of a channel, in this order. */
static const struct {
    enum readiness_state state;
    enum finding_level level;
} told[] = {
    {ACCOUNT_UNREADABLE, FINDING_PROBLEM}, {ACCOUNT_ENDED, FINDING_PROBLEM},
    {ACCOUNT_REFUSED, FINDING_PROBLEM},    {ACCOUNT_UNPROVEN, FINDING_WARNING},
    {ACCOUNT_PROOF_OLD, FINDING_WARNING},  {ACCOUNT_ENDING, FINDING_WARNING},
};

/* Of the accounts that are in that state, the first is named. */
static const char *describe(struct arena *arena, const struct readiness_channel *channel,
                            enum readiness_state state)
{
    const struct account *first = channel->first[state];
    const size_t count = channel->counts[state];
    const char *on = channel->channel, *place = first->municipality, *label = first->label;

    switch (state) {
    case ACCOUNT_UNREADABLE:
        return arena_printf(
            arena,
            ngettext("%zu credential on %s cannot be opened by the vault (first: %s '%s')",
                     "%zu credentials on %s cannot be opened by the vault (first: %s '%s')", count),
            count, on, place, label);
    case ACCOUNT_ENDED:
        return arena_printf(arena,
                            ngettext("%zu credential on %s has ended (first: %s '%s')",
                                     "%zu credentials on %s have ended (first: %s '%s')", count),
                            count, on, place, label);
    case ACCOUNT_REFUSED:
        return arena_printf(
            arena,
            ngettext("%zu credential on %s was refused when it was last used (first: %s '%s')",
                     "%zu credentials on %s were refused when they were last used (first: %s '%s')",
                     count),
            count, on, place, label);
    case ACCOUNT_UNPROVEN:
        return arena_printf(arena,
                            ngettext("%zu credential on %s was never proven (first: %s '%s')",
                                     "%zu credentials on %s were never proven (first: %s '%s')",
                                     count),
                            count, on, place, label);
    case ACCOUNT_PROOF_OLD:
        return arena_printf(
            arena,
            ngettext(
                "%zu credential on %s was last proven more than 30 days ago (first: %s '%s')",
                "%zu credentials on %s were last proven more than 30 days ago (first: %s '%s')",
                count),
            count, on, place, label);
    case ACCOUNT_ENDING:
        return arena_printf(arena,
                            ngettext("%zu credential on %s ends within 14 days (first: %s '%s')",
                                     "%zu credentials on %s end within 14 days (first: %s '%s')",
                                     count),
                            count, on, place, label);
    case ACCOUNT_READY:
    case READINESS_STATE_COUNT:
        break;
    }
    return "";
}

static void tell_next(struct diagnosis *diagnosis, const char *channel, enum readiness_state state)
{
    switch (state) {
    case ACCOUNT_REFUSED:
        diagnosis_next(diagnosis,
                       _("crisis channels --check --only channel=%s says why; connect again with "
                         "crisis register"),
                       channel);
        break;
    case ACCOUNT_ENDING:
        diagnosis_next(diagnosis,
                       _("crisis channels --check --only channel=%s renews what it can; connect "
                         "the others again"),
                       channel);
        break;
    case ACCOUNT_UNPROVEN:
    case ACCOUNT_PROOF_OLD:
        diagnosis_next(diagnosis, "crisis channels --check --only channel=%s", channel);
        break;
    case ACCOUNT_UNREADABLE:
    case ACCOUNT_ENDED:
        diagnosis_next(diagnosis, "%s", _("connect again with crisis register"));
        break;
    case ACCOUNT_READY:
    case READINESS_STATE_COUNT:
        break;
    }
}

static void tell(struct doctor *doctor, const struct readiness_channel *channel, size_t index)
{
    const enum readiness_state state = told[index].state;

    if (channel->counts[state] == 0)
        return;
    const char *message = describe(doctor->context.arena, channel, state);
    if (told[index].level == FINDING_PROBLEM)
        diagnosis_problem(&doctor->diagnosis, "credentials", ERROR_SOME_FAILED, "%s", message);
    else
        diagnosis_warning(&doctor->diagnosis, "credentials", "%s", message);
    tell_next(&doctor->diagnosis, channel->channel, state);
}

static void tell_channel(struct doctor *doctor, const struct readiness_channel *channel)
{
    char proven[RFC3339_SIZE];

    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        tell(doctor, channel, i);
    if (channel->counts[ACCOUNT_READY] < channel->total || channel->oldest_proof_unix_ms == 0)
        return;
    rfc3339_format_seconds(channel->oldest_proof_unix_ms, proven);
    diagnosis_ok(&doctor->diagnosis, "credentials", _("all %zu on %s work, each proven since %s"),
                 channel->total, channel->channel, proven);
}

static void count_readiness(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->account_count; i++) {
        const struct stored_account *stored = &doctor->accounts[i];
        const struct channel_driver *driver = channel_find(stored->account.channel);
        /* The public site is this machine's own disk. */
        doctor->facts[i].needs_proof =
            driver && driver->features & FEATURE_CHECK && !(driver->features & FEATURE_LOCAL);
        readiness_add(&doctor->readiness, doctor->context.arena, stored, &doctor->facts[i],
                      doctor->now_unix_ms);
    }
}

void doctor_look_at_credentials(struct doctor *doctor)
{
    struct error error = {0};

    if (!doctor->context.store)
        return;
    if (doctor->account_count == 0) {
        diagnosis_problem(&doctor->diagnosis, "credentials", ERROR_INPUT,
                          _("no account is registered: nobody would be reached"));
        diagnosis_next(&doctor->diagnosis, "crisis register --from FILE");
        return;
    }
    if (doctor_read_refusals(doctor, &error) < 0)
        diagnosis_error(&doctor->diagnosis, "log", FINDING_PROBLEM, &error);
    count_readiness(doctor);
    for (size_t i = 0; i < doctor->readiness.count; i++)
        tell_channel(doctor, &doctor->readiness.channels[i]);
}

/* --- limits ---------------------------------------------------------------------------------- */

struct limit_reading {
    struct doctor *doctor;
    struct allowances allowances;
    struct dispatch_options accounts; /* to find one by its names */
};

static bool add_posts(void *context, const struct delivery_record *delivery)
{
    struct limit_reading *reading = context;
    const struct stored_account *found;

    if (delivery->state != DELIVERY_POSTED && delivery->state != DELIVERY_RETRACTED)
        return true;
    found = dispatch_find_account(&reading->accounts, delivery);
    if (found)
        allowances_add(&reading->allowances, (size_t)(found - reading->doctor->accounts),
                       delivery->part_count, delivery->done_unix_ms);
    return true;
}

/* Of the runs that may have posted within the longest window. */
static int read_posts(struct limit_reading *reading, struct error *error)
{
    const struct doctor *doctor = reading->doctor;
    struct store *store = doctor->context.store;
    int64_t since_ms = doctor->now_unix_ms - reading->allowances.window_ms;
    struct run_record *runs;
    size_t count;

    if (store_runs(store, doctor->context.arena, &runs, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (runs[i].mode == MODE_DRY_RUN ||
            (runs[i].finished_unix_ms != 0 && runs[i].finished_unix_ms < since_ms))
            continue;
        if (store_deliveries(store, runs[i].row, add_posts, reading, error) < 0)
            return -1;
    }
    return 0;
}

static void tell_allowance(struct doctor *doctor, const struct allowance *allowance)
{
    const struct channel_quota *quota = allowance->quota;
    const char *channel = allowance->driver->name;
    char window[32];

    duration_format(quota->window_ms, window);
    if (allowance->waiting_count > 0) {
        diagnosis_warning(&doctor->diagnosis, "limits",
                          quota->per_app ? _("%s allows %u posts in %s for each app: %zu of %s "
                                             "would have to wait now")
                                         : _("%s allows %u posts in %s for each account: %zu of "
                                             "%s would have to wait now"),
                          channel, quota->posts, window, allowance->waiting_count,
                          counted_accounts(allowance->account_count).words);
        diagnosis_next(&doctor->diagnosis, _("wait, or ask %s for more"), channel);
    } else if (quota->per_app) {
        diagnosis_ok(&doctor->diagnosis, "limits",
                     ngettext("%s allows %u posts in %s for each app, and %zu was made",
                              "%s allows %u posts in %s for each app, and %zu were made",
                              allowance->used),
                     channel, quota->posts, window, allowance->used);
    }
}

void doctor_look_at_limits(struct doctor *doctor)
{
    struct limit_reading reading = {
        .doctor = doctor,
        .accounts = {.accounts = doctor->accounts, .account_count = doctor->account_count},
    };
    struct error error = {0};
    size_t waiting = 0;

    if (!doctor->context.store || doctor->account_count == 0)
        return;
    allowances_begin(&reading.allowances, doctor->context.arena, doctor->accounts,
                     doctor->account_count, doctor->now_unix_ms);
    if (read_posts(&reading, &error) < 0) {
        diagnosis_error(&doctor->diagnosis, "limits", FINDING_PROBLEM, &error);
        return;
    }
    allowances_end(&reading.allowances);
    for (size_t i = 0; i < reading.allowances.count; i++) {
        tell_allowance(doctor, &reading.allowances.items[i]);
        waiting += reading.allowances.items[i].waiting_count;
    }
    if (waiting == 0)
        diagnosis_ok(&doctor->diagnosis, "limits",
                     _("no account has used up what its network allows"));
}

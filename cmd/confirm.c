#include "cmd/confirm.h"

#include <stdarg.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/forecast.h"
#include "net/loop.h"
#include "report/counted.h"
#include "report/readiness.h"

#include "cmd/canary.h"
#include "cmd/endpoints.h"
#include "cmd/followed.h"
#include "cmd/media_view.h"
#include "cmd/outgoing.h"
#include "cmd/output.h"
#include "cmd/wrap.h"

enum { ANSWER_SIZE = 128, NAMES_MAX = 30, WORDS_MAX_BYTES = 8 * 1024, DURATION_SIZE = 32 };

/* --- who is not reached ---------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void warn_of(const struct plan *plan,
                                                          const char *const *municipalities,
                                                          size_t count, const char *format, ...)
{
    struct text words;
    va_list arguments;

    text_init(&words, WORDS_MAX_BYTES);
    va_start(arguments, format);
    text_addv(&words, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < count && i < NAMES_MAX; i++) {
        const struct audience_member *member = plan_find_municipality(plan, municipalities[i]);
        text_addf(&words, "%s%s %.40s", i ? ", " : "", municipalities[i],
                  member ? municipality_name(member->municipality, NULL) : "");
    }
    if (count > NAMES_MAX)
        text_addf(&words, _(" and %zu more"), count - NAMES_MAX);
    wrap_warning(words.bytes);
    text_release(&words);
}

/* Municipalities of which every account's credential has ended; the accounts of each stand
 * together. */
static const char **find_ended(struct arena *arena, const struct chosen_accounts *chosen,
                               size_t *out_count)
{
    const char **out = arena_alloc_array(arena, chosen->municipality_count + 1, sizeof(*out));
    const struct account *accounts = chosen->accounts;
    const int64_t now_unix_ms = clock_unix_ms();

    *out_count = 0;
    for (size_t i = 0; i < chosen->count;) {
        const char *municipality = accounts[i].municipality;
        bool any_works = false;
        for (; i < chosen->count && strcmp(accounts[i].municipality, municipality) == 0; i++) {
            int64_t end_unix_ms = readiness_end_unix_ms(&accounts[i]);
            any_works |= end_unix_ms == 0 || end_unix_ms > now_unix_ms;
        }
        if (!any_works)
            out[(*out_count)++] = municipality;
    }
    return out;
}

static void show_unreachable(struct sending *sending)
{
    const struct chosen_accounts *chosen = &sending->chosen;
    const size_t count = chosen->unreachable_count;
    size_t ended;
    const char **with_ended = find_ended(sending_making(sending).arena, chosen, &ended);

    if (count > 0)
        warn_of(
            sending->plan, chosen->unreachable, count,
            ngettext("%zu municipality has no account here and is not reached on any channel: ",
                     "%zu municipalities have no account here and are not reached on any channel: ",
                     count),
            count);
    if (ended > 0)
        warn_of(sending->plan, with_ended, ended,
                ngettext("%zu municipality has no credential here that has not ended, and is not "
                         "reached on any channel: ",
                         "%zu municipalities have no credential here that has not ended, and are "
                         "not reached on any channel: ",
                         ended),
                ended);
}

/* --- how much, and how long ------------------------------------------------------------------ */

/* False: nothing goes to that channel. `accounts` has room for all that were chosen. */
static bool count_channel(struct sending *sending, const char *channel, struct account *accounts,
                          struct channel_forecast *out)
{
    const struct rendering *rendering = sending->rendering;
    const struct account *last = NULL; /* deliveries of an account stand together */
    size_t hosts;

    *out = (struct channel_forecast){.driver = channel_find(channel)};
    for (size_t i = 0; i < rendering->delivery_count; i++) {
        const struct rendered_delivery *delivery = &rendering->deliveries[i];
        if (strcmp(delivery->account->channel, channel) != 0)
            continue;
        if (delivery->account != last)
            accounts[out->accounts++] = *delivery->account;
        last = delivery->account;
        out->deliveries++;
        out->posts += rendering->drafts[delivery->draft].part_count;
    }
    (void)endpoints_of(sending, accounts, out->accounts, &hosts);
    out->hosts = hosts;
    forecast_channel(out);
    return out->deliveries > 0;
}

static void show_times(const struct channel_forecast *forecasts, size_t count)
{
    char first[DURATION_SIZE], most[DURATION_SIZE], last[DURATION_SIZE];
    struct run_forecast all;

    forecast_run(forecasts, count, &all);
    if (!all.slowest)
        return;
    duration_format(all.first_in_ms, first);
    duration_format(all.most_in_ms, most);
    duration_format(all.last_in_ms, last);
    wrap_note("", 2, _("The first is out in about %s, 90 %% in %s, the last in %s (%s: %s)."),
              first, most, last, all.slowest->driver->name,
              forecast_limit_words(all.slowest->limit));
}

static void show_counts(struct sending *sending)
{
    const struct context *context = &sending->context;
    struct channel_forecast *forecasts =
        arena_alloc_array(context->arena, context->channel_count, sizeof(*forecasts));
    struct account *accounts =
        arena_alloc_array(sending_making(sending).arena, sending->chosen.count, sizeof(*accounts));
    char duration[DURATION_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < context->channel_count; i++) {
        struct channel_forecast *forecast = &forecasts[count];
        if (!count_channel(sending, context->shapes[i].name, accounts, forecast))
            continue;
        duration_format(forecast->last_in_ms, duration);
        output_note(_("  %-10s %s, %s, in about %s"), context->shapes[i].name,
                    counted_deliveries(forecast->deliveries).words,
                    counted_posts(forecast->posts).words, duration);
        count++;
    }
    show_times(forecasts, count);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void show_sample(const struct rendering *rendering)
{
    const struct rendered_delivery *delivery = &rendering->deliveries[0];
    const struct draft *draft = &rendering->drafts[delivery->draft];

    output_note(_("\nFor example, %s %s on %s (%s):"), delivery->account->municipality,
                municipality_name(delivery->member->municipality, delivery->language),
                draft->channel, draft->language);
    for (size_t i = 0; i < draft->part_count; i++)
        output_note("%s", draft->parts[i]);
    media_view_note(draft);
    output_note("%s", "");
}

static void show(struct sending *sending)
{
    if (sending->mode == MODE_LIVE)
        output_notice(STYLE_BAD, _("LIVE: this is published to the public."));
    else
        output_notice(STYLE_GOOD,
                      _("EXERCISE: this is published, every text marked as an exercise."));
    output_note(ngettext("Message '%s' of %s (%s), to %zu municipality:",
                         "Message '%s' of %s (%s), to %zu municipalities:",
                         sending->chosen.municipality_count),
                sending->message->name, sending->plan->id, sending->plan->title,
                sending->chosen.municipality_count);
    show_counts(sending);
    canary_note(sending);
    show_unreachable(sending);
    show_sample(sending->rendering);
}

static void wait_for_answer(void *context, int input)
{
    outgoing_wait(context, input);
}

/* Not where another message has to be stopped first: what goes out then is chosen and approved once
 * more, with files that are out of reach once anything has been heard from outside. */
static int warm_up(struct sending *sending, struct error *error)
{
    bool will_stop;

    if (followed_will_stop(&sending->context, sending->plan, sending->message, sending->mode,
                           &will_stop, error) < 0)
        return -1;
    return will_stop ? 0 : outgoing_warm_up(sending, error);
}

/* While it is read, the hosts are greeted. */
static int ask(struct sending *sending, bool *out_agreed, struct error *error)
{
    const char *question = sending->mode == MODE_LIVE
                               ? _("Type the plan's id to publish it LIVE: ")
                               : _("Type the plan's id to publish this exercise: ");
    char answer[ANSWER_SIZE];

    if (warm_up(sending, error) < 0)
        return -1;
    *out_agreed =
        output_ask_meanwhile(question, wait_for_answer, sending, answer, sizeof(answer)) &&
        strcmp(answer, sending->plan->id) == 0;
    return 0;
}

int confirm_send(struct sending *sending, struct error *error)
{
    bool is_agreed;

    if (option_is_given(sending->context.invocation, "yes")) {
        show_unreachable(sending);
        return 0;
    }
    if (!output_is_interactive()) {
        error_set(error, ERROR_USAGE, _("without a terminal nobody can confirm this send"));
        return error_next(error,
                          _("add --yes if it is meant, or --dry-run to see what it would do"));
    }
    show(sending);
    if (ask(sending, &is_agreed, error) < 0)
        return -1;
    if (is_agreed)
        return 0;
    outgoing_close(sending);
    error_set(error, ERROR_USAGE, _("not confirmed: nothing was sent"));
    return -1;
}

#include "cmd/confirm.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/forecast.h"
#include "report/counted.h"

#include "cmd/canary.h"
#include "cmd/media_view.h"
#include "cmd/endpoints.h"
#include "cmd/output.h"
#include "cmd/wrap.h"

enum { ANSWER_SIZE = 128, NAMES_MAX = 30, WORDS_MAX_BYTES = 8 * 1024, DURATION_SIZE = 32 };

/* --- who is not reached ---------------------------------------------------------------------- */

static void show_unreachable(const struct sending *sending)
{
    const struct chosen_accounts *chosen = &sending->chosen;
    struct text words;

    if (chosen->unreachable_count == 0)
        return;
    text_init(&words, WORDS_MAX_BYTES);
    text_addf(
        &words,
        ngettext("%zu municipality has no account here and is not reached on any channel: ",
                 "%zu municipalities have no account here and are not reached on any channel: ",
                 chosen->unreachable_count),
        chosen->unreachable_count);
    for (size_t i = 0; i < chosen->unreachable_count && i < NAMES_MAX; i++) {
        const struct audience_member *member =
            plan_find_municipality(sending->plan, chosen->unreachable[i]);
        text_addf(&words, "%s%s %.40s", i ? ", " : "", chosen->unreachable[i],
                  member ? municipality_name(member->municipality, NULL) : "");
    }
    if (chosen->unreachable_count > NAMES_MAX)
        text_addf(&words, _(" and %zu more"), chosen->unreachable_count - NAMES_MAX);
    wrap_warning(words.bytes);
    text_release(&words);
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
    output_note(_("The first is out in about %s, 90 %% in %s, the last in %s (%s:"), first, most,
                last, all.slowest->driver->name);
    output_note("  %s).", forecast_limit_words(all.slowest->limit));
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

int confirm_send(struct sending *sending, struct error *error)
{
    char answer[ANSWER_SIZE];

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
    const char *question = sending->mode == MODE_LIVE
                               ? _("Type the plan's id to publish it LIVE: ")
                               : _("Type the plan's id to publish this exercise: ");
    if (output_ask(question, answer, sizeof(answer)) && strcmp(answer, sending->plan->id) == 0)
        return 0;
    error_set(error, ERROR_USAGE, _("not confirmed: nothing was sent"));
    return -1;
}

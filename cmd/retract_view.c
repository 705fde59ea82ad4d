#include "cmd/retract_view.h"

#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "dispatch/progress.h"
#include "report/counted.h"

#include "cmd/asking.h"
#include "cmd/output.h"
#include "cmd/send_view.h"
#include "cmd/tally.h"
#include "cmd/wrap.h"

enum { LINKS_SHOWN = 20, CHANNEL_COLUMNS = 13, LEAD_SIZE = 64 };

/* What a retraction leaves on channels where it does more, or less, than deleting. */
static const struct {
    const char *channel, *words;
} remains[] = {
    {"feed",
     N_("the page stays and says that the message was withdrawn; readers of CAP get a Cancel")},
    {"webhook",
     N_("the receivers are told; what they have shown or passed on is theirs to take back")},
};

/* --- before ---------------------------------------------------------------------------------- */

static void show_channel(const struct retract_channel *channel)
{
    const char *words = NULL;
    char lead[LEAD_SIZE];

    for (size_t i = 0; i < sizeof(remains) / sizeof(remains[0]); i++)
        if (strcmp(remains[i].channel, channel->channel) == 0)
            words = remains[i].words;
    snprintf(lead, sizeof(lead), "  %-10s ", channel->channel);
    wrap_note(lead, CHANNEL_COLUMNS, "%s, %s%s%s", counted_deliveries(channel->deliveries).words,
              counted_posts(channel->posts).words, words ? ": " : "",
              words ? translated(words) : "");
    if (channel->doubtful > 0)
        output_note(_("  %-10s %zu of them in doubt: looked up first, where that is possible"), "",
                    channel->doubtful);
}

static void show(const struct retract_choice *choice, const struct run_holder *holder)
{
    const struct run_record *run = choice->run;
    char words[RUN_HOLDER_WORDS_SIZE];

    if (run->mode == MODE_LIVE)
        output_warning(_("LIVE: this takes back what the public reads. It cannot be undone."));
    else
        output_note(_("EXERCISE: this takes back what was posted as an exercise."));
    if (holder) {
        run_holder_describe(holder, words);
        output_warning(_("The run is still being sent by %s: it is stopped first."), words);
    }
    output_note(
        ngettext("Message '%s' of %s, from %zu municipality:",
                 "Message '%s' of %s, from %zu municipalities:", choice->municipality_count),
        run->message, run->plan, choice->municipality_count);
    for (size_t i = 0; i < choice->channel_count; i++)
        show_channel(&choice->channels[i]);
    wrap_note("", 0, "%s",
              _("What people have copied or shared, and the notices on their phones, stay. A "
                "correction reaches them: crisis send."));
}

int retract_confirm(const struct context *context, const struct retract_choice *choice,
                    const struct run_holder *holder, struct error *error)
{
    const char *question = choice->run->mode == MODE_LIVE
                               ? _("Type the plan's id to take this LIVE message back: ")
                               : _("Type the plan's id to take this exercise back: ");
    bool ask;

    if (asking_begin(context, N_("without a terminal nobody can confirm this retraction"), &ask,
                     error) < 0)
        return -1;
    if (!ask)
        return 0;
    show(choice, holder);
    return asking_end(question, choice->run->plan, N_("not confirmed: nothing was retracted"),
                      error);
}

void retract_view_start(const struct retract_choice *choice)
{
    struct run_record shown = *choice->run;

    shown.municipality_count = choice->municipality_count;
    shown.delivery_count = choice->delivery_count;
    if (output_is_json())
        send_view_start(&shown);
    else
        output_note(_("RETRACTING (%s): %s of %s, %s of %s"), translated(run_mode_name(shown.mode)),
                    shown.message, shown.plan, counted_deliveries(shown.delivery_count).words,
                    counted_municipalities(shown.municipality_count).words);
}

/* --- after ----------------------------------------------------------------------------------- */

struct links {
    struct retract_choice *choice;
    size_t shown, others;
};

static bool show_links(void *context, const struct delivery_record *delivery)
{
    struct links *links = context;
    struct post posts[THREAD_PARTS_MAX];
    size_t count;

    if (delivery->state == DELIVERY_RETRACTED || !retract_is_meant(links->choice, delivery) ||
        !posts_read(delivery->posts, posts, &count) || count == 0)
        return true;
    if (links->shown == LINKS_SHOWN) {
        links->others++;
        return true;
    }
    if (links->shown++ == 0)
        output_styled(STYLE_WARN, "%s", _("Still there:"));
    output_line(_("  %s %s on %s: %s"), delivery->municipality, delivery->municipality_name,
                delivery->channel, posts[0].url[0] ? posts[0].url : posts[0].id);
    return true;
}

static int tell_remaining(struct context *context, struct retract_choice *choice,
                          struct error *error)
{
    struct links links = {.choice = choice};

    if (store_deliveries(context->store, choice->run->row, show_links, &links, error) < 0)
        return -1;
    if (links.others > 0)
        output_line(_("  and %zu more: crisis status %s --json"), links.others, choice->run->id);
    return 0;
}

int retract_view_end(struct context *context, struct retract_choice *choice,
                     const struct dispatch_result *result, int64_t ms, struct error *error)
{
    const struct run_record *run = choice->run;
    struct tally tally;
    char took[32];

    output_progress(NULL, 0);
    if (tally_count(context->arena, context->store, run, &tally, error) < 0)
        return -1;
    if (output_is_json()) {
        tally_print(&tally, run, ms);
        return 0;
    }
    duration_format(ms, took);
    output_styled(result->retracted == choice->delivery_count ? STYLE_GOOD : STYLE_WARN,
                  _("RETRACTED in %s: %zu of %s of %s (%s)."), took, result->retracted,
                  counted_deliveries(choice->delivery_count).words, run->message, run->plan);
    tally_print(&tally, run, -1);
    return tell_remaining(context, choice, error);
}

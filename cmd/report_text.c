#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/utf8.h"
#include "report/counted.h"
#include "report/stored_words.h"

#include "cmd/output.h"
#include "cmd/report_forms.h"
#include "cmd/wrap.h"

enum {
    NAME_COLUMNS = 9,
    LEAD_COLUMNS = 12,
    LEAD_SIZE = 64,
    MEASURE_COLUMNS = 24,
    LINE_MAX_BYTES = 64 * 1024,
    TIME_WORDS_SIZE = 40,
    DURATION_SIZE = 32,
};

/* --- lines ----------------------------------------------------------------------------------- */

static void print_line(void *context, const char *line)
{
    const enum output_style *style = context;
    output_styled(*style, "%s", line);
}

static void print_wrapped(enum output_style style, const char *lead, int hanging, const char *words)
{
    wrap_words(lead, hanging, words, print_line, &style);
}

__attribute__((format(printf, 4, 5))) static void
print_words(enum output_style style, const char *lead, int hanging, const char *format, ...)
{
    va_list arguments;
    struct text words;

    text_init(&words, LINE_MAX_BYTES);
    va_start(arguments, format);
    text_addv(&words, format, arguments);
    va_end(arguments);
    print_wrapped(style, lead, hanging, words.bytes);
    text_release(&words);
}

/* What a line begins with that has a name: "  run       ". */
static const char *lead_of(const char *name, char lead[LEAD_SIZE])
{
    snprintf(lead, LEAD_SIZE, "  %-*s ", utf8_field(name, NAME_COLUMNS), name);
    return lead;
}

static void print_heading(const char *words)
{
    output_line("%s", "");
    output_styled(STYLE_BOLD, "%s", words);
}

/* --- what must be known before anything else ------------------------------------------------- */

static void print_warnings(const struct report *report)
{
    const struct run_record *run = report->run;

    if (report->difference) {
        print_words(STYLE_BAD, "", 2, _("THIS REPORT DOES NOT FIT THE AUDIT LOG: %s"),
                    report->difference);
        if (report->difference_next && report->difference_next[0])
            print_words(STYLE_BAD, "  ", 4, "→ %s", report->difference_next);
    }
    if (report->sender)
        print_words(STYLE_WARN, "", 2, _("This run is being sent now by %s."), report->sender);
    else if (run->state != RUN_FINISHED)
        output_styled(STYLE_WARN, "%s", report_unfinished_words(run->state));
    if (report->emergency)
        print_words(STYLE_WARN, "", 2, _("EMERGENCY PATH. %s: BY THE APPROVERS WHO DID NOT SIGN."),
                    report->emergency);
}

static void print_time(const char *name, int64_t unix_ms)
{
    char words[TIME_WORDS_SIZE] = "–", lead[LEAD_SIZE];

    if (unix_ms != 0)
        report_time_words(unix_ms, words);
    output_line("%s%s", lead_of(name, lead), words);
}

static void print_run(const struct report *report)
{
    const struct run_record *run = report->run;
    const struct figures *figures = &report->figures;
    const struct tally *tally = &figures->tally;
    const bool is_dry = run->mode == MODE_DRY_RUN;
    char lead[LEAD_SIZE];

    print_words(STYLE_BOLD, "", 2, _("%s: report on %s of %s"), report_mode_words(run->mode),
                run->message, run->plan);
    print_warnings(report);
    print_words(STYLE_PLAIN, lead_of(_("run"), lead), LEAD_COLUMNS, "%s", run->id);
    print_time(_("begun"), run->started_unix_ms);
    print_time(_("ended"), run->finished_unix_ms);
    for (size_t i = 0; i < report->approval_count; i++)
        print_words(STYLE_PLAIN, lead_of(_("approved"), lead), LEAD_COLUMNS, _("%s (statement %s)"),
                    report->approvals[i].key, report->approvals[i].statement);
    if (report->approval_count == 0)
        print_words(STYLE_PLAIN, lead_of(_("approved"), lead), LEAD_COLUMNS,
                    ngettext("by nobody: %u approval was needed",
                             "by nobody: %u approvals were needed", run->threshold),
                    run->threshold);
    output_line(is_dry ? _("  %zu of %s would be posted, %zu of %s reached")
                       : _("  %zu of %s posted, %zu of %s reached"),
                tally->counts[is_dry ? DELIVERY_WOULD_POST : DELIVERY_POSTED],
                counted_deliveries(tally->total).words, figures_reached(figures),
                counted_municipalities(tally->municipality_count).words);
    if (tally->counts[DELIVERY_RETRACTED] > 0)
        output_line(_("  %zu retracted"), tally->counts[DELIVERY_RETRACTED]);
}

/* --- figures --------------------------------------------------------------------------------- */

/* This run's, and the last rehearsal's beside them. */
static void print_measures(const struct report *report)
{
    struct report_measure own[REPORT_MEASURES], other[REPORT_MEASURES];

    report_measures(&report->figures, own);
    if (report->rehearsal)
        report_measures(report->rehearsal, other);
    print_heading(_("Times and counts, since the beginning"));
    output_line("  %-*s %*s%*s", MEASURE_COLUMNS, "", utf8_field(_("this run"), 14), _("this run"),
                report->rehearsal ? utf8_field(_("rehearsal"), 15) : 0,
                report->rehearsal ? _("rehearsal") : "");
    for (size_t i = 0; i < REPORT_MEASURES; i++) {
        char own_words[DURATION_SIZE], other_words[DURATION_SIZE] = "";
        report_measure_words(&own[i], own_words);
        if (report->rehearsal)
            report_measure_words(&other[i], other_words);
        const char *name = translated(own[i].name);
        output_line("  %-*s %*s%*s", utf8_field(name, MEASURE_COLUMNS), name,
                    utf8_field(own_words, 14), own_words,
                    report->rehearsal ? utf8_field(other_words, 15) : 0, other_words);
    }
    if (report->rehearsal)
        print_words(STYLE_PLAIN, "  ", 13,
                    report->rehearsal_was_in_sandbox ? _("rehearsal: %s, in a sandbox")
                                                     : _("rehearsal: %s"),
                    report->rehearsal->run->id);
    else
        output_line(_("  This message was neither rehearsed nor exercised before this run."));
}

static void print_channels(const struct tally *tally)
{
    print_heading(_("Channels"));
    for (size_t i = 0; i < tally->channel_count; i++) {
        const struct tally_channel *channel = &tally->channels[i];
        struct text words;
        text_init(&words, LINE_MAX_BYTES);
        text_addf(&words, "%s: %s", channel->channel, counted_deliveries(channel->total).words);
        for (int state = 0; state < DELIVERY_STATE_COUNT; state++)
            if (channel->counts[state] > 0)
                text_addf(&words, ", %zu %s", channel->counts[state],
                          translated(delivery_state_name((enum delivery_state)state)));
        print_wrapped(STYLE_PLAIN, "  ", 6, words.bytes);
        text_release(&words);
    }
}

static void print_troubles(const struct tally *tally)
{
    if (tally->trouble_count > 0)
        print_heading(_("What was not posted, and why"));
    for (size_t i = 0; i < tally->trouble_count; i++) {
        const struct tally_trouble *trouble = &tally->troubles[i];
        struct text places;
        text_init(&places, LINE_MAX_BYTES);
        tally_trouble_places(trouble, &places);
        print_words(STYLE_BAD, "  ", 4, _("%zu %s on %s: %s"), trouble->count,
                    translated(delivery_state_name(trouble->state)), trouble->channel,
                    stored_in_words(trouble->message).words);
        print_wrapped(STYLE_PLAIN, "    ", 4, places.bytes);
        if (trouble->next[0])
            print_words(STYLE_PLAIN, "    ", 6, "→ %s", stored_in_words(trouble->next).words);
        text_release(&places);
    }
    if (tally->other_trouble_count > 0)
        output_line(_("  %zu more with yet other reasons: --csv has them all"),
                    tally->other_trouble_count);
}

static void print_unreached(const struct tally *tally)
{
    struct text places;

    if (tally->unreached_count == 0)
        return;
    print_heading(_("Reached on no channel"));
    text_init(&places, LINE_MAX_BYTES);
    tally_unreached_places(tally, &places);
    print_words(STYLE_WARN, "  ", 4, _("%zu of %s: %s"), tally->unreached_count,
                counted_municipalities(tally->municipality_count).words, places.bytes);
    text_release(&places);
}

static void print_events(const struct report *report)
{
    print_heading(_("Time line, as the audit log tells it"));
    for (size_t i = 0; i < report->event_count; i++) {
        char words[TIME_WORDS_SIZE], lead[TIME_WORDS_SIZE + 8];
        report_time_words(report->events[i].unix_ms, words);
        snprintf(lead, sizeof(lead), "  %s  ", words);
        print_wrapped(STYLE_PLAIN, lead, 30, report->events[i].words);
    }
}

/* --- texts ----------------------------------------------------------------------------------- */

static int print_texts(struct store *store, const struct report *report, struct error *error)
{
    const struct said_texts *texts = &report->figures.texts;
    int result = 0;

    print_heading(_("Texts"));
    for (size_t i = 0; result == 0 && i < texts->count; i++) {
        const struct said_text *said = &texts->items[i];
        struct arena *arena = arena_new();
        struct draft draft;
        result = store_draft(store, arena, said->draft_row, &draft, error);
        if (result == 0) {
            size_t first = strcspn(draft.parts[0], "\n");
            print_words(STYLE_PLAIN, "  ", 4, _("%s, %s, for %zu: %.*s%s"), draft.channel,
                        draft.language, said->delivery_count, (int)first, draft.parts[0],
                        draft.parts[0][first] || draft.part_count > 1 ? " …" : "");
        }
        arena_free(arena);
    }
    return result;
}

int report_print_text(struct store *store, const struct report *report, struct error *error)
{
    const struct tally *tally = &report->figures.tally;

    print_run(report);
    print_measures(report);
    print_events(report);
    print_channels(tally);
    print_troubles(tally);
    print_unreached(tally);
    if (print_texts(store, report, error) < 0)
        return -1;
    output_line("%s", "");
    print_words(STYLE_DIM, "", 0, _("crisis report %s --html FILE has all of it."),
                report->run->id);
    return 0;
}

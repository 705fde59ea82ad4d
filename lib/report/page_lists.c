#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/html.h"

#include "report/chart.h"
#include "report/counted.h"
#include "report/page_parts.h"
#include "report/stored_words.h"

enum { DURATION_SIZE = 32 };

/* --- channels -------------------------------------------------------------------------------- */

static void add_channel_row(struct text *out, const struct tally_channel *channel)
{
    const size_t *counts = channel->counts;
    const size_t numbers[] = {
        channel->total,
        counts[DELIVERY_POSTED] + counts[DELIVERY_WOULD_POST],
        counts[DELIVERY_FAILED],
        counts[DELIVERY_IN_DOUBT] + counts[DELIVERY_SENDING],
        counts[DELIVERY_QUEUED] + counts[DELIVERY_WAITING] + counts[DELIVERY_STOPPED],
        counts[DELIVERY_SKIPPED],
        counts[DELIVERY_RETRACTED],
    };

    text_add(out, "<tr><th scope=\"row\">");
    html_add(out, channel->channel);
    text_add(out, "</th>");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        text_addf(out, "<td class=\"number\">%zu</td>", numbers[i]);
    text_add(out, "</tr>\n");
}

void report_page_add_channels(struct text *out, const struct report *report)
{
    static const struct report_page_head heads[] = {
        {N_("Channel"), false}, {N_("Deliveries"), true}, {N_("Posted"), true},
        {N_("Failed"), true},   {N_("In doubt"), true},   {N_("Not sent yet"), true},
        {N_("Skipped"), true},  {N_("Retracted"), true}};
    const struct tally *tally = &report->figures.tally;

    report_page_begin_section(out, "channels", _("Channels"));
    text_add(out, "<figure>\n");
    chart_add_channels(out, tally);
    text_addf(out, "<figcaption>%s</figcaption>\n</figure>\n",
              _("Plain: posted; hatched: failed; dotted: in doubt; grey: the rest."));
    report_page_begin_table(out,
                            report->run->mode == MODE_DRY_RUN
                                ? _("Posted: would be posted")
                                : _("Deliveries by channel and state"),
                            heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < tally->channel_count; i++)
        add_channel_row(out, &tally->channels[i]);
    report_page_end_table(out);
    text_add(out, "</section>\n");
}

/* --- what went wrong ------------------------------------------------------------------------- */

static void add_place(struct text *out, const struct tally_trouble *trouble,
                      const struct tally_place *place)
{
    text_add(out, "<li>");
    if (strcmp(place->account, "default") != 0)
        report_page_add_words(out, _("%s %s, account %s (%s)"), place->municipality, place->name,
                              place->account, place->language);
    else
        report_page_add_words(out, "%s %s (%s)", place->municipality, place->name, place->language);
    if (trouble->has_own_next && place->next[0]) {
        text_add(out, "<br>");
        report_page_add_words(out, _("Next: %s"), stored_in_words(place->next).words);
    }
    text_add(out, "</li>\n");
}

static void add_trouble(struct sink *sink, const struct tally_trouble *trouble, struct error *error)
{
    struct text *out = &sink->piece;

    text_add(out, "<h3>");
    report_page_add_words(out, _("%zu %s on %s: %s"), trouble->count,
                          translated(delivery_state_name(trouble->state)), trouble->channel,
                          stored_in_words(trouble->message).words);
    text_add(out, "</h3>\n<p>");
    if (trouble->code[0])
        report_page_add_words(out, _("Kind: %s, %s."), translated(failure_kind_name(trouble->kind)),
                              trouble->code);
    else
        report_page_add_words(out, _("Kind: %s."), translated(failure_kind_name(trouble->kind)));
    if (!trouble->has_own_next && trouble->next[0]) {
        text_add_char(out, ' ');
        report_page_add_words(out, _("Next: %s."), stored_in_words(trouble->next).words);
    }
    text_add(out, "</p>\n<ul class=\"places\">\n");
    for (size_t i = 0; i < trouble->count; i++) {
        add_place(out, trouble, &trouble->places[i]);
        sink_settle(sink, error);
    }
    text_add(out, "</ul>\n");
}

static bool is_doubt(const struct tally_trouble *trouble)
{
    return trouble->state == DELIVERY_IN_DOUBT || trouble->state == DELIVERY_SENDING;
}

/* It was posted, and could not be taken back. */
static bool is_kept(const struct tally_trouble *trouble)
{
    return trouble->state == DELIVERY_POSTED;
}

static void add_troubles(struct sink *sink, const struct report *report, bool of_doubts,
                         struct error *error)
{
    const struct tally *tally = &report->figures.tally;

    for (size_t i = 0; i < tally->trouble_count; i++)
        if (is_doubt(&tally->troubles[i]) == of_doubts && !is_kept(&tally->troubles[i]))
            add_trouble(sink, &tally->troubles[i], error);
}

static void add_kept(struct sink *sink, const struct report *report, struct error *error)
{
    const struct tally *tally = &report->figures.tally;

    for (size_t i = 0; i < tally->trouble_count; i++)
        if (is_kept(&tally->troubles[i]))
            add_trouble(sink, &tally->troubles[i], error);
}

void report_page_add_failures(struct sink *sink, const struct report *report, struct error *error)
{
    const struct tally *tally = &report->figures.tally;
    struct text *out = &sink->piece;

    report_page_begin_section(out, "failures", _("Failures by cause"));
    if (tally->counts[DELIVERY_FAILED] == 0)
        text_addf(out, "<p>%s</p>\n", _("No delivery failed."));
    add_troubles(sink, report, false, error);
    if (tally->other_trouble_count > 0) {
        text_add(out, "<p>");
        text_addf(
            out,
            _("%zu more have yet other reasons, which stand with each in the table of deliveries."),
            tally->other_trouble_count);
        text_add(out, "</p>\n");
    }
    text_add(out, "</section>\n");
}

static bool has_kept(const struct tally *tally)
{
    for (size_t i = 0; i < tally->trouble_count; i++)
        if (is_kept(&tally->troubles[i]))
            return true;
    return false;
}

void report_page_add_retraction(struct sink *sink, const struct report *report, struct error *error)
{
    const struct tally *tally = &report->figures.tally;
    struct text *out = &sink->piece;

    if (tally->counts[DELIVERY_RETRACTED] == 0 && !has_kept(tally))
        return;
    report_page_begin_section(out, "retraction", _("Retracted"));
    text_add(out, "<p>");
    text_addf(out,
              ngettext("%zu of %zu delivery was taken back after it had been posted.",
                       "%zu of %zu deliveries were taken back after they had been posted.",
                       tally->total),
              tally->counts[DELIVERY_RETRACTED], tally->total);
    text_add(out, "</p>\n");
    add_kept(sink, report, error);
    text_add(out, "</section>\n");
}

void report_page_add_doubts(struct sink *sink, const struct report *report, struct error *error)
{
    const struct tally *tally = &report->figures.tally;
    struct text *out = &sink->piece;

    report_page_begin_section(out, "doubts", _("In doubt"));
    if (tally_in_doubt(tally) == 0)
        text_addf(out, "<p>%s</p>\n", _("Of every delivery it is known whether it was posted."));
    else
        text_addf(out, "<p>%s</p>\n",
                  _("Of these it is not known whether they were posted. They are never sent again "
                    "unasked: crisis resume looks for them."));
    add_troubles(sink, report, true, error);
    if (tally->counts[DELIVERY_SENDING] > 0) {
        text_add(out, "<p>");
        text_addf(out,
                  ngettext("%zu more was under way: it stands as sending in the table of "
                           "deliveries.",
                           "%zu more were under way: they stand as sending in the table of "
                           "deliveries.",
                           tally->counts[DELIVERY_SENDING]),
                  tally->counts[DELIVERY_SENDING]);
        text_add(out, "</p>\n");
    }
    text_add(out, "</section>\n");
}

void report_page_add_unreached(struct sink *sink, const struct report *report, struct error *error)
{
    const struct tally *tally = &report->figures.tally;
    struct text *out = &sink->piece;

    report_page_begin_section(out, "unreached", _("Reached on no channel"));
    if (tally->unreached_count == 0) {
        text_addf(out, "<p>%s</p>\n", _("Every municipality was reached on at least one channel."));
    } else {
        text_add(out, "<p>");
        text_addf(out, _("%zu of %s:"), tally->unreached_count,
                  counted_municipalities(tally->municipality_count).words);
        text_add(out, "</p>\n<ul class=\"places\">\n");
        for (size_t i = 0; i < tally->unreached_count; i++) {
            text_add(out, "<li>");
            html_add(out, tally->unreached[i]);
            text_add(out, "</li>\n");
            sink_settle(sink, error);
        }
        text_add(out, "</ul>\n");
    }
    text_add(out, "</section>\n");
}

/* --- beside the rehearsal -------------------------------------------------------------------- */

void report_page_add_comparison(struct text *out, const struct report *report)
{
    static const struct report_page_head heads[] = {
        {N_("Measure"), false}, {N_("This run"), true}, {N_("Rehearsal"), true}};
    struct report_measure own[REPORT_MEASURES], other[REPORT_MEASURES];

    report_page_begin_section(out, "rehearsal", _("Compared with the last rehearsal"));
    if (!report->rehearsal) {
        text_addf(out, "<p>%s</p>\n</section>\n",
                  _("This message was neither rehearsed nor exercised before this run."));
        return;
    }
    text_add(out, "<p>");
    report_page_add_words(
        out, report->rehearsal_was_in_sandbox ? _("%s, in a sandbox, begun") : _("%s, begun"),
        report->rehearsal->run->id);
    text_add_char(out, ' ');
    report_page_add_time(out, report->rehearsal->run->started_unix_ms);
    text_add(out, "</p>\n");
    report_page_begin_table(out, _("Times are since the beginning of each run; – : never"), heads,
                            3);
    report_measures(&report->figures, own);
    report_measures(report->rehearsal, other);
    for (size_t i = 0; i < REPORT_MEASURES; i++) {
        char own_words[DURATION_SIZE], other_words[DURATION_SIZE];
        report_measure_words(&own[i], own_words);
        report_measure_words(&other[i], other_words);
        text_addf(out,
                  "<tr><th scope=\"row\">%s</th><td class=\"number\">%s</td>"
                  "<td class=\"number\">%s</td></tr>\n",
                  translated(own[i].name), own_words, other_words);
    }
    report_page_end_table(out);
    text_add(out, "</section>\n");
}

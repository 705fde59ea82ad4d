#include "report/page.h"

#include <stdarg.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "wire/html.h"

#include "report/chart.h"
#include "report/counted.h"
#include "report/page_parts.h"

enum {
    DURATION_SIZE = 32,
    TIME_WORDS_SIZE = 40,
    TITLE_MAX_BYTES = 1024,
    WORDS_MAX_BYTES = 64 * 1024,
};

/* --- what the parts share -------------------------------------------------------------------- */

static void add_time(struct text *out, int64_t unix_ms, const char *words)
{
    char machine[RFC3339_SIZE];

    rfc3339_format(unix_ms, machine);
    text_addf(out, "<time datetime=\"%s\">%s</time>", machine, words);
}

void report_page_add_time(struct text *out, int64_t unix_ms)
{
    char words[TIME_WORDS_SIZE];

    if (unix_ms == 0) {
        text_add(out, "–");
        return;
    }
    report_time_words(unix_ms, words);
    add_time(out, unix_ms, words);
}

void report_page_add_clock(struct text *out, int64_t unix_ms, int64_t day_unix_ms)
{
    enum { DATE_LENGTH = 10, CLOCK_LENGTH = 8 };
    char words[TIME_WORDS_SIZE], day[TIME_WORDS_SIZE];

    report_time_words(unix_ms, words);
    report_time_words(day_unix_ms, day);
    /* With the same offset too: in the night when the clocks change it says which hour is meant. */
    bool is_that_day =
        unix_ms != 0 && strncmp(words, day, DATE_LENGTH) == 0 &&
        strcmp(words + DATE_LENGTH + 1 + CLOCK_LENGTH, day + DATE_LENGTH + 1 + CLOCK_LENGTH) == 0;
    if (!is_that_day) {
        report_page_add_time(out, unix_ms);
        return;
    }
    words[DATE_LENGTH + 1 + CLOCK_LENGTH] = '\0';
    add_time(out, unix_ms, words + DATE_LENGTH + 1);
}

void report_page_add_words(struct text *out, const char *format, ...)
{
    va_list arguments;
    struct text words;

    text_init(&words, WORDS_MAX_BYTES);
    va_start(arguments, format);
    text_addv(&words, format, arguments);
    va_end(arguments);
    html_add(out, words.bytes);
    out->overflowed |= words.overflowed;
    text_release(&words);
}

void report_page_begin_section(struct text *out, const char *id, const char *title)
{
    text_addf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, title);
}

void report_page_add_term(struct text *out, const char *term, const char *words)
{
    text_addf(out, "<dt>%s</dt><dd>", term);
    html_add(out, words);
    text_add(out, "</dd>\n");
}

void report_page_begin_table(struct text *out, const char *caption,
                             const struct report_page_head *heads, size_t count)
{
    text_addf(out, "<table>\n<caption>%s</caption>\n<thead><tr>", caption);
    for (size_t i = 0; i < count; i++)
        text_addf(out, "<th scope=\"col\"%s>%s</th>", heads[i].is_number ? " class=\"number\"" : "",
                  translated(heads[i].name));
    text_add(out, "</tr></thead>\n<tbody>\n");
}

void report_page_end_table(struct text *out)
{
    text_add(out, "</tbody>\n</table>\n");
}

/* --- the head -------------------------------------------------------------------------------- */

static bool is_marked(const struct report *report)
{
    return report->run->mode != MODE_LIVE;
}

void report_page_begin_document(struct text *out, const char *title, const char *style,
                                const char *sources)
{
    /* TRANSLATORS: the tag of your language, BCP 47 */
    text_addf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
              _("en"));
    text_add(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"robots\" content=\"noindex\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
    text_addf(out, "%sstyle-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>",
              sources);
    html_add(out, title);
    text_addf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n", style);
}

void report_page_add_mark(struct text *out, enum run_mode mode, const char *words)
{
    if (mode == MODE_LIVE)
        return;
    text_addf(out, "<p class=\"mark\">%s – %s</p>\n", report_mode_words(mode), words);
    text_addf(out, "<div class=\"strip\" aria-hidden=\"true\">%s – %s – %s</div>\n",
              report_mode_words(mode), report_mode_words(mode), report_mode_words(mode));
}

static void add_head(struct text *out, const struct report *report)
{
    static const char *const words[RUN_MODE_COUNT] = {
        [MODE_DRY_RUN] = N_("Nothing was sent."),
        [MODE_EXERCISE] = N_("Everything in this report was an exercise."),
        [MODE_LIVE] = "",
    };
    const enum run_mode mode = report->run->mode;
    struct text title;

    text_init(&title, TITLE_MAX_BYTES);
    if (is_marked(report))
        text_addf(&title, _("%s – Report: %s"), report_mode_words(mode), report->run->id);
    else
        text_addf(&title, _("Report: %s"), report->run->id);
    report_page_begin_document(out, title.bytes, report_page_style, "");
    report_page_add_mark(out, mode, translated(words[mode]));
    text_release(&title);
}

static void add_title(struct text *out, const struct report *report)
{
    const struct run_record *run = report->run;

    text_add(out, "<h1>");
    if (is_marked(report))
        report_page_add_words(out, _("%s: Report on %s of %s"), report_mode_words(run->mode),
                              run->message, run->plan);
    else
        report_page_add_words(out, _("Report on %s of %s"), run->message, run->plan);
    text_add(out, "</h1>\n</header>\n<main>\n");
}

/* --- what must be known before anything else ------------------------------------------------- */

static void add_difference(struct text *out, const struct report *report)
{
    if (!report->difference)
        return;
    text_add(out, "<section class=\"alarm\" aria-labelledby=\"alarm\">\n<h2 id=\"alarm\">");
    text_add(out, _("This report does not fit the audit log"));
    text_add(out, "</h2>\n<p>");
    report_page_add_words(out, _("Do not rely on it: %s."), report->difference);
    text_add(out, "</p>\n");
    if (report->difference_next && report->difference_next[0]) {
        text_add(out, "<p>");
        report_page_add_words(out, _("Next: %s."), report->difference_next);
        text_add(out, "</p>\n");
    }
    text_add(out, "</section>\n");
}

static void add_unfinished(struct text *out, const struct report *report)
{
    const struct run_record *run = report->run;

    if (run->state == RUN_FINISHED && !report->sender)
        return;
    text_add(out, "<p class=\"note\">");
    if (report->sender)
        report_page_add_words(out, _("This run is being sent now by %s."), report->sender);
    else
        text_add(out, report_unfinished_words(run->state));
    text_addf(out, " %s</p>\n", _("What follows is how it stood when the report was made."));
}

static void add_emergency(struct text *out, const struct report *report)
{
    if (!report->emergency)
        return;
    text_add(out, "<p class=\"note\"><strong>");
    report_page_add_words(out, _("EMERGENCY PATH. %s: BY THE APPROVERS WHO DID NOT SIGN."),
                          report->emergency);
    text_add(out, "</strong></p>\n");
}

/* --- at a glance ----------------------------------------------------------------------------- */

static void add_figures(struct text *out, const struct report *report)
{
    const struct tally *tally = &report->figures.tally;
    const size_t *counts = tally->counts;
    bool is_dry = report->run->mode == MODE_DRY_RUN;

    text_add(out, "<ul class=\"figures\">\n<li>");
    text_addf(out, is_dry ? _("<b>%zu</b> of %s would be posted") : _("<b>%zu</b> of %s posted"),
              counts[is_dry ? DELIVERY_WOULD_POST : DELIVERY_POSTED],
              counted_deliveries(tally->total).words);
    text_add(out, "</li>\n<li>");
    text_addf(out, is_dry ? _("<b>%zu</b> of %s would be reached") : _("<b>%zu</b> of %s reached"),
              figures_reached(&report->figures),
              counted_municipalities(tally->municipality_count).words);
    text_add(out, "</li>\n<li>");
    text_addf(out, _("<b>%zu</b> failed"), counts[DELIVERY_FAILED]);
    text_add(out, "</li>\n<li>");
    text_addf(out, _("<b>%zu</b> in doubt"), tally_in_doubt(tally));
    text_add(out, "</li>\n");
    if (tally_pending(tally) > 0) {
        text_add(out, "<li>");
        text_addf(out, _("<b>%zu</b> not sent yet"), tally_pending(tally));
        text_add(out, "</li>\n");
    }
    if (counts[DELIVERY_SKIPPED] > 0) {
        text_add(out, "<li>");
        text_addf(out, _("<b>%zu</b> skipped"), counts[DELIVERY_SKIPPED]);
        text_add(out, "</li>\n");
    }
    if (counts[DELIVERY_RETRACTED] > 0) {
        text_add(out, "<li>");
        text_addf(out, _("<b>%zu</b> retracted"), counts[DELIVERY_RETRACTED]);
        text_add(out, "</li>\n");
    }
    text_add(out, "</ul>\n");
}

static void add_time_term(struct text *out, const char *term, int64_t unix_ms)
{
    text_addf(out, "<dt>%s</dt><dd>", term);
    report_page_add_time(out, unix_ms);
    text_add(out, "</dd>\n");
}

static void add_run(struct text *out, const struct report *report)
{
    const struct run_record *run = report->run;
    struct text hash;

    text_init(&hash, SHA256_SIZE * 2);
    hex_add(&hash, run->plan_sha256, SHA256_SIZE);
    report_page_begin_section(out, "run", _("The run"));
    add_figures(out, report);
    text_add(out, "<dl>\n");
    report_page_add_term(out, _("Run"), run->id);
    report_page_add_term(out, _("Mode"), report_mode_words(run->mode));
    report_page_add_term(out, _("Message"), run->message);
    report_page_add_term(out, _("Kind"), translated(run->kind));
    if (run->follows[0])
        report_page_add_term(out, _("Follows"), run->follows);
    report_page_add_term(out, _("State"), translated(run_state_name(run->state)));
    add_time_term(out, _("Begun"), run->started_unix_ms);
    add_time_term(out, _("Ended"), run->finished_unix_ms);
    add_time_term(out, _("Expires"), run->expires_unix_ms);
    report_page_add_term(out, _("Plan (SHA-256)"), hash.bytes);
    text_add(out, "</dl>\n</section>\n");
    text_release(&hash);
}

static void add_approvals(struct text *out, const struct report *report)
{
    static const struct report_page_head heads[] = {{N_("Key"), false}, {N_("Statement"), false}};

    report_page_begin_section(out, "approvals", _("Approvals"));
    text_add(out, "<p>");
    text_addf(out,
              ngettext("%u approval was needed; %zu counted when the run began.",
                       "%u approvals were needed; %zu counted when the run began.",
                       report->run->threshold),
              report->run->threshold, report->approval_count);
    text_add(out, "</p>\n");
    if (report->approval_count > 0) {
        report_page_begin_table(
            out, _("Keys whose signatures let the run through, as the audit log has them"), heads,
            2);
        for (size_t i = 0; i < report->approval_count; i++) {
            text_add(out, "<tr><th scope=\"row\"><code>");
            html_add(out, report->approvals[i].key);
            text_add(out, "</code></th><td><code>");
            html_add(out, report->approvals[i].statement);
            text_add(out, "</code></td></tr>\n");
        }
        report_page_end_table(out);
    }
    text_add(out, "</section>\n");
}

/* --- the time line --------------------------------------------------------------------------- */

static void add_since(struct text *out, int64_t ms)
{
    char words[DURATION_SIZE] = "–";

    if (ms >= 0)
        duration_format(ms, words);
    text_addf(out, "<td class=\"number\">%s</td>", words);
}

static void add_shares(struct text *out, const struct report *report)
{
    static const struct report_page_head heads[] = {{N_("Reached by"), false},
                                                    {N_("Deliveries posted"), true},
                                                    {N_("Municipalities with a first post"), true}};
    static const struct {
        const char *name;
        unsigned percent; /* 0: the first one */
    } rows[] = {{N_("the first"), 0}, {"10 %", 10}, {"25 %", 25}, {"50 %", 50},
                {"75 %", 75},         {"90 %", 90}, {"99 %", 99}, {"100 %", 100}};
    const struct figures *figures = &report->figures;

    report_page_begin_table(
        out, _("Time since the run began until this share of all was reached; – : never"), heads,
        3);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned percent = rows[i].percent;
        text_addf(out, "<tr><th scope=\"row\">%s</th>", translated(rows[i].name));
        add_since(out, percent ? times_at(&figures->posts, figures->tally.total, percent)
                               : times_first(&figures->posts));
        add_since(out, percent
                           ? times_at(&figures->places, figures->tally.municipality_count, percent)
                           : times_first(&figures->places));
        text_add(out, "</tr>\n");
    }
    text_addf(out, "<tr><th scope=\"row\">%s</th>", _("the last that was posted"));
    add_since(out, times_last(&figures->posts));
    add_since(out, times_last(&figures->places));
    text_add(out, "</tr>\n");
    report_page_end_table(out);
}

static void add_events(struct text *out, const struct report *report)
{
    static const struct report_page_head heads[] = {{N_("When"), false},
                                                    {N_("Since the beginning"), true},
                                                    {N_("What the audit log tells"), false}};

    report_page_begin_table(out, _("The run as a whole"), heads, 3);
    for (size_t i = 0; i < report->event_count; i++) {
        text_add(out, "<tr><th scope=\"row\">");
        report_page_add_time(out, report->events[i].unix_ms);
        text_add(out, "</th>");
        add_since(out, report->events[i].unix_ms - report->run->started_unix_ms);
        text_add(out, "<td>");
        html_add(out, report->events[i].words);
        text_add(out, "</td></tr>\n");
    }
    report_page_end_table(out);
}

static void add_time_line(struct text *out, const struct report *report)
{
    report_page_begin_section(out, "time-line", _("Time line"));
    if (report->event_count > 0)
        add_events(out, report);
    if (report->figures.posts.count > 0) {
        text_add(out, "<figure>\n");
        chart_add_course(out, report);
        text_addf(out, "<figcaption>%s</figcaption>\n</figure>\n",
                  report->rehearsal
                      ? _("Share of the deliveries that was posted, by time since the run began; "
                          "dashed: the last rehearsal.")
                      : _("Share of the deliveries that was posted, by time since the run began."));
        add_shares(out, report);
    }
    text_add(out, "</section>\n");
}

/* --- for callers ----------------------------------------------------------------------------- */

void report_page_begin(struct sink *sink, const struct report *report, struct error *error)
{
    struct text *out = &sink->piece;

    add_head(out, report);
    add_title(out, report);
    add_difference(out, report);
    add_unfinished(out, report);
    add_emergency(out, report);
    add_run(out, report);
    add_approvals(out, report);
    add_time_line(out, report);
    report_page_add_channels(out, report);
    report_page_add_failures(sink, report, error);
    report_page_add_doubts(sink, report, error);
    report_page_add_retraction(sink, report, error);
    report_page_add_unreached(sink, report, error);
    report_page_add_comparison(out, report);
    report_page_begin_section(out, "texts", _("Texts"));
    text_addf(out, "<p>%s</p>\n",
              _("Each distinct text once. Texts that differ only in the municipality's own name, "
                "number or "
                "web addresses are one, shown as the first municipality has it."));
    sink_settle(sink, error);
}

static void add_origin(struct text *out, const struct report *report)
{
    text_addf(out, _("Made from the store and checked against the audit log: %s, root"),
              counted_entries(report->entry_count).words);
    text_add(out, " <code>");
    html_add(out, report->root);
    text_add(out, "</code>.");
}

void report_page_end(struct text *out, const struct report *report)
{
    report_page_end_table(out);
    text_add(out, "</section>\n</main>\n<footer>\n<p>");
    if (report->difference)
        text_add(out, _("This report does not fit the audit log."));
    else
        add_origin(out, report);
    text_add_char(out, ' ');
    report_page_add_words(out, _("Times are in %s."), report->time_zone);
    text_add(out, "</p>\n<p>");
    report_page_add_words(out, _("Made by %s:"), report->program);
    text_add_char(out, ' ');
    report_page_add_time(out, report->made_unix_ms);
    text_add(out, "</p>\n</footer>\n</body>\n</html>\n");
}

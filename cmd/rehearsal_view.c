#include "cmd/rehearsal_view.h"

#include <stdio.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/utf8.h"
#include "report/counted.h"
#include "report/report.h"

#include "cmd/last_rehearsal.h"
#include "cmd/output.h"
#include "cmd/tally.h"

enum { MEASURE_COLUMNS = 14, PLACES_MAX_BYTES = 2048, WORDS_SIZE = 32 };

/* --- as JSON --------------------------------------------------------------------------------- */

static void print_trouble(const struct tally_trouble *trouble)
{
    struct json_line line;
    struct text places;

    text_init(&places, PLACES_MAX_BYTES);
    tally_trouble_places(trouble, &places);
    json_line_begin(&line, "trouble");
    json_line_text(&line, "state", delivery_state_name(trouble->state));
    json_line_text(&line, "channel", trouble->channel);
    json_line_text(&line, "kind", failure_kind_name(trouble->kind));
    json_line_text(&line, "code", trouble->code);
    json_line_text(&line, "message", trouble->message);
    json_line_text(&line, "next", trouble->next);
    json_line_number(&line, "deliveries", (int64_t)trouble->count);
    json_line_text(&line, "places", places.bytes);
    json_line_end(&line);
    text_release(&places);
}

static void print_json(const struct rehearsal_view *view)
{
    const struct tally *tally = &view->figures->tally;
    struct json_line line;

    output_problems(view->problems, true);
    for (size_t i = 0; i < tally->trouble_count; i++)
        print_trouble(&tally->troubles[i]);
    json_line_begin(&line, "rehearsal");
    last_rehearsal_add_json(&line, view->record);
    json_line_number(&line, "errors", (int64_t)view->problems->error_count);
    json_line_number(&line, "warnings", (int64_t)view->problems->warning_count);
    json_line_end(&line);
}

/* --- as text --------------------------------------------------------------------------------- */

static void print_times(const struct rehearsal_view *view)
{
    struct report_measure measures[REPORT_MEASURES];
    const struct rehearsal_record *record = view->record;
    char words[WORDS_SIZE], most[WORDS_SIZE];

    report_measures(view->figures, measures);
    for (size_t i = REPORT_TIME_MEASURES_FROM; i < REPORT_MEASURES; i++) {
        report_measure_words(&measures[i], words);
        const char *name = translated(measures[i].name);
        output_line("  %-*s %s", utf8_field(name, MEASURE_COLUMNS), name, words);
    }
    if (!record->correction[0]) {
        output_line(_("  to correct it  –: the plan has no correction or cancel of this message"));
        return;
    }
    const struct report_measure last = {"", MEASURE_MS, record->correction_last_ms};
    const struct report_measure nearly_all = {"", MEASURE_MS, record->correction_most_ms};
    report_measure_words(&last, words);
    report_measure_words(&nearly_all, most);
    output_line(_("  to correct it  %s (%s; 90 %% in %s)"), words, record->correction, most);
}

static void print_text(const struct rehearsal_view *view)
{
    const struct rehearsal_record *record = view->record;

    output_styled(STYLE_BOLD, _("REHEARSAL of %s of %s, in a sandbox: nothing was published."),
                  record->message, record->plan);
    output_line(_("%zu of %s posted, %zu of %s reached."), record->posts.count,
                counted_deliveries(record->delivery_count).words, record->reached_count,
                counted_municipalities(record->municipality_count).words);
    print_times(view);
    output_styled(STYLE_BOLD, _("Channel by channel, and what went wrong:"));
    tally_print_details(&view->figures->tally);
    if (view->problems->count > 0)
        output_styled(STYLE_BOLD, _("What a real send meets besides:"));
    output_problems(view->problems, true);
    output_line(_("The same again: crisis rehearse %s %s --seed %lld"), view->plan_file,
                record->message, (long long)record->seed);
}

void rehearsal_view_print(const struct rehearsal_view *view)
{
    output_progress(NULL, 0);
    if (output_is_json())
        print_json(view);
    else
        print_text(view);
}

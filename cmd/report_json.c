#include "wire/json.h"

#include "cmd/output.h"
#include "cmd/report_forms.h"
#include "cmd/tally.h"

static void add_approvals(struct json_line *line, const struct report *report)
{
    json_line_number(line, "threshold", report->run->threshold);
    json_add_name(&line->text, "approvals");
    text_add_char(&line->text, '[');
    for (size_t i = 0; i < report->approval_count; i++) {
        text_add(&line->text, i ? ",{" : "{");
        json_line_text(line, "key", report->approvals[i].key);
        json_line_text(line, "statement", report->approvals[i].statement);
        text_add_char(&line->text, '}');
    }
    text_add_char(&line->text, ']');
    if (report->emergency)
        json_line_text(line, "emergency", report->emergency);
}

static void add_events(struct json_line *line, const struct report *report)
{
    json_add_name(&line->text, "time_line");
    text_add_char(&line->text, '[');
    for (size_t i = 0; i < report->event_count; i++) {
        text_add(&line->text, i ? ",{" : "{");
        json_line_time(line, "time", report->events[i].unix_ms);
        json_line_text(line, "what", report->events[i].words);
        text_add_char(&line->text, '}');
    }
    text_add_char(&line->text, ']');
}

static void print_run(const struct report *report)
{
    const struct run_record *run = report->run;
    struct json_line line;

    json_line_begin(&line, "run");
    json_line_text(&line, "run", run->id);
    json_line_text(&line, "plan", run->plan);
    json_line_text(&line, "message", run->message);
    json_line_text(&line, "mode", run_mode_name(run->mode));
    json_line_number(&line, "municipalities", (int64_t)run->municipality_count);
    json_line_number(&line, "deliveries", (int64_t)run->delivery_count);
    json_line_text(&line, "kind", run->kind);
    json_line_text(&line, "state", run_state_name(run->state));
    json_line_time(&line, "started", run->started_unix_ms);
    json_line_time(&line, "finished", run->finished_unix_ms);
    json_line_time(&line, "expires", run->expires_unix_ms);
    json_line_bool(&line, "fits_log", !report->difference);
    if (report->difference)
        json_line_text(&line, "difference", report->difference);
    else
        json_line_text(&line, "log_root", report->root);
    add_approvals(&line, report);
    add_events(&line, report);
    json_line_end(&line);
}

/* --- texts ----------------------------------------------------------------------------------- */

static int print_text(struct store *store, const struct report *report,
                      const struct said_text *said, struct error *error)
{
    struct arena *arena = arena_new();
    struct json_line line;
    struct draft draft;

    int result = store_draft(store, arena, said->draft_row, &draft, error);
    if (result == 0) {
        json_line_begin(&line, "text");
        json_line_text(&line, "run", report->run->id);
        json_line_text(&line, "channel", draft.channel);
        json_line_text(&line, "language", draft.language);
        json_line_number(&line, "deliveries", (int64_t)said->delivery_count);
        json_line_number(&line, "posted", (int64_t)said->posted_count);
        json_line_number(&line, "variants", (int64_t)said->variant_count);
        json_line_text(&line, "as", said->municipality);
        json_line_text(&line, "headline", draft.headline);
        json_add_name(&line.text, "parts");
        text_add_char(&line.text, '[');
        for (size_t i = 0; i < draft.part_count; i++)
            json_add_string(&line.text, draft.parts[i]);
        text_add_char(&line.text, ']');
        json_line_end(&line);
    }
    arena_free(arena);
    return result;
}

/* --- the end --------------------------------------------------------------------------------- */

static void add_measure(struct json_line *line, const char *name, int64_t ms)
{
    if (ms >= 0)
        json_line_seconds(line, name, ms);
}

static void add_times(struct json_line *line, const struct figures *figures)
{
    const size_t total = figures->tally.total;

    add_measure(line, "first_post_seconds", times_first(&figures->posts));
    add_measure(line, "half_posted_seconds", times_at(&figures->posts, total, 50));
    add_measure(line, "most_posted_seconds", times_at(&figures->posts, total, 90));
    add_measure(line, "last_post_seconds", times_last(&figures->posts));
}

static void print_summary(const struct report *report)
{
    const struct figures *figures = &report->figures, *other = report->rehearsal;
    struct json_line line;

    json_line_begin(&line, "summary");
    tally_add_json(&line, &figures->tally, report->run, figures_end_ms(figures));
    add_times(&line, figures);
    if (other) {
        json_add_name(&line.text, "rehearsal");
        text_add_char(&line.text, '{');
        tally_add_json(&line, &other->tally, other->run, figures_end_ms(other));
        add_times(&line, other);
        if (report->rehearsal_was_in_sandbox)
            json_line_bool(&line, "sandbox", true);
        text_add_char(&line.text, '}');
    }
    json_line_end(&line);
}

static bool print_delivery(void *context, const struct delivery_record *delivery)
{
    tally_print_delivery(context, delivery);
    return true;
}

int report_print_json(struct store *store, const struct report *report, struct error *error)
{
    const struct said_texts *texts = &report->figures.texts;
    struct run_record run = *report->run;
    int result = 0;

    print_run(report);
    for (size_t i = 0; result == 0 && i < texts->count; i++)
        result = print_text(store, report, &texts->items[i], error);
    if (result == 0)
        result = store_deliveries(store, run.row, print_delivery, &run, error);
    if (result == 0)
        print_summary(report);
    return result;
}

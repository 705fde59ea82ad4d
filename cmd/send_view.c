#include "cmd/send_view.h"

#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "report/counted.h"
#include "report/stored_words.h"
#include "wire/json.h"

#include "cmd/output.h"

enum {
    SAME_TOLD_MAX = 3,
    LINES_MAX = 16,
    LINE_SIZE = 160,
    DURATION_SIZE = 32,
};

static void print_json(const struct send_view *view, const struct delivery_report *report)
{
    struct json_line line;
    json_line_begin(&line, "delivery");
    json_line_text(&line, "run", view->run->id);
    json_line_text(&line, "delivery", report->key);
    json_line_text(&line, "municipality", report->municipality);
    json_line_text(&line, "channel", report->channel);
    json_line_text(&line, "account", report->account);
    json_line_text(&line, "language", report->language);
    json_line_text(&line, "state", delivery_state_name(report->state));
    if (report->post_count > 0) {
        json_add_name(&line.text, "posts");
        text_add_char(&line.text, '[');
        for (size_t i = 0; i < report->post_count; i++) {
            text_add(&line.text, i ? ",{" : "{");
            json_line_text(&line, "id", report->posts[i].id);
            if (report->posts[i].url[0])
                json_line_text(&line, "url", report->posts[i].url);
            text_add_char(&line.text, '}');
        }
        text_add_char(&line.text, ']');
    }
    json_line_number(&line, "attempts", report->attempts);
    if (report->left_out_count > 0)
        json_line_number(&line, "left_out", (int64_t)report->left_out_count);
    json_line_number(&line, "ms", report->duration_ms);
    if (report->failure)
        json_line_failure(&line, report->failure);
    json_line_end(&line);
}

static uint64_t hash_add(uint64_t hash, const char *string)
{
    for (; *string; string++)
        hash = (hash ^ (unsigned char)*string) * 1099511628211u; /* FNV-1a */
    return hash;
}

/* How often a problem of this kind was told before; counts this time. */
static size_t times_told(struct send_view *view, const struct delivery_report *report)
{
    uint64_t sentence = 14695981039346656037u;
    sentence = hash_add(sentence, report->channel);
    sentence = hash_add(sentence, delivery_state_name(report->state));
    sentence = hash_add(sentence, report->failure->message);
    for (size_t i = 0; i < view->told_count; i++)
        if (view->told[i].sentence == sentence)
            return view->told[i].times++;
    if (view->told_count < VIEW_PROBLEMS_MAX) {
        view->told[view->told_count++] = (struct told_problem){sentence, 1};
        return 0;
    }
    return SAME_TOLD_MAX + 1; /* too many kinds: the summary must do */
}

static void on_delivery(void *context, const struct delivery_report *report)
{
    struct send_view *view = context;

    if (output_is_json()) {
        print_json(view, report);
        return;
    }
    if (!report->failure)
        return;
    size_t before = times_told(view, report);
    if (before == SAME_TOLD_MAX)
        output_note(_("… and more of the same on %s; the summary counts them"), report->channel);
    if (before >= SAME_TOLD_MAX)
        return;
    output_warning("%s %s %s %s: %s: %s", report->municipality, report->municipality_name,
                   report->channel, report->account, translated(delivery_state_name(report->state)),
                   stored_in_words(report->failure->message).words);
    if (report->failure->next[0] && report->state != DELIVERY_WAITING)
        output_note("  → %s", stored_in_words(report->failure->next).words);
}

static void on_progress(void *context, const struct dispatch_progress *progress)
{
    const struct send_view *view = context;
    char lines[LINES_MAX][LINE_SIZE];
    const char *shown[LINES_MAX];
    size_t count = 0;

    if (output_is_json()) {
        output_flush(); /* who reads along must not wait until a buffer is full */
        return;
    }
    for (size_t i = 0; i < progress->channel_count && count < LINES_MAX - 1; i++) {
        const struct channel_counts *counts = &progress->channels[i];
        if (counts->total == 0)
            continue;
        int used = view->is_retraction
                       ? snprintf(lines[count], LINE_SIZE, _("  %-10s %zu/%zu retracted"),
                                  counts->driver->name, counts->retracted, counts->total)
                       : snprintf(lines[count], LINE_SIZE, _("  %-10s %zu/%zu posted"),
                                  counts->driver->name, counts->posted, counts->total);
        if (counts->failed > 0)
            used += snprintf(lines[count] + used, LINE_SIZE - (size_t)used,
                             view->is_retraction ? _(", %zu not retracted") : _(", %zu failed"),
                             counts->failed);
        if (counts->in_doubt > 0)
            used += snprintf(lines[count] + used, LINE_SIZE - (size_t)used, _(", %zu in doubt"),
                             counts->in_doubt);
        if (counts->in_flight > 0)
            snprintf(lines[count] + used, LINE_SIZE - (size_t)used, _(", %zu under way"),
                     counts->in_flight);
        shown[count] = lines[count];
        count++;
    }
    if (progress->slowest_host) {
        char duration[32];
        duration_format(progress->slowest_ms, duration);
        snprintf(lines[count], LINE_SIZE, _("  slowest: %.100s, %s"), progress->slowest_host,
                 duration);
        shown[count] = lines[count];
        count++;
    }
    output_progress(shown, count);
}

static void on_host_down(void *context, const char *origin, const char *reason, const char *next)
{
    (void)context;
    if (output_is_json())
        return;
    output_warning(_("%s is not answering: %s; it is tried one request at a time"), origin,
                   stored_in_words(reason).words);
    if (next && next[0])
        output_note("  → %s", stored_in_words(next).words);
}

struct dispatch_observer send_view_observer(struct send_view *view)
{
    return (struct dispatch_observer){view, on_delivery, on_progress, on_host_down};
}

static const char *mode_in_words(enum run_mode mode)
{
    switch (mode) {
    case MODE_DRY_RUN:
        return _("DRY RUN (no connection is opened)");
    case MODE_EXERCISE:
        return _("EXERCISE (posted, every text marked as an exercise)");
    case MODE_LIVE:
        return _("LIVE");
    case RUN_MODE_COUNT:
        break;
    }
    return "";
}

void send_view_start(const struct run_record *run)
{
    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "run");
        json_line_text(&line, "run", run->id);
        json_line_text(&line, "plan", run->plan);
        json_line_text(&line, "message", run->message);
        json_line_text(&line, "mode", run_mode_name(run->mode));
        json_line_number(&line, "municipalities", (int64_t)run->municipality_count);
        json_line_number(&line, "deliveries", (int64_t)run->delivery_count);
        json_line_end(&line);
        output_flush();
        return;
    }
    output_note(_("%s: %s of %s, %s to %s"), mode_in_words(run->mode), run->message, run->plan,
                counted_deliveries(run->delivery_count).words,
                counted_municipalities(run->municipality_count).words);
}

static void add_times(struct json_line *line, int64_t first_ms, int64_t most_ms, int64_t last_ms)
{
    if (last_ms < 0)
        return;
    json_line_seconds(line, "first_in_seconds", first_ms);
    json_line_seconds(line, "most_in_seconds", most_ms);
    json_line_seconds(line, "last_in_seconds", last_ms);
}

static void print_forecast_json(const struct channel_forecast *forecast)
{
    struct json_line line;

    json_line_begin(&line, "forecast");
    json_line_text(&line, "channel", forecast->driver->name);
    json_line_number(&line, "deliveries", (int64_t)forecast->deliveries);
    json_line_number(&line, "posts", (int64_t)forecast->posts);
    json_line_number(&line, "accounts", (int64_t)forecast->accounts);
    json_line_number(&line, "failed", (int64_t)forecast->failed);
    add_times(&line, forecast->first_in_ms, forecast->most_in_ms, forecast->last_in_ms);
    json_line_text(&line, "limited_by", forecast_limit_name(forecast->limit));
    json_line_end(&line);
}

static void print_forecast_text(const struct channel_forecast *forecast)
{
    const struct counted texts = counted_texts(forecast->deliveries);
    const struct counted posts = counted_posts(forecast->posts);
    const struct counted accounts = counted_accounts(forecast->accounts);
    char first[DURATION_SIZE], most[DURATION_SIZE], last[DURATION_SIZE];

    if (forecast->last_in_ms < 0) {
        output_line(_("  %-10s would post %s in %s to %s"), forecast->driver->name, texts.words,
                    posts.words, accounts.words);
        return;
    }

    duration_format(forecast->first_in_ms, first);
    duration_format(forecast->most_in_ms, most);
    duration_format(forecast->last_in_ms, last);
    output_line(_("  %-10s would post %s in %s to %s; last municipality in about %s"),
                forecast->driver->name, texts.words, posts.words, accounts.words, last);
    output_line(_("  %-10s first in about %s, 90 %% in %s; what decides: %s"), "", first, most,
                forecast_limit_words(forecast->limit));
}

static void print_run_forecast(const struct run_forecast *forecast)
{
    char first[DURATION_SIZE], most[DURATION_SIZE], last[DURATION_SIZE];

    if (output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "forecast-run");
        json_line_number(&line, "deliveries", (int64_t)forecast->deliveries);
        add_times(&line, forecast->first_in_ms, forecast->most_in_ms, forecast->last_in_ms);
        if (forecast->slowest)
            json_line_text(&line, "slowest_channel", forecast->slowest->driver->name);
        json_line_end(&line);
        return;
    }
    if (!forecast->slowest)
        return;
    duration_format(forecast->first_in_ms, first);
    duration_format(forecast->most_in_ms, most);
    duration_format(forecast->last_in_ms, last);
    output_line(_("  in all     first in about %s, 90 %% in %s, last in %s, on %s"), first, most,
                last, forecast->slowest->driver->name);
}

void send_view_forecasts(const struct channel_forecast *forecasts, size_t count)
{
    struct run_forecast all;

    for (size_t i = 0; i < count; i++) {
        if (output_is_json())
            print_forecast_json(&forecasts[i]);
        else
            print_forecast_text(&forecasts[i]);
    }
    forecast_run(forecasts, count, &all);
    print_run_forecast(&all);
}

#include "cmd/last_rehearsal.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "net/loop.h"
#include "report/rehearsed.h"

enum { WORDS_MAX_BYTES = 512, DURATION_SIZE = 32, TIME_SIZE = 40 };

static void add_measure(struct json_line *line, const char *name, int64_t ms)
{
    if (ms >= 0)
        json_line_seconds(line, name, ms);
}

static struct times times_of(const struct rehearsal_times *times)
{
    struct times out = {0};

    for (size_t i = 0; i < times->count; i++)
        times_add(&out, times->ms[i]);
    return out;
}

void last_rehearsal_add_json(struct json_line *line, const struct rehearsal_record *rehearsal)
{
    struct times posts = times_of(&rehearsal->posts);
    const size_t total = rehearsal->delivery_count;

    json_line_text(line, "rehearsal", rehearsal->id);
    json_line_text(line, "plan", rehearsal->plan);
    json_line_text(line, "message", rehearsal->message);
    json_line_number(line, "seed", rehearsal->seed);
    json_line_time(line, "begun", rehearsal->started_unix_ms);
    json_line_number(line, "municipalities", (int64_t)rehearsal->municipality_count);
    json_line_number(line, "reached", (int64_t)rehearsal->reached_count);
    json_line_number(line, "deliveries", (int64_t)total);
    json_line_number(line, "posted", (int64_t)rehearsal->posts.count);
    json_line_number(line, "failed", (int64_t)rehearsal->failed_count);
    json_line_number(line, "in_doubt", (int64_t)rehearsal->in_doubt_count);
    add_measure(line, "first_post_seconds", times_first(&posts));
    add_measure(line, "half_posted_seconds", times_at(&posts, total, 50));
    add_measure(line, "most_posted_seconds", times_at(&posts, total, 90));
    add_measure(line, "last_post_seconds", times_last(&posts));
    if (rehearsal->correction[0]) {
        json_line_text(line, "correction", rehearsal->correction);
        add_measure(line, "correction_most_seconds", rehearsal->correction_most_ms);
        add_measure(line, "correction_last_seconds", rehearsal->correction_last_ms);
    }
    times_release(&posts);
}

static void add_times(struct text *out, const struct times *posts,
                      const struct rehearsal_record *rehearsal)
{
    const int64_t most_ms = times_at(posts, rehearsal->delivery_count, 90);
    const int64_t last_ms = times_last(posts), corrected_ms = rehearsal->correction_last_ms;
    char duration[DURATION_SIZE];

    if (most_ms >= 0) {
        duration_format(most_ms, duration);
        text_addf(out, _(", 90 %% in %s"), duration);
    }
    if (last_ms >= 0) {
        duration_format(last_ms, duration);
        text_addf(out, _(", last in %s"), duration);
    }
    if (corrected_ms >= 0) {
        duration_format(corrected_ms, duration);
        text_addf(out, _(", corrected in %s"), duration);
    }
}

static void print_text(const struct plan *plan, const struct rehearsal_record *rehearsal)
{
    struct times posts = times_of(&rehearsal->posts);
    char ago[DURATION_SIZE];
    struct text words;

    text_init(&words, WORDS_MAX_BYTES);
    duration_format(clock_unix_ms() - rehearsal->started_unix_ms, ago);
    text_addf(&words, _("last rehearsal: %s, %s ago: %zu of %zu posted"), rehearsal->message, ago,
              rehearsal->posts.count, rehearsal->delivery_count);
    add_times(&words, &posts, rehearsal);
    if (memcmp(plan->sha256, rehearsal->plan_sha256, sizeof(plan->sha256)) != 0)
        text_add(&words, _("; the plan has been changed since"));
    output_line("%s", words.bytes);
    text_release(&words);
    times_release(&posts);
}

int last_rehearsal_print(struct context *context, const struct plan *plan, struct error *error)
{
    struct rehearsal_record rehearsal;
    bool found;

    if (store_rehearsal_latest(context->store, context->arena, plan->id, NULL, INT64_MAX,
                               &rehearsal, &found, error) < 0)
        return -1;
    if (found && output_is_json()) {
        struct json_line line;
        json_line_begin(&line, "rehearsal");
        last_rehearsal_add_json(&line, &rehearsal);
        json_line_end(&line);
    } else if (found) {
        print_text(plan, &rehearsal);
    } else if (!output_is_json() && !output_is_quiet()) {
        output_note(_("This plan has never been rehearsed: crisis rehearse %s"), plan->file);
    }
    return 0;
}

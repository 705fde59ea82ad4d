#include "report/rehearsed.h"

enum { MOST_PERCENT = 90 };

void rehearsed_record(const struct figures *figures, const struct figures *correction,
                      struct rehearsal_record *out)
{
    const struct tally *tally = &figures->tally;
    const struct run_record *run = figures->run;

    *out = (struct rehearsal_record){
        .id = run->id,
        .plan = run->plan,
        .message = run->message,
        .started_unix_ms = run->started_unix_ms,
        .municipality_count = tally->municipality_count,
        .reached_count = figures_reached(figures),
        .delivery_count = tally->total,
        .failed_count = tally->counts[DELIVERY_FAILED],
        .in_doubt_count = tally_in_doubt(tally),
        .posts = {figures->posts.ms, figures->posts.count},
        .places = {figures->places.ms, figures->places.count},
        .correction = "",
        .correction_most_ms = -1,
        .correction_last_ms = -1,
    };
    if (!correction)
        return;
    const size_t total = correction->tally.total;
    out->correction = correction->run->message;
    out->correction_most_ms = times_at(&correction->posts, total, MOST_PERCENT);
    out->correction_last_ms = times_last(&correction->posts);
}

static void add_times(const struct rehearsal_times *times, struct times *out)
{
    for (size_t i = 0; i < times->count; i++)
        times_add(out, times->ms[i]);
    times_sort(out);
}

void rehearsed_figures(struct arena *arena, const struct rehearsal_record *rehearsal,
                       struct figures *out)
{
    const struct run_record run = {
        .id = rehearsal->id,
        .plan = rehearsal->plan,
        .message = rehearsal->message,
        .mode = MODE_EXERCISE,
        .state = RUN_FINISHED,
        .started_unix_ms = rehearsal->started_unix_ms,
        .finished_unix_ms = rehearsal->finished_unix_ms,
        .municipality_count = rehearsal->municipality_count,
        .delivery_count = rehearsal->delivery_count,
    };

    figures_begin(out, arena, arena_memdup(arena, &run, sizeof(run)));
    add_times(&rehearsal->posts, &out->posts);
    add_times(&rehearsal->places, &out->places);
    out->tally.total = rehearsal->delivery_count;
    out->tally.counts[DELIVERY_POSTED] = rehearsal->posts.count;
    out->tally.counts[DELIVERY_FAILED] = rehearsal->failed_count;
    out->tally.counts[DELIVERY_IN_DOUBT] = rehearsal->in_doubt_count;
    out->tally.municipality_count = rehearsal->municipality_count;
    out->tally.unreached_count = rehearsal->municipality_count - rehearsal->reached_count;
}

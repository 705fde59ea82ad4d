#include "report/figures.h"

#include <string.h>

void figures_begin(struct figures *figures, struct arena *arena, const struct run_record *run)
{
    *figures = (struct figures){.run = run, .reached_ms = -1};
    tally_begin(&figures->counting, arena, &figures->tally);
    said_texts_init(&figures->texts, arena);
}

static void end_municipality(struct figures *figures)
{
    if (figures->reached_ms >= 0)
        times_add(&figures->places, figures->reached_ms);
    figures->reached_ms = -1;
}

void figures_add(struct figures *figures, const struct delivery_record *delivery)
{
    int64_t since_start_ms = delivery->done_unix_ms - figures->run->started_unix_ms;

    if (figures->municipality && strcmp(figures->municipality, delivery->municipality) != 0)
        end_municipality(figures);
    tally_add(&figures->counting, delivery);
    figures->municipality = figures->counting.municipality;
    bool was_posted = delivery->state == DELIVERY_POSTED || delivery->state == DELIVERY_RETRACTED;
    if (!was_posted || delivery->done_unix_ms == 0)
        return;
    since_start_ms = since_start_ms > 0 ? since_start_ms : 0;
    times_add(&figures->posts, since_start_ms);
    if (figures->reached_ms < 0 || since_start_ms < figures->reached_ms)
        figures->reached_ms = since_start_ms;
}

void figures_end(struct figures *figures)
{
    end_municipality(figures);
    tally_end(&figures->counting);
    figures->municipality = NULL;
    times_sort(&figures->posts);
    times_sort(&figures->places);
}

void figures_release(struct figures *figures)
{
    times_release(&figures->posts);
    times_release(&figures->places);
    said_texts_release(&figures->texts);
}

static bool count_delivery(void *context, const struct delivery_record *delivery)
{
    figures_add(context, delivery);
    return true;
}

int figures_count(struct figures *figures, struct arena *arena, struct store *store,
                  const struct run_record *run, struct error *error)
{
    figures_begin(figures, arena, run);
    int result = store_deliveries(store, run->row, count_delivery, figures, error);
    figures_end(figures);
    return result;
}

int64_t figures_end_ms(const struct figures *figures)
{
    const struct run_record *run = figures->run;

    return run->finished_unix_ms ? run->finished_unix_ms - run->started_unix_ms : -1;
}

size_t figures_reached(const struct figures *figures)
{
    return figures->tally.municipality_count - figures->tally.unreached_count;
}

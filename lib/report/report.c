#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/civil_time.h"
#include "base/language.h"

const char *report_mode_words(enum run_mode mode)
{
    switch (mode) {
    case MODE_DRY_RUN:
        return _("DRY RUN");
    case MODE_EXERCISE:
        return _("EXERCISE");
    case MODE_LIVE:
        return _("LIVE");
    case RUN_MODE_COUNT:
        break;
    }
    return "";
}

const char *report_unfinished_words(enum run_state state)
{
    switch (state) {
    case RUN_UNFINISHED:
        return _("This run is not finished: crisis resume goes on with it.");
    case RUN_STOPPED:
        return _("This run is not finished: it was stopped.");
    case RUN_FINISHED:
    case RUN_STATE_COUNT:
        break;
    }
    return "";
}

void report_measures(const struct figures *figures, struct report_measure out[REPORT_MEASURES])
{
    const struct tally *tally = &figures->tally;
    const size_t total = tally->total;
    const size_t posted = tally->counts[DELIVERY_POSTED] + tally->counts[DELIVERY_WOULD_POST];
    const struct report_measure measures[REPORT_MEASURES] = {
        {N_("deliveries"), MEASURE_COUNT, (int64_t)total},
        {N_("posted"), MEASURE_COUNT, (int64_t)posted},
        {N_("failed"), MEASURE_COUNT, (int64_t)tally->counts[DELIVERY_FAILED]},
        {N_("in doubt"), MEASURE_COUNT, (int64_t)tally_in_doubt(tally)},
        {N_("municipalities"), MEASURE_COUNT, (int64_t)tally->municipality_count},
        {N_("municipalities reached"), MEASURE_COUNT, (int64_t)figures_reached(figures)},
        {N_("first post"), MEASURE_MS, times_first(&figures->posts)},
        {N_("50 % posted"), MEASURE_MS, times_at(&figures->posts, total, 50)},
        {N_("90 % posted"), MEASURE_MS, times_at(&figures->posts, total, 90)},
        {N_("last post"), MEASURE_MS, times_last(&figures->posts)},
        {N_("end of the run"), MEASURE_MS, figures_end_ms(figures)},
    };

    for (size_t i = 0; i < REPORT_MEASURES; i++)
        out[i] = measures[i];
}

void report_measure_words(const struct report_measure *measure, char out[32])
{
    if (measure->value < 0)
        snprintf(out, 32, "–");
    else if (measure->kind == MEASURE_MS)
        duration_format(measure->value, out);
    else
        snprintf(out, 32, "%" PRId64, measure->value);
}

void report_time_words(int64_t unix_ms, char out[40])
{
    const struct civil_time t = civil_time_local(unix_ms);
    const int offset = abs(t.offset_minutes) % (24 * 60);

    snprintf(out, 40, "%04u-%02u-%02u %02u:%02u:%02u %c%02u:%02u", (unsigned)t.year % 10000,
             (unsigned)t.month % 100, (unsigned)t.day % 100, (unsigned)t.hour % 100,
             (unsigned)t.minute % 100, (unsigned)t.second % 100, t.offset_minutes < 0 ? '-' : '+',
             (unsigned)offset / 60, (unsigned)offset % 60);
}

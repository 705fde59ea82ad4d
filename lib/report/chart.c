#include "report/chart.h"

#include <inttypes.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "wire/html.h"

/* Units of the drawings; a page scales them. */
enum {
    WIDTH = 1000,
    LEFT = 90,
    RIGHT = 40,
    TOP = 20,
    COURSE_HEIGHT = 330,
    BOTTOM = 50,
    COURSE_POINTS = 200,
    TICKS = 5,
    BAR_LEFT = 150,
    BAR_WIDTH = 600,
    BAR_HEIGHT = 30,
    BAR_STEP = 46,
};

/* --- the course of the run ------------------------------------------------------------------- */

struct course {
    int64_t span_ms; /* what the width stands for */
};

static int x_of(const struct course *course, int64_t ms)
{
    return LEFT + (int)(ms * (WIDTH - LEFT - RIGHT) / course->span_ms);
}

static int y_of(size_t part, size_t total)
{
    size_t height = COURSE_HEIGHT - TOP - BOTTOM;

    return COURSE_HEIGHT - BOTTOM - (int)(total > 0 ? part * height / total : 0);
}

/* 1, 2 or 5 times a power of ten, or whole minutes and hours: so that the ticks are round. */
static int64_t tick_ms(int64_t span_ms)
{
    static const int64_t steps_ms[] = {
        10,     20,      50,      100,     200,      500,      1000,     2000,
        5000,   10000,   15000,   30000,   60000,    120000,   300000,   600000,
        900000, 1800000, 3600000, 7200000, 10800000, 21600000, 43200000, 86400000,
    };

    for (size_t i = 0; i < sizeof(steps_ms) / sizeof(steps_ms[0]); i++)
        if (steps_ms[i] * TICKS >= span_ms)
            return steps_ms[i];
    return span_ms / TICKS + 1;
}

static void add_grid(struct text *out, const struct course *course)
{
    const int64_t step_ms = tick_ms(course->span_ms);
    char words[32];

    for (unsigned percent = 0; percent <= 100; percent += 25) {
        int y = y_of(percent, 100);
        text_addf(out,
                  "<line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
                  "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%u %%</text>\n",
                  LEFT, y, WIDTH - RIGHT, y, LEFT - 10, y + 7, percent);
    }
    for (int64_t ms = 0; ms <= course->span_ms; ms += step_ms) {
        int x = x_of(course, ms);
        duration_format(ms, words);
        text_addf(out,
                  "<line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
                  "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                  x, TOP, x, COURSE_HEIGHT - BOTTOM, x, COURSE_HEIGHT - BOTTOM + 28, words);
    }
}

/* Steps: what is not yet posted is not on its way up. */
static void add_line(struct text *out, const struct course *course, const struct figures *figures,
                     const char *class)
{
    const struct times *posts = &figures->posts;
    const size_t total = figures->tally.total;
    size_t shown = posts->count < COURSE_POINTS ? posts->count : COURSE_POINTS;

    text_addf(out, "<path class=\"%s\" d=\"M%d %d", class, LEFT, y_of(0, total));
    for (size_t i = 1; i <= shown; i++) {
        size_t posted = posts->count * i / shown;
        text_addf(out, "H%dV%d", x_of(course, posts->ms[posted - 1]), y_of(posted, total));
    }
    text_addf(out, "H%d\"/>\n", WIDTH - RIGHT);
}

static int64_t span_of(const struct report *report)
{
    int64_t own_ms = times_last(&report->figures.posts);
    int64_t other_ms = report->rehearsal ? times_last(&report->rehearsal->posts) : -1;
    int64_t longest_ms = own_ms > other_ms ? own_ms : other_ms;

    return longest_ms > 0 ? longest_ms + longest_ms / 20 + 1 : 1;
}

static void add_course_words(struct text *out, const struct report *report)
{
    const struct figures *figures = &report->figures;
    char first[32], last[32];

    duration_format(times_first(&figures->posts), first);
    duration_format(times_last(&figures->posts), last);
    text_addf(out,
              ngettext("%zu of %zu delivery was posted, the first %s after the run began, the last "
                       "%s after it.",
                       "%zu of %zu deliveries were posted, the first %s after the run began, the "
                       "last %s after it.",
                       figures->tally.total),
              figures->posts.count, figures->tally.total, first, last);
    if (report->rehearsal)
        text_addf(out, " %s", _("The dashed line is the last rehearsal."));
}

void chart_add_course(struct text *out, const struct report *report)
{
    const struct course course = {span_of(report)};

    if (report->figures.posts.count == 0)
        return;
    text_addf(out,
              "<svg role=\"img\" aria-labelledby=\"course-title course-words\" viewBox=\"0 0 %d "
              "%d\" xmlns=\"http://www.w3.org/2000/svg\">\n"
              "<title id=\"course-title\">%s</title>\n<desc id=\"course-words\">",
              WIDTH, COURSE_HEIGHT,
              _("Share of the deliveries that was posted, by time since the run began"));
    add_course_words(out, report);
    text_add(out, "</desc>\n");
    add_grid(out, &course);
    if (report->rehearsal && report->rehearsal->posts.count > 0)
        add_line(out, &course, report->rehearsal, "rehearsal");
    add_line(out, &course, &report->figures, "course");
    text_add(out, "</svg>\n");
}

/* --- channels -------------------------------------------------------------------------------- */

/* Told apart by pattern as well as by colour. */
static void add_patterns(struct text *out)
{
    text_add(out, "<defs>"
                  "<pattern id=\"failed\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
                  "<rect width=\"8\" height=\"8\" fill=\"#a61c1c\"/>"
                  "<path d=\"M0 8L8 0\" stroke=\"#fff\" stroke-width=\"2\"/></pattern>"
                  "<pattern id=\"doubt\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
                  "<rect width=\"8\" height=\"8\" fill=\"#8a5300\"/>"
                  "<circle cx=\"4\" cy=\"4\" r=\"2\" fill=\"#fff\"/></pattern></defs>\n");
}

static int add_bar(struct text *out, int x, int y, size_t count, size_t most, const char *fill)
{
    int width = (int)(count * BAR_WIDTH / most);

    if (count > 0 && width == 0)
        width = 1; /* one of thousands is seen */
    if (width > 0)
        text_addf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>", x, y,
                  width, BAR_HEIGHT, fill);
    return x + width;
}

static void add_channel(struct text *out, const struct tally_channel *channel, int y, size_t most)
{
    size_t posted = channel->counts[DELIVERY_POSTED] + channel->counts[DELIVERY_WOULD_POST];
    size_t failed = channel->counts[DELIVERY_FAILED];
    size_t doubt = channel->counts[DELIVERY_IN_DOUBT] + channel->counts[DELIVERY_SENDING];

    text_addf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", BAR_LEFT - 12, y + 22);
    html_add(out, channel->channel);
    text_add(out, "</text>");
    int x = add_bar(out, BAR_LEFT, y, posted, most, "#1b5e8a");
    x = add_bar(out, x, y, failed, most, "url(#failed)");
    x = add_bar(out, x, y, doubt, most, "url(#doubt)");
    x = add_bar(out, x, y, channel->total - posted - failed - doubt, most, "#9aa3ad");
    text_addf(out, "<text x=\"%d\" y=\"%d\">", x + 12, y + 22);
    text_addf(out, _("%zu of %zu"), posted, channel->total);
    text_add(out, "</text>\n");
}

void chart_add_channels(struct text *out, const struct tally *tally)
{
    size_t most = 1;

    if (tally->channel_count == 0)
        return;
    for (size_t i = 0; i < tally->channel_count; i++)
        most = tally->channels[i].total > most ? tally->channels[i].total : most;
    text_addf(
        out,
        "<svg role=\"img\" aria-labelledby=\"channels-title channels-words\" viewBox=\"0 0 "
        "%d %zu\" xmlns=\"http://www.w3.org/2000/svg\">\n"
        "<title id=\"channels-title\">%s</title>\n<desc id=\"channels-words\">%s</desc>\n",
        WIDTH, TOP + tally->channel_count * BAR_STEP, _("Deliveries by channel"),
        _("A bar for each channel: plain for posted, hatched for failed, dotted for in doubt, "
          "grey for the rest. The table below has the numbers."));
    add_patterns(out);
    for (size_t i = 0; i < tally->channel_count; i++)
        add_channel(out, &tally->channels[i], TOP + (int)i * BAR_STEP, most);
    text_add(out, "</svg>\n");
}

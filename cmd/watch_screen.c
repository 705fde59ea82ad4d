#include "cmd/watch_screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"
#include "base/text.h"
#include "base/utf8.h"
#include "net/loop.h"

#include "cmd/output.h"

enum {
    SCREEN_MAX_BYTES = 1024 * 1024,
    LINE_MAX_BYTES = 8 * 1024,
    COLUMNS_DEFAULT = 80,
    ROWS_DEFAULT = 24,
    TEXT_COLUMNS = 80, /* beside a map */
    GAP_COLUMNS = 3,
    NAME_COLUMNS = 10,
    BESIDE_BAR_COLUMNS = 56, /* name, counts and a word or two */
    BAR_LEAST_COLUMNS = 8,
    BAR_MOST_COLUMNS = 30,
    RATE_OVER_MS = 5000,
    RATE_AFTER_MS = 1000,
};

/* The alternate screen, so that what was there is there again afterwards; no cursor meanwhile. */
static const char open_code[] = "\033[?1049h\033[?25l";
static const char close_code[] = "\033[?25h\033[?1049l";
static const char home_code[] = "\033[H";
static const char clear_line_code[] = "\033[K";
static const char clear_rest_code[] = "\033[J";

/* One drawing: lines are cut to the terminal's width, and end at its last row. With a map beside
 * them, they are cut to what is left. */
struct drawing {
    size_t columns, rows, row;
    const struct watch_map *map; /* NULL: none */
    struct text bytes, line;
};

static void measure(struct drawing *drawing, struct watch_map *map)
{
    output_terminal_size(&drawing->columns, &drawing->rows);
    if (drawing->columns == 0)
        drawing->columns = COLUMNS_DEFAULT;
    if (drawing->rows == 0)
        drawing->rows = ROWS_DEFAULT;
    if (drawing->columns < TEXT_COLUMNS + GAP_COLUMNS ||
        !watch_map_fit(map, drawing->columns - TEXT_COLUMNS - GAP_COLUMNS, drawing->rows))
        return;
    drawing->map = map;
    drawing->columns = TEXT_COLUMNS;
}

/* What comes from outside cannot steer the terminal. */
static void add_cut(struct text *out, const char *line, size_t columns)
{
    size_t left = strlen(line), column = 0;

    while (left > 0) {
        uint32_t code_point = 0;
        size_t used = utf8_decode(line, left, &code_point);
        bool is_last = ++column == columns;
        if (is_last && left > (used ? used : 1)) {
            text_add(out, "…");
            return;
        }
        if (used == 0 || code_point == '\n' || code_point == '\t' || utf8_is_forbidden(code_point))
            text_add_char(out, '?');
        else
            text_add_bytes(out, line, used);
        used = used ? used : 1;
        line += used;
        left -= used;
    }
}

/* To the right of the line that was just added. */
static void add_map_row(struct drawing *drawing)
{
    if (!drawing->map || drawing->row >= watch_map_rows(drawing->map))
        return;
    text_addf(&drawing->bytes, "\033[%dG", TEXT_COLUMNS + GAP_COLUMNS + 1);
    watch_map_add_row(drawing->map, drawing->row, &drawing->bytes);
}

static void end_line(struct drawing *drawing, enum output_style style)
{
    struct text *out = &drawing->bytes;

    if (drawing->row < drawing->rows) {
        text_add(out, drawing->row ? "\n" : "");
        text_add(out, output_style_begin(style));
        add_cut(out, drawing->line.bytes, drawing->columns);
        text_add(out, output_style_end(style));
        text_add(out, clear_line_code);
        add_map_row(drawing);
        drawing->row++;
    }
    text_reset(&drawing->line);
}

/* --- the parts ------------------------------------------------------------------------------- */

static void draw_head(struct drawing *drawing, const struct watch_view *view)
{
    static const char *const modes[RUN_MODE_COUNT] = {
        [MODE_DRY_RUN] = N_("DRY RUN"), [MODE_EXERCISE] = N_("EXERCISE"), [MODE_LIVE] = N_("LIVE")};
    const struct run_record *run = view->run;
    int64_t until =
        view->sender || !run->finished_unix_ms ? clock_unix_ms() : run->finished_unix_ms;
    char took[32];

    duration_format(until > run->started_unix_ms ? until - run->started_unix_ms : 0, took);
    text_addf(&drawing->line, _("%s: %s of %s, %s since it began"), translated(modes[run->mode]),
              run->message, run->plan, took);
    end_line(drawing, STYLE_BOLD);
    text_addf(&drawing->line, "%s, %s", run->id,
              view->sender ? view->sender : translated(run_state_name(run->state)));
    end_line(drawing, STYLE_DIM);
    if (run->canary == CANARY_FIRST && view->sender) {
        text_add(&drawing->line, _("canaries first: the rest waits until it is let go"));
        end_line(drawing, STYLE_BOLD);
    }
    end_line(drawing, STYLE_PLAIN);
}

static void add_bar(struct text *line, size_t done, size_t total, size_t columns)
{
    size_t filled = total ? done * columns / total : 0;

    text_add_char(line, '[');
    for (size_t i = 0; i < columns; i++)
        text_add_char(line, i < filled ? '#' : '.');
    text_add(line, "] ");
}

static void draw_counts(struct drawing *drawing, const char *name, const size_t *counts,
                        size_t total)
{
    static const struct {
        enum delivery_state state;
        const char *words;
    } others[] = {
        {DELIVERY_FAILED, N_("failed")},       {DELIVERY_IN_DOUBT, N_("in doubt")},
        {DELIVERY_SENDING, N_("under way")},   {DELIVERY_WAITING, N_("waiting")},
        {DELIVERY_STOPPED, N_("stopped")},     {DELIVERY_SKIPPED, N_("skipped")},
        {DELIVERY_RETRACTED, N_("retracted")},
    };
    size_t done = counts[DELIVERY_POSTED] + counts[DELIVERY_WOULD_POST];
    size_t bar = drawing->columns > BESIDE_BAR_COLUMNS ? drawing->columns - BESIDE_BAR_COLUMNS : 0;
    enum output_style style = counts[DELIVERY_FAILED] || counts[DELIVERY_IN_DOUBT] ? STYLE_WARN
                              : done == total                                      ? STYLE_GOOD
                                                                                   : STYLE_PLAIN;

    text_addf(&drawing->line, "%-*s ", utf8_field(name, NAME_COLUMNS), name);
    if (bar >= BAR_LEAST_COLUMNS)
        add_bar(&drawing->line, done, total, bar < BAR_MOST_COLUMNS ? bar : BAR_MOST_COLUMNS);
    text_addf(&drawing->line, _("%zu/%zu posted"), done, total);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (counts[others[i].state] > 0)
            text_addf(&drawing->line, ", %zu %s", counts[others[i].state],
                      translated(others[i].words));
    end_line(drawing, style);
}

static void draw_channels(struct drawing *drawing, const struct tally *tally)
{
    for (size_t i = 0; i < tally->channel_count; i++)
        draw_counts(drawing, tally->channels[i].channel, tally->channels[i].counts,
                    tally->channels[i].total);
    if (tally->channel_count > 1)
        draw_counts(drawing, _("all"), tally->counts, tally->total);
}

/* Keeps the sample, and says how many are posted in a minute: over the last seconds. */
static size_t rate_a_minute(struct watch_screen *screen, size_t posted)
{
    const size_t most = sizeof(screen->samples) / sizeof(screen->samples[0]);
    int64_t now_ms = clock_monotonic_ms();
    const struct watch_sample *first = screen->samples;

    while (screen->sample_count == most ||
           (screen->sample_count > 1 && now_ms - screen->samples[0].monotonic_ms > RATE_OVER_MS))
        memmove(screen->samples, screen->samples + 1,
                --screen->sample_count * sizeof(screen->samples[0]));
    screen->samples[screen->sample_count++] = (struct watch_sample){now_ms, posted};
    int64_t over_ms = now_ms - first->monotonic_ms;
    if (over_ms < RATE_AFTER_MS || posted < first->posted)
        return 0;
    return (posted - first->posted) * 60000 / (size_t)over_ms;
}

static void draw_pace(struct drawing *drawing, struct watch_screen *screen,
                      const struct watch_view *view)
{
    const struct tally *tally = view->tally;
    size_t a_minute = rate_a_minute(screen, tally->counts[DELIVERY_POSTED]);
    char duration[32];

    end_line(drawing, STYLE_PLAIN);
    if (view->sender && a_minute >= 60)
        text_addf(&drawing->line, _("%zu posted a second"), a_minute / 60);
    else if (view->sender && a_minute > 0)
        text_addf(&drawing->line, _("%zu posted a minute"), a_minute);
    if (view->sender && a_minute > 0 && tally->counts[DELIVERY_QUEUED] > 0) {
        duration_format((int64_t)(tally->counts[DELIVERY_QUEUED] * 60000 / a_minute), duration);
        text_addf(&drawing->line, _(", about %s left"), duration);
    }
    if (drawing->line.length > 0)
        end_line(drawing, STYLE_PLAIN);
    int64_t slowest_ms = clock_unix_ms() - tally->slowest_since_unix_ms;
    if (view->sender && tally->slowest && slowest_ms >= 0) {
        duration_format(slowest_ms, duration);
        text_addf(&drawing->line, _("slowest: %s, %s"), tally->slowest, duration);
        end_line(drawing, STYLE_PLAIN);
    }
}

static void draw_troubles(struct drawing *drawing, const struct tally *tally, size_t rows_below)
{
    const size_t rows_each = 3;

    for (size_t i = 0; i < tally->trouble_count; i++) {
        const struct tally_trouble *trouble = &tally->troubles[i];
        bool is_last = i + 1 == tally->trouble_count;
        if (drawing->row + rows_each + (is_last ? 0 : 1) + rows_below > drawing->rows) {
            text_addf(&drawing->line,
                      ngettext("and %zu more kind of trouble: crisis status",
                               "and %zu more kinds of trouble: crisis status",
                               tally->trouble_count - i),
                      tally->trouble_count - i);
            end_line(drawing, STYLE_WARN);
            return;
        }
        text_addf(&drawing->line, _("%zu %s on %s: %s"), trouble->count,
                  translated(delivery_state_name(trouble->state)), trouble->channel,
                  trouble->message);
        end_line(drawing, STYLE_BAD);
        text_add(&drawing->line, "  ");
        tally_trouble_places(trouble, &drawing->line);
        end_line(drawing, STYLE_PLAIN);
        if (trouble->next[0]) {
            text_addf(&drawing->line, "  → %s", trouble->next);
            end_line(drawing, STYLE_PLAIN);
        }
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

bool watch_screen_is_possible(void)
{
    const char *kind = getenv("TERM");
    return output_is_terminal() && !output_is_json() && kind && kind[0] &&
           strcmp(kind, "dumb") != 0;
}

void watch_screen_draw(struct watch_screen *screen, const struct watch_view *view)
{
    struct drawing drawing = {0};
    const size_t rows_below = 2; /* an empty line and the keys */

    measure(&drawing, view->map);
    text_init(&drawing.bytes, SCREEN_MAX_BYTES);
    text_init(&drawing.line, LINE_MAX_BYTES);
    text_add(&drawing.bytes, screen->is_open ? "" : open_code);
    screen->is_open = true;
    text_add(&drawing.bytes, home_code);
    draw_head(&drawing, view);
    draw_channels(&drawing, view->tally);
    draw_pace(&drawing, screen, view);
    draw_troubles(&drawing, view->tally, rows_below);
    end_line(&drawing, STYLE_PLAIN);
    text_addf(&drawing.line, _("Ctrl-C ends watching, not the send; crisis stop stops it"));
    end_line(&drawing, STYLE_DIM);
    while (drawing.map && drawing.row < watch_map_rows(drawing.map))
        end_line(&drawing, STYLE_PLAIN);
    text_add(&drawing.bytes, clear_rest_code);
    output_bytes(drawing.bytes.bytes, drawing.bytes.length);
    output_flush();
    text_release(&drawing.line);
    text_release(&drawing.bytes);
}

void watch_screen_close(struct watch_screen *screen)
{
    if (!screen->is_open)
        return;
    screen->is_open = false;
    output_bytes(close_code, strlen(close_code));
    output_flush();
}

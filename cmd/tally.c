#include "cmd/tally.h"

#include "base/civil_time.h"
#include "base/encode.h"
#include "base/language.h"
#include "report/counted.h"
#include "report/stored_words.h"

enum { KEY_TEXT_SIZE = 32 };

void tally_add_json(struct json_line *line, const struct tally *tally, const struct run_record *run,
                    int64_t ms)
{
    json_line_text(line, "run", run->id);
    json_line_text(line, "mode", run_mode_name(run->mode));
    json_line_number(line, "posted", (int64_t)tally->counts[DELIVERY_POSTED]);
    json_line_number(line, "failed", (int64_t)tally->counts[DELIVERY_FAILED]);
    json_line_number(line, "in_doubt", (int64_t)tally_in_doubt(tally));
    json_line_number(line, "pending", (int64_t)tally_pending(tally));
    json_line_number(line, "skipped", (int64_t)tally->counts[DELIVERY_SKIPPED]);
    if (run->mode == MODE_DRY_RUN)
        json_line_number(line, "would_post", (int64_t)tally->counts[DELIVERY_WOULD_POST]);
    if (run->mode != MODE_DRY_RUN)
        json_line_number(line, "retracted", (int64_t)tally->counts[DELIVERY_RETRACTED]);
    json_line_number(line, "unreached", (int64_t)tally->unreached_count);
    if (ms >= 0)
        json_line_seconds(line, "seconds", ms);
}

static void print_json(const struct tally *tally, const struct run_record *run, int64_t ms)
{
    struct json_line line;
    json_line_begin(&line, "summary");
    tally_add_json(&line, tally, run, ms);
    json_line_end(&line);
}

static void print_channel(const struct tally_channel *channel)
{
    static const enum delivery_state shown[] = {
        DELIVERY_POSTED,   DELIVERY_WOULD_POST, DELIVERY_RETRACTED, DELIVERY_FAILED,
        DELIVERY_IN_DOUBT, DELIVERY_SENDING,    DELIVERY_WAITING,   DELIVERY_QUEUED,
        DELIVERY_STOPPED,  DELIVERY_SKIPPED,
    };
    struct text counts;
    text_init(&counts, 512);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (channel->counts[shown[i]] > 0)
            text_addf(&counts, "  %zu %s", channel->counts[shown[i]],
                      translated(delivery_state_name(shown[i])));
    output_line("  %-10s%s", channel->channel, counts.bytes);
    text_release(&counts);
}

static void print_trouble(const struct tally_trouble *trouble)
{
    struct text places;
    text_init(&places, 2048);
    tally_trouble_places(trouble, &places);
    output_styled(STYLE_BAD, _("%zu %s on %s: %s"), trouble->count,
                  translated(delivery_state_name(trouble->state)), trouble->channel,
                  stored_in_words(trouble->message).words);
    output_line("  %s", places.bytes);
    if (trouble->next[0])
        output_line("  → %s", stored_in_words(trouble->next).words);
    text_release(&places);
}

static void print_unreached(const struct tally *tally)
{
    struct text places;
    if (tally->unreached_count == 0)
        return;
    text_init(&places, 2048);
    tally_unreached_places(tally, &places);
    output_styled(STYLE_WARN,
                  ngettext("%zu of %zu municipality is reached on no channel: %s",
                           "%zu of %zu municipalities are reached on no channel: %s",
                           tally->municipality_count),
                  tally->unreached_count, tally->municipality_count, places.bytes);
    text_release(&places);
}

void tally_print_details(const struct tally *tally)
{
    for (size_t i = 0; i < tally->channel_count; i++)
        print_channel(&tally->channels[i]);
    for (size_t i = 0; i < tally->trouble_count; i++)
        print_trouble(&tally->troubles[i]);
    print_unreached(tally);
}

static void print_text(const struct tally *tally, const struct run_record *run, int64_t ms)
{
    bool is_dry = run->mode == MODE_DRY_RUN;
    size_t retracted = tally->counts[DELIVERY_RETRACTED];
    enum error_kind kind = tally_kind(tally);
    size_t done = tally->counts[is_dry ? DELIVERY_WOULD_POST : DELIVERY_POSTED];
    const char *mark = run->mode == MODE_EXERCISE ? _("EXERCISE: ") : "";
    enum output_style style = kind == ERROR_NONE ? STYLE_GOOD : STYLE_WARN;
    struct counted deliveries = counted_deliveries(tally->total);
    struct counted places = counted_municipalities(tally->municipality_count);
    char took[32], taken_back[48] = "";

    if (retracted > 0)
        snprintf(taken_back, sizeof(taken_back), _(", %zu retracted"), retracted);
    if (ms < 0) {
        output_styled(style,
                      is_dry ? _("%s%zu of %s to %s would be posted%s.")
                             : _("%s%zu of %s to %s posted%s."),
                      mark, done, deliveries.words, places.words, taken_back);
    } else {
        duration_format(ms, took);
        output_styled(style,
                      is_dry ? _("%s%zu of %s to %s would be posted%s in %s.")
                             : _("%s%zu of %s to %s posted%s in %s."),
                      mark, done, deliveries.words, places.words, taken_back, took);
    }
    tally_print_details(tally);
    if (tally->other_trouble_count > 0)
        output_styled(STYLE_BAD, _("%zu more with yet other reasons: crisis report %s --csv FILE"),
                      tally->other_trouble_count, run->id);
    output_line(_("run: %s"), run->id);
    if (kind == ERROR_UNFINISHED && !is_dry)
        output_line(_("next: crisis resume %s"), run->id);
}

void tally_print(const struct tally *tally, const struct run_record *run, int64_t ms)
{
    if (output_is_json())
        print_json(tally, run, ms);
    else
        print_text(tally, run, ms);
}

void tally_print_delivery(const struct run_record *run, const struct delivery_record *delivery)
{
    struct json_line line;
    struct text key;

    text_init(&key, KEY_TEXT_SIZE);
    base64url_add(&key, delivery->key, sizeof(delivery->key));
    json_line_begin(&line, "delivery");
    json_line_text(&line, "run", run->id);
    json_line_text(&line, "delivery", key.bytes);
    json_line_text(&line, "municipality", delivery->municipality);
    json_line_text(&line, "channel", delivery->channel);
    json_line_text(&line, "account", delivery->account);
    json_line_text(&line, "language", delivery->language);
    json_line_text(&line, "state", delivery_state_name(delivery->state));
    if (delivery->posts && delivery->posts[0])
        json_line_raw(&line, "posts", delivery->posts);
    json_line_number(&line, "attempts", delivery->attempts);
    if (delivery->duration_ms > 0)
        json_line_number(&line, "ms", delivery->duration_ms);
    json_line_time(&line, "done", delivery->done_unix_ms);
    if (delivery->failure.kind != FAILURE_NONE)
        json_line_failure(&line, &delivery->failure);
    json_line_end(&line);
    text_release(&key);
}

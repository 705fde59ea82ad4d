#include "cmd/tally.h"

#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/encode.h"

#include "cmd/output.h"

enum { TROUBLES_MAX = 200, PLACES_SHOWN = 5, KEY_TEXT_SIZE = 32 };

struct counting {
    struct arena *arena;
    struct tally *tally;
    size_t channel_capacity, trouble_capacity;
    const char *municipality; /* of the delivery before; deliveries stand by municipality */
    const char *municipality_name;
    bool reached;
};

static struct tally_channel *channel_of(struct counting *counting, const char *channel)
{
    struct tally *tally = counting->tally;
    for (size_t i = 0; i < tally->channel_count; i++)
        if (strcmp(tally->channels[i].channel, channel) == 0)
            return &tally->channels[i];
    tally->channels = arena_grow(counting->arena, tally->channels, tally->channel_count,
                                 &counting->channel_capacity, sizeof(*tally->channels));
    struct tally_channel *added = &tally->channels[tally->channel_count++];
    *added = (struct tally_channel){.channel = arena_strdup(counting->arena, channel)};
    return added;
}

static struct tally_trouble *trouble_of(struct counting *counting,
                                        const struct delivery_record *delivery)
{
    struct tally *tally = counting->tally;
    for (size_t i = 0; i < tally->trouble_count; i++) {
        struct tally_trouble *trouble = &tally->troubles[i];
        if (trouble->state == delivery->state && strcmp(trouble->channel, delivery->channel) == 0 &&
            strcmp(trouble->message, delivery->failure.message) == 0)
            return trouble;
    }
    if (tally->trouble_count == TROUBLES_MAX)
        return NULL;
    tally->troubles = arena_grow(counting->arena, tally->troubles, tally->trouble_count,
                                 &counting->trouble_capacity, sizeof(*tally->troubles));
    struct tally_trouble *added = &tally->troubles[tally->trouble_count++];
    *added = (struct tally_trouble){
        .state = delivery->state,
        .channel = arena_strdup(counting->arena, delivery->channel),
        .message = arena_strdup(counting->arena, delivery->failure.message),
        .next = arena_strdup(counting->arena, delivery->failure.next),
    };
    return added;
}

static void note_trouble(struct counting *counting, const struct delivery_record *delivery)
{
    if (delivery->failure.kind == FAILURE_NONE || delivery->state == DELIVERY_POSTED)
        return;
    struct tally_trouble *trouble = trouble_of(counting, delivery);
    if (!trouble)
        return;
    trouble->count++;
    if (trouble->place_count < PLACES_SHOWN)
        trouble->places[trouble->place_count++] = arena_printf(
            counting->arena, "%s %s", delivery->municipality, delivery->municipality_name);
}

static void end_municipality(struct counting *counting)
{
    struct tally *tally = counting->tally;
    if (!counting->municipality)
        return;
    tally->municipality_count++;
    if (counting->reached)
        return;
    if (tally->unreached_count < PLACES_SHOWN)
        tally->unreached[tally->unreached_count] = arena_printf(
            counting->arena, "%s %s", counting->municipality, counting->municipality_name);
    tally->unreached_count++;
}

static bool count_delivery(void *context, const struct delivery_record *delivery)
{
    struct counting *counting = context;

    if (!counting->municipality || strcmp(counting->municipality, delivery->municipality) != 0) {
        end_municipality(counting);
        counting->municipality = arena_strdup(counting->arena, delivery->municipality);
        counting->municipality_name = arena_strdup(counting->arena, delivery->municipality_name);
        counting->reached = false;
    }
    counting->reached |=
        delivery->state == DELIVERY_POSTED || delivery->state == DELIVERY_WOULD_POST;
    struct tally_channel *channel = channel_of(counting, delivery->channel);
    channel->counts[delivery->state]++;
    channel->total++;
    counting->tally->counts[delivery->state]++;
    counting->tally->total++;
    note_trouble(counting, delivery);
    return true;
}

int tally_count(struct arena *arena, struct store *store, const struct run_record *run,
                struct tally *out, struct error *error)
{
    struct counting counting = {.arena = arena, .tally = out};

    *out = (struct tally){0};
    if (store_deliveries(store, run->row, count_delivery, &counting, error) < 0)
        return -1;
    end_municipality(&counting);
    return 0;
}

size_t tally_in_doubt(const struct tally *tally)
{
    return tally->counts[DELIVERY_IN_DOUBT] + tally->counts[DELIVERY_SENDING];
}

size_t tally_pending(const struct tally *tally)
{
    return tally->counts[DELIVERY_QUEUED] + tally->counts[DELIVERY_WAITING] +
           tally->counts[DELIVERY_STOPPED];
}

enum error_kind tally_kind(const struct tally *tally)
{
    if (tally_pending(tally) + tally_in_doubt(tally) > 0)
        return ERROR_UNFINISHED;
    return tally->counts[DELIVERY_FAILED] > 0 ? ERROR_SOME_FAILED : ERROR_NONE;
}

/* --- printing -------------------------------------------------------------------------------- */

static void print_json(const struct tally *tally, const struct run_record *run, int64_t ms)
{
    struct json_line line;
    json_line_begin(&line, "summary");
    json_line_text(&line, "run", run->id);
    json_line_text(&line, "mode", run_mode_name(run->mode));
    json_line_number(&line, "posted", (int64_t)tally->counts[DELIVERY_POSTED]);
    json_line_number(&line, "failed", (int64_t)tally->counts[DELIVERY_FAILED]);
    json_line_number(&line, "in_doubt", (int64_t)tally_in_doubt(tally));
    json_line_number(&line, "pending", (int64_t)tally_pending(tally));
    json_line_number(&line, "skipped", (int64_t)tally->counts[DELIVERY_SKIPPED]);
    if (run->mode == MODE_DRY_RUN)
        json_line_number(&line, "would_post", (int64_t)tally->counts[DELIVERY_WOULD_POST]);
    if (tally->counts[DELIVERY_RETRACTED])
        json_line_number(&line, "retracted", (int64_t)tally->counts[DELIVERY_RETRACTED]);
    json_line_number(&line, "unreached", (int64_t)tally->unreached_count);
    if (ms >= 0)
        json_line_seconds(&line, "seconds", ms);
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
                      delivery_state_name(shown[i]));
    output_line("  %-10s%s", channel->channel, counts.bytes);
    text_release(&counts);
}

static void print_trouble(const struct tally_trouble *trouble)
{
    struct text places;
    text_init(&places, 2048);
    for (size_t i = 0; i < trouble->place_count; i++)
        text_addf(&places, "%s%s", i ? ", " : "", trouble->places[i]);
    if (trouble->count > trouble->place_count)
        text_addf(&places, " and %zu more", trouble->count - trouble->place_count);
    output_styled(STYLE_BAD, "%zu %s on %s: %s", trouble->count,
                  delivery_state_name(trouble->state), trouble->channel, trouble->message);
    output_line("  %s", places.bytes);
    if (trouble->next[0])
        output_line("  → %s", trouble->next);
    text_release(&places);
}

static void print_unreached(const struct tally *tally)
{
    struct text places;
    if (tally->unreached_count == 0)
        return;
    text_init(&places, 2048);
    for (size_t i = 0; i < tally->unreached_count && i < PLACES_SHOWN; i++)
        text_addf(&places, "%s%s", i ? ", " : "", tally->unreached[i]);
    if (tally->unreached_count > PLACES_SHOWN)
        text_addf(&places, " and %zu more", tally->unreached_count - PLACES_SHOWN);
    output_styled(STYLE_WARN, "%zu of %zu municipalities are reached on no channel: %s",
                  tally->unreached_count, tally->municipality_count, places.bytes);
    text_release(&places);
}

static void print_text(const struct tally *tally, const struct run_record *run, int64_t ms)
{
    bool is_dry = run->mode == MODE_DRY_RUN;
    enum error_kind kind = tally_kind(tally);
    size_t done = tally->counts[is_dry ? DELIVERY_WOULD_POST : DELIVERY_POSTED];
    char took[48] = "";

    if (ms >= 0) {
        char duration[32];
        duration_format(ms, duration);
        snprintf(took, sizeof(took), " in %s", duration);
    }
    output_styled(kind == ERROR_NONE ? STYLE_GOOD : STYLE_WARN,
                  "%s%zu of %zu deliveries to %zu municipalities %s%s.",
                  run->mode == MODE_EXERCISE ? "EXERCISE: " : "", done, tally->total,
                  tally->municipality_count, is_dry ? "would be posted" : "posted", took);
    for (size_t i = 0; i < tally->channel_count; i++)
        print_channel(&tally->channels[i]);
    for (size_t i = 0; i < tally->trouble_count; i++)
        print_trouble(&tally->troubles[i]);
    print_unreached(tally);
    output_line("run: %s", run->id);
    if (kind == ERROR_UNFINISHED && !is_dry)
        output_line("next: crisis resume %s", run->id);
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
    if (delivery->failure.kind != FAILURE_NONE)
        json_line_failure(&line, &delivery->failure);
    json_line_end(&line);
    text_release(&key);
}

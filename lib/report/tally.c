#include "report/tally.h"

#include <string.h>

#include "base/language.h"

enum { TROUBLES_MAX = 200, PLACES_SHOWN = 5 };

static struct tally_channel *channel_of(struct tally_counting *counting, const char *channel)
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

/* --- what went wrong ------------------------------------------------------------------------- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* What differs only in numbers (of streams, of seconds to wait) has the same cause. */
static bool is_same_message(const char *a, const char *b)
{
    while (*a == *b || (is_digit(*a) && is_digit(*b))) {
        if (*a == '\0')
            return true;
        if (is_digit(*a)) {
            a += strspn(a, "0123456789");
            b += strspn(b, "0123456789");
        } else {
            a++;
            b++;
        }
    }
    return false;
}

static bool is_same_trouble(const struct tally_trouble *trouble,
                            const struct delivery_record *delivery)
{
    return trouble->state == delivery->state && trouble->kind == delivery->failure.kind &&
           strcmp(trouble->channel, delivery->channel) == 0 &&
           strcmp(trouble->code, delivery->failure.code) == 0 &&
           is_same_message(trouble->message, delivery->failure.message);
}

/* Its index; TROUBLES_MAX: there is no room for another one. */
static size_t trouble_of(struct tally_counting *counting, const struct delivery_record *delivery)
{
    struct tally *tally = counting->tally;
    struct arena *arena = counting->arena;
    size_t capacity = counting->trouble_capacity;

    for (size_t i = 0; i < tally->trouble_count; i++)
        if (is_same_trouble(&tally->troubles[i], delivery))
            return i;
    if (tally->trouble_count == TROUBLES_MAX)
        return TROUBLES_MAX;
    counting->place_capacities = arena_grow(arena, counting->place_capacities, tally->trouble_count,
                                            &capacity, sizeof(*counting->place_capacities));
    tally->troubles = arena_grow(arena, tally->troubles, tally->trouble_count,
                                 &counting->trouble_capacity, sizeof(*tally->troubles));
    counting->place_capacities[tally->trouble_count] = 0;
    tally->troubles[tally->trouble_count] = (struct tally_trouble){
        .state = delivery->state,
        .kind = delivery->failure.kind,
        .channel = arena_strdup(arena, delivery->channel),
        .code = arena_strdup(arena, delivery->failure.code),
        .message = arena_strdup(arena, delivery->failure.message),
        .next = arena_strdup(arena, delivery->failure.next),
    };
    return tally->trouble_count++;
}

/* The string that was kept before, where it is the same. */
static const char *keep(struct arena *arena, const char *before, const char *string)
{
    return before && strcmp(before, string) == 0 ? before : arena_strdup(arena, string);
}

static void note_trouble(struct tally_counting *counting, const struct delivery_record *delivery)
{
    struct tally *tally = counting->tally;
    struct arena *arena = counting->arena;

    /* That of a posted one is why it could not be taken back. */
    if (delivery->failure.kind == FAILURE_NONE)
        return;
    size_t index = trouble_of(counting, delivery);
    if (index == TROUBLES_MAX) {
        tally->other_trouble_count++;
        return;
    }
    struct tally_trouble *trouble = &tally->troubles[index];
    trouble->places = arena_grow(arena, trouble->places, trouble->count,
                                 &counting->place_capacities[index], sizeof(*trouble->places));
    counting->account = keep(arena, counting->account, delivery->account);
    counting->language = keep(arena, counting->language, delivery->language);
    struct tally_place *place = &trouble->places[trouble->count++];
    *place = (struct tally_place){
        .municipality = counting->municipality,
        .name = keep(arena, counting->name, delivery->municipality_name),
        .account = counting->account,
        .language = counting->language,
        .next = keep(arena, trouble->next, delivery->failure.next),
    };
    trouble->has_own_next |= place->next != trouble->next;
}

static void note_slowest(struct tally_counting *counting, const struct delivery_record *delivery)
{
    struct tally *tally = counting->tally;
    if (delivery->state != DELIVERY_SENDING ||
        (tally->slowest && delivery->first_sent_unix_ms >= tally->slowest_since_unix_ms))
        return;
    tally->slowest_since_unix_ms = delivery->first_sent_unix_ms;
    tally->slowest = arena_printf(counting->arena, _("%s %s on %s"), delivery->municipality,
                                  delivery->municipality_name, delivery->channel);
}

/* --- one after the other --------------------------------------------------------------------- */

static void end_municipality(struct tally_counting *counting)
{
    struct tally *tally = counting->tally;
    if (!counting->municipality)
        return;
    tally->municipality_count++;
    if (counting->is_reached)
        return;
    tally->unreached = arena_grow(counting->arena, tally->unreached, tally->unreached_count,
                                  &counting->unreached_capacity, sizeof(*tally->unreached));
    tally->unreached[tally->unreached_count++] =
        arena_printf(counting->arena, "%s %s", counting->municipality, counting->name);
}

void tally_begin(struct tally_counting *counting, struct arena *arena, struct tally *out)
{
    *counting = (struct tally_counting){.arena = arena, .tally = out};
    *out = (struct tally){0};
}

void tally_add(struct tally_counting *counting, const struct delivery_record *delivery)
{
    if (!counting->municipality || strcmp(counting->municipality, delivery->municipality) != 0) {
        end_municipality(counting);
        counting->municipality = arena_strdup(counting->arena, delivery->municipality);
        counting->name = arena_strdup(counting->arena, delivery->municipality_name);
        counting->is_reached = false;
    }
    counting->is_reached |= delivery->state == DELIVERY_POSTED ||
                            delivery->state == DELIVERY_WOULD_POST ||
                            delivery->state == DELIVERY_RETRACTED;
    struct tally_channel *channel = channel_of(counting, delivery->channel);
    channel->counts[delivery->state]++;
    channel->total++;
    counting->tally->counts[delivery->state]++;
    counting->tally->total++;
    note_trouble(counting, delivery);
    note_slowest(counting, delivery);
}

void tally_end(struct tally_counting *counting)
{
    end_municipality(counting);
    counting->municipality = NULL;
}

static bool count_delivery(void *context, const struct delivery_record *delivery)
{
    tally_add(context, delivery);
    return true;
}

int tally_count(struct arena *arena, struct store *store, const struct run_record *run,
                struct tally *out, struct error *error)
{
    struct tally_counting counting;

    tally_begin(&counting, arena, out);
    if (store_deliveries(store, run->row, count_delivery, &counting, error) < 0)
        return -1;
    tally_end(&counting);
    return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

size_t tally_in_doubt(const struct tally *tally)
{
    return tally->counts[DELIVERY_IN_DOUBT] + tally->counts[DELIVERY_SENDING];
}

size_t tally_pending(const struct tally *tally)
{
    return tally->counts[DELIVERY_QUEUED] + tally->counts[DELIVERY_WAITING] +
           tally->counts[DELIVERY_STOPPED];
}

bool tally_is_taken_back(const struct tally *tally)
{
    return tally->counts[DELIVERY_RETRACTED] > 0 && tally->counts[DELIVERY_POSTED] == 0;
}

enum error_kind tally_kind(const struct tally *tally)
{
    if (tally_is_taken_back(tally) && tally_in_doubt(tally) == 0)
        return ERROR_NONE; /* what was not sent is not to be sent any more */
    if (tally_pending(tally) + tally_in_doubt(tally) > 0)
        return ERROR_UNFINISHED;
    return tally->counts[DELIVERY_FAILED] > 0 ? ERROR_SOME_FAILED : ERROR_NONE;
}

static void add_rest(struct text *out, size_t count)
{
    if (count > PLACES_SHOWN)
        text_addf(out, _(" and %zu more"), count - PLACES_SHOWN);
}

void tally_trouble_places(const struct tally_trouble *trouble, struct text *out)
{
    for (size_t i = 0; i < trouble->count && i < PLACES_SHOWN; i++)
        text_addf(out, "%s%s %s", i ? ", " : "", trouble->places[i].municipality,
                  trouble->places[i].name);
    add_rest(out, trouble->count);
}

void tally_unreached_places(const struct tally *tally, struct text *out)
{
    for (size_t i = 0; i < tally->unreached_count && i < PLACES_SHOWN; i++)
        text_addf(out, "%s%s", i ? ", " : "", tally->unreached[i]);
    add_rest(out, tally->unreached_count);
}

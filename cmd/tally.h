/*
 * Where a run stands, counted from the store: by channel, what failed and why, and which
 * municipalities were reached on no channel at all. `send`, `resume` and `status` all end with it.
 */
#ifndef CRISIS_CMD_TALLY_H
#define CRISIS_CMD_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "channels/channel.h"
#include "model/delivery.h"
#include "store/store.h"

struct tally_channel {
    const char *channel;
    size_t counts[DELIVERY_STATE_COUNT];
    size_t total;
};

/* Deliveries that ended in the same way for the same reason. */
struct tally_trouble {
    enum delivery_state state;
    const char *channel;
    const char *message, *next;
    size_t count;
    const char *places[5]; /* "0301 Oslo", the first ones */
    size_t place_count;
};

struct tally {
    struct tally_channel *channels;
    size_t channel_count;
    size_t counts[DELIVERY_STATE_COUNT];
    size_t total;
    struct tally_trouble *troubles;
    size_t trouble_count;
    size_t municipality_count;
    size_t unreached_count; /* posted on no channel */
    const char *unreached[5];
};

int tally_count(struct arena *arena, struct store *store, const struct run_record *run,
                struct tally *out, struct error *error);

size_t tally_pending(const struct tally *tally);
size_t tally_in_doubt(const struct tally *tally);

/* The exit code that such a run ends in: 0, some failed, or unfinished. */
enum error_kind tally_kind(const struct tally *tally);

/* The summary: as text, or as {"event":"summary",…}. ms: how long it took; < 0: not told. */
void tally_print(const struct tally *tally, const struct run_record *run, int64_t ms);

/* {"event":"delivery",…} for one delivery of the store. */
void tally_print_delivery(const struct run_record *run, const struct delivery_record *delivery);

#endif

/*
 * Where a run stands, counted from its deliveries: by channel, what failed and why, and which
 * municipalities were reached on no channel at all. What is not posted is remembered with its
 * place; what is posted costs nothing. Strings are the arena's.
 */
#ifndef CRISIS_REPORT_TALLY_H
#define CRISIS_REPORT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "model/delivery.h"
#include "store/store.h"

struct tally_channel {
    const char *channel;
    size_t counts[DELIVERY_STATE_COUNT];
    size_t total;
};

/* Whose delivery it is. */
struct tally_place {
    const char *municipality, *name, *account, *language;
    const char *next; /* what a person does about this one */
};

/* Deliveries that ended in the same way for the same reason. */
struct tally_trouble {
    enum delivery_state state;
    enum failure_kind kind;
    const char *channel;
    const char *code;
    const char *message, *next; /* of the first one */
    struct tally_place *places;
    size_t count;
    bool has_own_next; /* not all places have the same */
};

struct tally {
    struct tally_channel *channels;
    size_t channel_count;
    size_t counts[DELIVERY_STATE_COUNT];
    size_t total;
    struct tally_trouble *troubles;
    size_t trouble_count;
    size_t other_trouble_count; /* deliveries with yet other reasons than those told apart */
    size_t municipality_count;
    const char **unreached; /* "0301 Oslo": posted on no channel */
    size_t unreached_count;
    const char *slowest; /* "0301 Oslo on x": what has been under way longest; NULL: nothing is */
    int64_t slowest_since_unix_ms;
};

/* Counts deliveries that come one by one, in the order of the store: by municipality. */
struct tally_counting {
    struct arena *arena;
    struct tally *tally;
    size_t channel_capacity, trouble_capacity, unreached_capacity;
    size_t *place_capacities;        /* one for each trouble */
    const char *municipality, *name; /* of the delivery before */
    const char *account, *language;  /* of the place before: most have the same */
    bool is_reached;
};
void tally_begin(struct tally_counting *counting, struct arena *arena, struct tally *out);
void tally_add(struct tally_counting *counting, const struct delivery_record *delivery);
void tally_end(struct tally_counting *counting);

/* All deliveries of a run of the store. */
int tally_count(struct arena *arena, struct store *store, const struct run_record *run,
                struct tally *out, struct error *error);

size_t tally_pending(const struct tally *tally);
size_t tally_in_doubt(const struct tally *tally);

/* "0301 Oslo, 1103 Stavanger and 7 more" */
void tally_trouble_places(const struct tally_trouble *trouble, struct text *out);
void tally_unreached_places(const struct tally *tally, struct text *out);

/* What was posted is retracted, all of it: nothing of the run is to be sent any more. */
bool tally_is_taken_back(const struct tally *tally);

/* The exit code that such a run ends in: 0, some failed, or unfinished. */
enum error_kind tally_kind(const struct tally *tally);

#endif

/* A delivery while it is worked on, and its addressee. What waits for its turn is a few bytes in
 * the schedule (there may be a million of them): take_up.c makes a delivery of it from the store.
 */
#ifndef CRISIS_DISPATCH_DELIVERY_H
#define CRISIS_DISPATCH_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "channels/channel.h"
#include "model/delivery.h"
#include "store/store.h"

#include "dispatch/dispatch.h"

struct host;
struct attempt;
struct renewal;

/* One network kind: what all of its accounts share. */
struct network_state {
    const struct channel_driver *driver;
    const struct network *network;
    int64_t not_before_ms; /* the app's limit: nobody starts before */
    struct host *host; /* of all of its accounts; NULL: not looked up yet, or each has its own */
    struct channel_counts counts;
};

/* A post of the message that this run's message follows, in one language. */
struct followed_post {
    const char *language;
    struct post post;
    struct followed_post *next;
};

/* An account as an addressee, as long as a delivery to it is held or something is known that later
 * ones must know. */
struct addressee {
    struct addressee *next; /* in its bucket */
    struct arena *arena;
    struct stored_account *stored; /* row 0: not registered any more */
    unsigned delivery_count;       /* that are held */
    struct network_state *network;
    struct host *host;
    const char *municipality_name;
    const struct followed_post *followed; /* what to post under; NULL: nothing */
    int64_t not_before_ms;                /* the account's own limit */
    unsigned under_way;                   /* attempts at its deliveries, their records included */
    bool is_looked_at;                    /* one of them is a look-up */
    struct delivery *held;                /* until those have ended, linked by `next` */
    const void *sealed;                   /* the credential: as stored, or as renewed since */
    size_t sealed_size_bytes;
    void *renewed;            /* on the heap, what sealed points to; NULL: as stored */
    int64_t renewed_at_ms;    /* monotonic; 0: never in this process */
    bool was_renewed;         /* or it was tried, and failed */
    struct renewal *renewal;  /* under way; NULL: none */
    struct delivery *waiting; /* for it, linked by `next` */
};

struct delivery {
    struct heap_node wake;                      /* while it waits */
    struct delivery *next;                      /* in its host's ready list */
    struct delivery *held_previous, *held_next; /* among all that are held */
    size_t index;                               /* in the run's order */
    struct addressee *addressee;
    struct attempt *attempt; /* while one is under way */
    int64_t row, draft_row;
    int64_t first_started_ms; /* monotonic; 0: not in this process */
    int64_t first_sent_unix_ms;
    const char *language;
    char *progress; /* JSON of a delivery that is half done, on the heap; NULL: at the start */
    uint32_t attempts;
    uint16_t attempt_count; /* at it that are not freed yet */
    uint16_t look_ups;
    uint16_t retractions; /* tries at taking it back, in this process */
    uint8_t part_count;
    uint8_t state;   /* enum delivery_state */
    bool is_over;    /* nothing more happens to it in this process: it goes with its last attempt */
    bool to_look_up; /* its next attempt is a look-up */
    bool to_retract; /* it is to be taken back, and that has not ended */
    bool is_paused;  /* it waits for its network, within an attempt: nothing has failed */
    bool told_waiting, told_in_doubt;
    bool refused_as_duplicate;
    bool may_be_posted; /* an attempt that is harmless twice may have been acted on. Of what is
                           taken back: more may be out there than is known */
    unsigned char key[16];
};

#endif

/* A delivery as the dispatcher holds it: small, since there may be a million of them. */
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
    struct channel_counts counts;
};

/* A post of the message that this run's message follows, in one language. */
struct followed_post {
    const char *language;
    struct post post;
    struct followed_post *next;
};

/* An account as an addressee. */
struct addressee {
    const struct stored_account *stored;
    struct network_state *network;
    struct host *host;
    const char *municipality_name;
    struct followed_post *followed; /* what to post under; NULL: nothing */
    bool is_called_off;    /* what was posted there before the runs that were read is over */
    int64_t not_before_ms; /* the account's own limit */
    unsigned under_way;    /* attempts at its deliveries, their records included */
    bool is_looked_at;     /* one of them is a look-up */
    struct delivery *held; /* until those have ended, linked by `next` */
    const void *sealed;    /* the credential: as stored, or as renewed since */
    size_t sealed_size_bytes;
    void *renewed;            /* on the heap, what sealed points to; NULL: as stored */
    int64_t renewed_at_ms;    /* monotonic; 0: never in this process */
    bool was_renewed;         /* or it was tried, and failed */
    struct renewal *renewal;  /* under way; NULL: none */
    struct delivery *waiting; /* for it, linked by `next` */
};

struct delivery {
    struct heap_node wake; /* while it waits */
    struct delivery *next; /* in its host's ready list */
    struct addressee *addressee;
    struct attempt *attempt; /* while one is under way */
    int64_t row, draft_row;
    int64_t first_started_ms; /* monotonic; 0: not in this process */
    int64_t first_sent_unix_ms;
    const char *language;
    char *progress; /* JSON of a delivery that is half done, on the heap; NULL: at the start */
    uint32_t attempts;
    uint16_t look_ups;
    uint8_t part_count;
    uint8_t state;   /* enum delivery_state */
    bool to_look_up; /* its next attempt is a look-up */
    bool is_paused;  /* it waits for its network, within an attempt: nothing has failed */
    bool told_waiting, told_in_doubt;
    bool refused_as_duplicate;
    bool may_be_posted; /* an attempt that is harmless twice may have been acted on */
    unsigned char key[16];
};

#endif

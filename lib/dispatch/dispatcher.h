/* The dispatcher's inside, shared by dispatcher.c (the loop), load.c (what there is to do),
 * take_up.c (from its row to a delivery), pump.c (whose turn it is) and attempt.c (one try at one
 * delivery). */
#ifndef CRISIS_DISPATCH_DISPATCHER_H
#define CRISIS_DISPATCH_DISPATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/page_pool.h"
#include "net/loop.h"

#include "dispatch/addressees.h"
#include "dispatch/delivery.h"
#include "dispatch/dispatch.h"
#include "dispatch/drafts.h"
#include "dispatch/journal.h"
#include "dispatch/schedule.h"
#include "dispatch/window.h"

/* What is to be done about a delivery. */
enum work {
    WORK_NONE,
    WORK_QUEUED, /* when its turn comes */
    WORK_PLACED, /* looked at at once: nobody knows where it stands */
};

struct dispatcher {
    const struct dispatch_options *options;
    struct arena *arena;
    struct journal *journal;
    struct schedule schedule;
    struct window window; /* how many attempts may be under way */

    struct addressees addressees;
    struct drafts drafts;
    struct followed *followed; /* posts of earlier messages to post under; NULL: none */
    struct network_state *networks;
    size_t network_count;
    struct channel_counts *counts; /* of the networks, for progress */
    uint8_t *states; /* of the run's deliveries, in their order; of a held one, as it was before */
    uint8_t *due;    /* of each, enum work; NULL: this is no retraction, and the state says it */
    size_t delivery_count;
    int64_t first_row;      /* of them: their rows are consecutive */
    struct delivery *held;  /* those that are worked on */
    const char **languages; /* each once */
    size_t language_count;

    struct loop_timer *pump_timer, *window_timer, *progress_timer, *deadline_timer, *stop_timer;
    struct page_pool attempt_memory;
    unsigned char nonces[1024]; /* random; what is at nonce_count and behind it has been used */
    size_t nonce_count;
    struct attempt *attempts; /* under way, their records included */
    size_t in_flight;         /* how many, and renewals */
    size_t unanswered;        /* requests that have been sent */
    bool stopping;            /* nothing new is begun */
    bool closing;             /* nothing is sent any more */
    bool window_is_watched;   /* its timer is set */
    bool is_taking_up;        /* the reader is in a transaction */
    bool any_answer;          /* some network has answered something */
    int64_t started_ms, looked_for_stop_ms;
    int64_t started_unix_ms;
    uint64_t random_state;
    struct dispatch_result result;
    struct error error; /* set: it could not go on */
};

/* --- load.c ---------------------------------------------------------------------------------- */
/* Reads the run's deliveries, and puts each where its state says. */
int dispatcher_load(struct dispatcher *dispatcher, struct error *error);

/* --- take_up.c ------------------------------------------------------------------------------- */
/* Makes the delivery of that index from its row. NULL: the store failed, or an endpoint is not
 * allowed, and so has the dispatcher. For the schedule: the context is the dispatcher. */
struct delivery *dispatcher_take_up(void *context, size_t index);
/* What is taken up until this is called is read in one transaction: to begin one costs more than
 * to read a row. */
void dispatcher_took_up(struct dispatcher *dispatcher);
/* Forgets a delivery that is over and has no attempt left. */
void dispatcher_let_go(struct dispatcher *dispatcher, struct delivery *delivery);
/* Forgets all that are held, and writes down their states. */
void dispatcher_let_go_all(struct dispatcher *dispatcher);
/* Finds out where an account's requests go; *out NULL: nowhere. The gate let only certain endpoints
 * through: any other is an error. */
int dispatcher_locate(struct dispatcher *dispatcher, const struct account *account,
                      struct network_state *network, struct host **out, struct error *error);
/* What is known of its protocol may have changed. */
void dispatcher_look_at_host(struct dispatcher *dispatcher, struct host *host);
struct network_state *dispatcher_find_network(struct dispatcher *dispatcher, const char *channel);
/* Records that a delivery fails because its account has no address. */
void dispatcher_give_up_unaddressed(struct dispatcher *dispatcher, struct delivery *delivery);

/* --- pump.c ---------------------------------------------------------------------------------- */
/* For the timers: the context is the dispatcher. */
void dispatcher_pump(void *context);
void dispatcher_look_at_window(void *context);
/* Looks at the delivery again at until_ms, or when its message expires, whichever is first. */
void dispatcher_wait(struct dispatcher *dispatcher, struct delivery *delivery, int64_t until_ms);

/* --- attempt.c ------------------------------------------------------------------------------- */
/* Begins a try at a delivery that schedule_next() gave out. */
void attempt_start(struct dispatcher *dispatcher, struct delivery *delivery);
/* Records without a try that a delivery failed: its message has expired, or it has no account. */
void attempt_give_up(struct dispatcher *dispatcher, struct delivery *delivery,
                     const struct failure *failure);
/* Makes ready for attempts. */
void attempts_init(struct dispatcher *dispatcher);
/* Forgets what is still under way, when no callback will come any more. */
void attempts_drop(struct dispatcher *dispatcher);
/* How long a host's oldest request has been under way; -1: none is. */
int64_t attempt_oldest_ms(const struct host *host, int64_t now_ms);

/* --- dispatcher.c ---------------------------------------------------------------------------- */
void dispatcher_fail(struct dispatcher *dispatcher, const struct error *error);
/* Something has ended or become possible: begin what can be begun, or end the run. */
void dispatcher_pump_soon(struct dispatcher *dispatcher);
/* A request that began at began_ms ended without a whole answer, or with one. */
void dispatcher_host_ended(struct dispatcher *dispatcher, struct host *host, int64_t began_ms,
                           bool failed, const char *reason, const char *next);
/* Whether the run is to stop: asked before each request, so that none leaves after that. */
bool dispatcher_must_stop(struct dispatcher *dispatcher);
/* The wall clock as it was when the run began, and since then without its jumps: for what is
 * compared with another time of this clock, such as how long ago a request left. */
int64_t dispatcher_unix_ms(const struct dispatcher *dispatcher);
uint32_t dispatcher_random(struct dispatcher *dispatcher);

#endif

/*
 * The dispatcher: takes a run's deliveries out of the store, sends each to its network, and records
 * what became of it. It alone chooses, paces and records; drivers say what to send, lib/net sends
 * it.
 *
 * What it promises: before the first byte of a request that could publish leaves, the delivery is
 * durable as `sending`; before an outcome is reported, it is durable with its audit entry. So a
 * process may die at any moment, and dispatch_run() on the same run goes on: what was `sending` is
 * looked up on the network first.
 */
#ifndef CRISIS_DISPATCH_DISPATCH_H
#define CRISIS_DISPATCH_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "channels/channel.h"
#include "model/account.h"
#include "model/delivery.h"
#include "store/store.h"

#include "dispatch/app.h"

struct loop;
struct http_client;
struct outlet;
struct vault;
struct verified_run;

/* What is told of a delivery when something about it has become durable. */
struct delivery_report {
    const char *key; /* base64url */
    const char *municipality, *municipality_name, *channel, *account, *language;
    enum delivery_state state;
    const struct post *posts;
    size_t post_count;
    unsigned attempts;
    int64_t duration_ms;
    const struct failure *failure; /* NULL: none */
    int64_t retry_in_ms;           /* waiting: until the next attempt */
    size_t left_out_count;         /* posted: pictures that the network would not take */
};

/* Counts of one channel, for progress. Of a retraction: total is what there is to take back, failed
 * what could not be. */
struct channel_counts {
    const struct channel_driver *driver;
    size_t total, posted, retracted, failed, in_doubt, in_flight;
};

struct dispatch_progress {
    const struct channel_counts *channels;
    size_t channel_count;
    const char *slowest_host; /* the origin whose oldest request has been under way longest; NULL */
    int64_t slowest_ms;
};

struct dispatch_observer {
    void *context;
    /* A final state, or the first time that a delivery has to wait. */
    void (*delivery)(void *context, const struct delivery_report *report);
    /* A few times a second. */
    void (*progress)(void *context, const struct dispatch_progress *progress);
    /* A host that is not answered by, once each time it goes; what is next to do. */
    void (*host_down)(void *context, const char *origin, const char *reason, const char *next);
};

struct dispatch_options {
    struct loop *loop;
    struct http_client *http;
    struct outlet *outlet;         /* of the public site */
    struct store *writer, *reader; /* two handles on the same store */
    struct vault *vault;
    struct app_secrets app_secrets; /* of the coordinator's apps on the run's networks */
    const struct run_record *run;
    const struct verified_run *verified; /* only its endpoints are talked to */
    const struct media *media;           /* of the run: store_run_media() */
    size_t media_count;
    const struct stored_account *accounts;
    size_t account_count;
    const struct network *(*network)(void *context, const char *channel);
    void *network_context;
    int64_t deadline_ms; /* from now; nothing new is begun after it */
    bool canaries_only;  /* the run's other deliveries stay as they are */
    struct dispatch_observer observer;
    enum channel_task task; /* TASK_POST; or TASK_RETRACT: see dispatch/retraction.h */
    /* RETRACT: whether a delivery is meant. NULL: all are. */
    bool (*is_meant)(void *context, const struct delivery_record *delivery);
    void *meant_context;
};

struct dispatch_result {
    size_t posted, failed, in_doubt, pending, skipped;
    size_t posted_without; /* of the posted ones, those of which a picture was left out */
    /* Of a retraction: pending and in_doubt are of those that were meant. */
    size_t retracted; /* now */
    size_t kept;      /* cannot be taken back: their posts are there still */
    bool interrupted; /* SIGINT or SIGTERM */
    bool stopped;     /* store_run_ask_stop() */
    bool past_deadline;
    bool network_down; /* no host of the run could be reached at all */
    int64_t duration_ms;
};

/* Sends what the run has left to send, or takes back what it has posted. Returns -1 when it could
 * not go on (the store failed): what was recorded stands, and resume goes on. The run must be
 * locked by the caller, with the writer.
 *
 * It is cut short by a signal, by the deadline, and by store_run_ask_stop(). All begin nothing new
 * and leave what is under way a few seconds. A signal and the deadline let a delivery of several
 * requests come to its end, unless it must wait for its network; a stop takes back what has not
 * been sent yet and lets no further request leave. */
int dispatch_run(const struct dispatch_options *options, struct dispatch_result *out,
                 struct error *error);

/* The origin (scheme://host:port) that an account's requests go to; false when it has none. */
bool dispatch_origin(const struct account *account, const struct network *network, char *out,
                     size_t size);

/* The draft of a delivery, with its media: all but their bytes, which are the run's, in the arena.
 */
int dispatch_draft(const struct dispatch_options *options, struct arena *arena, int64_t draft_row,
                   struct draft *out, struct error *error);

/* The account of a delivery, or NULL when it is no longer registered. options->accounts stand in
 * the store's order: by municipality, channel and label. */
const struct stored_account *dispatch_find_account(const struct dispatch_options *options,
                                                   const struct delivery_record *record);

#endif

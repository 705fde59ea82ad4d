/*
 * An attempt from within: what attempt.c (its story), attempt_end.c (how it ends),
 * attempt_retract.c (the same of a retraction) and attempt_entry.c (what is recorded and told of
 * it) share.
 */
#ifndef CRISIS_DISPATCH_ATTEMPT_H
#define CRISIS_DISPATCH_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "channels/channel.h"

#include "dispatch/delivery.h"
#include "dispatch/dispatcher.h"
#include "dispatch/journal.h"
#include "dispatch/verdict.h"

enum { KEY_TEXT_SIZE = 32 };

struct attempt {
    struct dispatcher *dispatcher;
    struct delivery *delivery;
    struct attempt *previous, *next;         /* of the host's under way, oldest first */
    struct attempt *all_previous, *all_next; /* of the dispatcher's */
    enum channel_task task;
    struct arena *arena;       /* NULL: nothing is in it */
    const struct draft *draft; /* shared; NULL: not read yet */
    char key[KEY_TEXT_SIZE];   /* the delivery's, as base64url */
    struct channel_action action;
    struct credential credential; /* open only while a request is built */
    struct text credential_pairs;
    enum request_effect effect;              /* of the request under way */
    bool counted_sent;                       /* this attempt has been counted */
    bool is_pause;                           /* it ends in a pause, to go on after it */
    bool counted_in_flight;                  /* so has the delivery, on its network */
    bool host_waits;                         /* the host counts a request of ours */
    struct channel_progress *before_look_up; /* TASK_FIND, until it has concluded: the post's */
    const char **known_ids;                  /* TASK_FIND: posts of other deliveries */
    size_t known_id_count;
    int64_t started_ms;
    int http_status;
    enum delivery_state end; /* the state that was recorded last */
    struct failure failure;
    bool has_failure;
    int64_t retry_in_ms;
    struct channel_progress progress; /* last: of its posts, most attempts use one */
};

static inline const struct channel_driver *attempt_driver(const struct delivery *delivery)
{
    return delivery->addressee->network->driver;
}

static inline const struct account *attempt_account(const struct delivery *delivery)
{
    return &delivery->addressee->stored->account;
}

/* --- attempt.c ------------------------------------------------------------------------------- */
void attempt_free(struct attempt *attempt);
/* Its intent is on disk (for journal_change.durable): its request leaves, unless the run stops. */
void attempt_send(void *context);
/* Frees an attempt that has sent nothing; its delivery stands in no list then. */
void attempt_drop_unsent(struct attempt *attempt);

/* --- attempt_known.c ------------------------------------------------------------------------- */
/* A look-up must not take an older post with the same text for its own: what other deliveries to
 * the account have made is known. */
int attempt_gather_known(struct attempt *attempt, struct error *error);

/* --- attempt_entry.c ------------------------------------------------------------------------- */
/* The delivery's key as base64url. */
void attempt_key(const struct delivery *delivery, char out[KEY_TEXT_SIZE]);
/* The audit entry of a request that is about to leave, with the text that it would publish, or the
 * posts that are to be deleted. */
void attempt_intent_entry(const struct attempt *attempt, struct text *entry);
/* The audit entry of how the attempt, or a look-up, ended. */
void attempt_outcome_entry(const struct attempt *attempt, struct text *entry);
/* Tells the observer of the state that was recorded. */
void attempt_report(const struct attempt *attempt);

/* --- attempt_host.c -------------------------------------------------------------------------- */
/* While it talks to its host: how many do, and which is the oldest. */
void attempt_enter_host(struct attempt *attempt);
/* Nothing where it has not entered. */
void attempt_leave_host(struct attempt *attempt, bool failed, const char *reason, const char *next);
/* The time by the host's clock, as far as it has said: it compares our signatures with it, and its
 * posts have times by it. */
int64_t attempt_host_unix_ms(const struct attempt *attempt, int64_t unix_ms);
void attempt_note_clock(struct attempt *attempt, const struct http_reply *reply);

/* --- attempt_end.c --------------------------------------------------------------------------- */
/* A change of this attempt's delivery, ready to be filled in further. */
struct journal_change attempt_change(struct attempt *attempt, enum delivery_state to,
                                     void (*durable)(void *context));
/* Is no secret in the URL of its next request? While the credential is open. (The answers to posts,
 * look-ups and deletions hold none.) */
bool attempt_leaves_no_secret(const struct attempt *attempt, const struct credential *app);
/* What the driver must know to go on, kept in memory and in the change. */
void attempt_keep_progress(struct attempt *attempt, struct journal_change *change);
void attempt_set_failure(struct attempt *attempt, enum failure_kind kind, const char *message,
                         const char *next);
/* Adds what is missing to the failure of one that stays in doubt, or is tried again. */
void attempt_explain_doubt(struct attempt *attempt);
void attempt_explain_wait(struct attempt *attempt);
/* The state of its delivery when this attempt comes to nothing, and another one follows. */
enum delivery_state attempt_state_kept(const struct attempt *attempt);
/* Does what the verdict says: records the state in which the attempt leaves its delivery, and puts
 * the delivery where it goes next. The attempt itself lives until that is on disk. */
void attempt_act_on(struct attempt *attempt, struct verdict verdict);
/* The same for what a driver or the network said. outcome NULL: no whole reply came. */
void attempt_conclude(struct attempt *attempt, const struct channel_outcome *outcome,
                      bool was_sent);
/* Ends because the run is stopped: the delivery keeps what it has got to, and what is being looked
 * up stays in doubt. */
void attempt_halt(struct attempt *attempt);
/* The network needs a while: the delivery waits, and the same attempt goes on after it. */
void attempt_pause(struct attempt *attempt, int64_t pause_ms);
/* Ends without a request: `to` is recorded with attempt->failure. */
void attempt_end(struct attempt *attempt, enum delivery_state to);

/* --- attempt_retract.c: when the run is taken back (dispatch/retraction.h) ------------------- */
/* Its request is built. True: this has seen to the rest, and the attempt may be gone. */
bool attempt_take_over(struct attempt *attempt);
/* Keeps in memory where the deletion has got to, and what there is to delete. */
void attempt_remember(struct attempt *attempt);
void attempt_count_retraction(struct attempt *attempt, struct channel_counts *counts);
/* attempt_act_on() for every verdict but VERDICT_LOOK_UP. */
void attempt_act_on_retraction(struct attempt *attempt, struct verdict verdict);

#endif

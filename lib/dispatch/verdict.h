/*
 * The only place that decides what an answer, or the lack of one, means for a delivery: posted,
 * again later, look it up, in doubt, failed. Drivers and the HTTP client only say what they saw.
 *
 * What decides is whether the request may have been acted on, not the kind of error:
 *
 *   nothing was sent                        → again later, as often as time allows
 *   sent, no whole answer, harmless twice   → again later
 *   sent, no whole answer, a post           → look it up: found → posted; known absent → queued
 *                                             again; cannot be known → stays in doubt
 *
 * Taking a post back is harmless twice: what is gone already counts as taken back.
 */
#ifndef CRISIS_DISPATCH_VERDICT_H
#define CRISIS_DISPATCH_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "channels/channel.h"

enum verdict_action {
    VERDICT_POSTED,
    VERDICT_RETRY,      /* wait, then the same again */
    VERDICT_LOOK_UP,    /* in doubt: wait, then look it up */
    VERDICT_SEND_AGAIN, /* looked up and known not to be there: queued again */
    VERDICT_IN_DOUBT,   /* nobody can tell: for a person to look */
    VERDICT_FAILED,
    VERDICT_RETRACTED,
};

struct verdict {
    enum verdict_action action;
    int64_t wait_ms;
};

struct verdict_question {
    enum channel_task task;     /* TASK_POST, TASK_FIND or TASK_RETRACT */
    unsigned features;          /* the driver's */
    enum request_effect effect; /* of the request that was answered, or not */
    bool was_sent;              /* by lib/net: the request may have reached the network */
    const struct channel_outcome *outcome; /* NULL: no whole reply came */
    unsigned attempts;                     /* made so far, this one included */
    unsigned look_ups;                     /* made so far, this one included */
    bool refused_as_duplicate;             /* the network said so when it was posted */
    bool may_be_posted;                    /* by an earlier attempt, see verdict_leaves_open() */
    int64_t since_sent_ms;                 /* since the request in doubt left */
    uint32_t random;
};

/* HTTP_NOT_ALLOWED is for good, whatever was asked: what a person does about it, and the code that
 * such a failure has. */
extern const char verdict_not_allowed_next[];
extern const char verdict_not_allowed_code[];

struct verdict verdict_decide(const struct verdict_question *question);

/* Whether a failure that is followed by a repetition leaves open that the request was acted on: not
 * when the network refused it, or never saw it. */
bool verdict_leaves_open(enum failure_kind kind, bool was_sent);

/* What to do first with a delivery that was `sending` when a process died, or is in doubt. */
struct verdict verdict_after_crash(unsigned features, int64_t since_sent_ms);

#endif

/* Stopping runs that other processes may be sending: `stop` does it, and a message that calls off
 * another one before it goes out. */
#ifndef CRISIS_CMD_STOPPING_H
#define CRISIS_CMD_STOPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

#include "cmd/context.h"

struct loop;
struct loop_timer;

struct stop_target {
    struct run_record run;
    struct run_holder holder;
    bool is_sent_now;
    bool is_told;       /* that its process begins nothing new */
    bool is_retraction; /* that is what its process does */
};

struct stopping {
    struct context *context;
    struct stop_target *targets;
    size_t count;
    int64_t began_ms; /* monotonic */
    struct loop *loop;
    struct loop_timer *timer;
};

/* One more run to stop, which has room among the targets. */
void stopping_add(struct stopping *stopping, const struct run_record *run);

/* Asks the processes that send them, which needs nothing but a file of some bytes; puts the stop on
 * record; waits for what is under way; tells what became of each. Fails when one cannot be stopped,
 * after all the others are; *out_was_asked: they have been asked all the same. */
int stopping_run(struct stopping *stopping, bool *out_was_asked, struct error *error);

/* Puts on record that a run is stopped, unless that stands there. with_rest: nobody works on the
 * run, so that what was queued or waiting is stopped too, and its end is told, with where it
 * stands. */
int stopping_mark(struct store *store, const struct run_record *run, bool with_rest,
                  struct error *error);

#endif

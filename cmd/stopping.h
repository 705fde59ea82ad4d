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
    bool is_told; /* that its process begins nothing new */
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

#endif

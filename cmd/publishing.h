/*
 * Publishing the audit log while a command works, for every command that may write to the store:
 *
 *     publishing_open()      publishes what a process that died has left, and refuses a store that
 *                            does not fit what has been signed
 *     publishing_start()     a send: once a second from the thread pool, beside the deliveries
 *     publishing_stop()      before the loop is freed
 *     publishing_finish()    what has been appended since, and the witnesses
 *
 * No delivery waits for any of it, and a log that cannot be published now is a warning: its entries
 * are safe in the store, and the next command publishes them.
 */
#ifndef CRISIS_CMD_PUBLISHING_H
#define CRISIS_CMD_PUBLISHING_H

#include <stdbool.h>

#include "base/error.h"
#include "net/loop.h"
#include "store/store.h"
#include "store/workspace.h"

struct publishing;

/* *out NULL, and 0: the workspace has no log to publish. ERROR_VERIFICATION: nothing may be written
 * to this store any more; the error says how to begin a new log. The workspace must outlive it. */
int publishing_open(const struct workspace *workspace, struct store *store, struct publishing **out,
                    struct error *error);
void publishing_close(struct publishing *publishing); /* NULL is fine */

void publishing_start(struct publishing *publishing, struct loop *loop);
void publishing_stop(struct publishing *publishing);

/* may_connect: witnesses may be asked. At the end of a send they always are, else at most every ten
 * seconds. */
void publishing_finish(struct publishing *publishing, struct store *store, bool may_connect);

#endif

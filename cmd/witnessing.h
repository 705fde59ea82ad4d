/*
 * The workspace's witnesses, asked to cosign the published checkpoint (audit/witness.h).
 *
 * Work on the log's files is done on the thread pool, one piece at a time: the caller collects it
 * with witnessing_begin_work(), runs witnessing_work() there, and then calls witnessing_ask() on
 * the loop. on_news is called on the loop when an answer has made new work.
 */
#ifndef CRISIS_CMD_WITNESSING_H
#define CRISIS_CMD_WITNESSING_H

#include <stdbool.h>
#include <stdint.h>

#include "net/http_client.h"
#include "store/published_log.h"
#include "store/workspace.h"

struct witnessing;

/* NULL when the configuration names none. */
struct witnessing *witnessing_new(const struct workspace *workspace, void (*on_news)(void *context),
                                  void *context);
void witnessing_free(struct witnessing *witnessing); /* NULL is fine */

/* When they were asked last, by this or another process; 0: never. */
int64_t witnessing_asked_unix_ms(const struct witnessing *witnessing);
/* All that are not busy are to be asked about the checkpoint that is there. */
void witnessing_want(struct witnessing *witnessing, int64_t unix_ms);
/* Whether anything is wanted, at work, or under way. */
bool witnessing_is_busy(const struct witnessing *witnessing);

/* On the loop: whether there is work; it is taken up. */
bool witnessing_begin_work(struct witnessing *witnessing);
/* On the pool. */
void witnessing_work(struct witnessing *witnessing, struct published_log *log);
/* After the work: the error that stops the log for good, because a witness has shown it to be a
 * fork (published_log_stop()); NULL: none. */
const struct error *witnessing_fork(const struct witnessing *witnessing);
/* On the loop, after the work: sends the requests that are ready. http NULL: none can be sent. */
void witnessing_ask(struct witnessing *witnessing, struct http_client *http);
/* The exchanges under way were dropped. */
void witnessing_drop(struct witnessing *witnessing);

/* Keeps for the next process what the witnesses know. */
void witnessing_save(struct witnessing *witnessing);

#endif

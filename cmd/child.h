/* This program once more, as another process: a command of its own with --json, whose events are
 * read as they come. */
#ifndef CRISIS_CMD_CHILD_H
#define CRISIS_CMD_CHILD_H

#include "base/error.h"
#include "base/process.h"
#include "wire/json.h"

/* Starts `crisis --json WORDS…`; NULL ends them. */
int child_start(struct supervisor *supervisor, const char *const *words, struct process *out,
                struct error *error);

/* Its next event; free it with json_free(). NULL when there is none any more, or when a signal has
 * come (supervisor->interrupted). */
struct json *child_next_event(struct process *child);

/* Runs one to its end. each() is called for every event; NULL: nobody listens. Returns its exit
 * code and, where it said what went wrong, *said; -1 with the error set when it could not be
 * started, or when a signal came (ERROR_INTERRUPTED, without a message): it is gone then. */
int child_run(struct supervisor *supervisor, const char *const *words,
              void (*each)(void *context, const char *name, const struct json *event),
              void *context, struct error *said, struct error *error);

#endif

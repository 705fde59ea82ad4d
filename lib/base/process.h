/*
 * Other processes that this one starts, one after the other or beside each other, and reads from;
 * and the signals that end it meanwhile.
 *
 *     struct supervisor supervisor;
 *     if (supervisor_begin(&supervisor, error) < 0) …
 *     if (process_start(&supervisor, "/proc/self/exe", arguments, &process, error) == 0) {
 *         while (process_read_line(&process, &line) == PROCESS_LINE) …
 *         int code = process_end(&process);
 *     }
 *     supervisor_end(&supervisor);
 *
 * A process that was started dies with the one that started it, however that one ends. Not for
 * processes with threads of their own running.
 */
#ifndef CRISIS_BASE_PROCESS_H
#define CRISIS_BASE_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* SIGINT, SIGTERM and SIGHUP, which wait to be read instead of ending this process. A SIGHUP that
 * was ignored before stays so. */
struct supervisor {
    int signals;      /* a descriptor to read them from */
    sigset_t before;  /* what was blocked */
    bool interrupted; /* one has come */
};

int supervisor_begin(struct supervisor *supervisor, struct error *error);
void supervisor_end(struct supervisor *supervisor);

struct process {
    struct supervisor *supervisor;
    pid_t id;         /* 0: none */
    int output;       /* what it prints is read from here */
    struct text rest; /* read, and not yet given out */
};

/* Starts a program; arguments[0] is its name, NULL ends them. Its standard input is empty, its
 * standard output is read by process_read_line(), its standard error is lost. ERROR_SYSTEM. */
int process_start(struct supervisor *supervisor, const char *program, const char *const *arguments,
                  struct process *out, struct error *error);

enum process_event {
    PROCESS_LINE,        /* *line holds it, without its end */
    PROCESS_SILENT,      /* it has closed its output: it has ended, or is about to */
    PROCESS_INTERRUPTED, /* a signal has come, now or before */
};

enum { PROCESS_LINE_MAX_BYTES = 256 * 1024 };

/* Waits for the next line it prints. A line over PROCESS_LINE_MAX_BYTES comes in pieces. */
enum process_event process_read_line(struct process *process, struct text *line);

/* Waits until it has ended and returns its exit code; 128 and the signal's number when a signal has
 * ended it; -1 when there is none. */
int process_end(struct process *process);
/* Kills it first. Also for one that was never started. */
void process_kill(struct process *process);

#endif

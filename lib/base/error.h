/*
 * An error is a value: what went wrong, in a sentence for the person who must act, and the exit
 * code that it ends in. A function that can fail takes `struct error *error` last and returns 0 or
 * -1; it sets the error where the cause is known, once, and nobody overwrites it on the way up.
 *
 *     if (open_it(path) < 0)
 *         return error_set(error, ERROR_SYSTEM, "cannot open '%s': %s", path, error_errno(errno));
 *
 * A message begins in lower case with the cause, quotes names with '…', and has no final stop.
 * error_next() adds what to do about it.
 */
#ifndef CRISIS_BASE_ERROR_H
#define CRISIS_BASE_ERROR_H

/* The kinds are the exit codes of the program: one table, documented in docs/man/crisis.1. */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_SYSTEM = 1, /* an internal or system error: disk, database, network down altogether */
    ERROR_USAGE = 2,  /* wrong usage */
    ERROR_INPUT = 3,  /* the plan or another input file is not valid */
    ERROR_NOT_APPROVED = 4,  /* not approved, approval expired, or signed for something else */
    ERROR_SOME_FAILED = 5,   /* done, but some deliveries failed for good */
    ERROR_UNFINISHED = 6,    /* stopped, past the deadline, or deliveries in doubt */
    ERROR_VERIFICATION = 7,  /* a log, proof or signature does not verify */
    ERROR_INTERRUPTED = 130, /* interrupted; `resume` goes on */
};

struct error {
    enum error_kind kind;
    char message[1024];
    char next[512]; /* what the reader should do now; empty when the message says it */
};

/* Sets *error unless it is set already (the first cause stands). Returns -1 always, so that callers
 * can `return error_set(…)`. `error` may be NULL. A message over the buffer ends in "…". */
int error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the next step to an error just set, unless it has one. Returns -1. */
int error_next(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

void error_clear(struct error *error);

/* The system's words for an errno value ("no such file or directory"), static or in a buffer of the
 * thread. */
const char *error_errno(int errno_value);

#endif

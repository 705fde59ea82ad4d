/*
 * What `doctor` finds: good, doubtful or in the way of a send, each with its next step.
 *
 *     diagnosis_problem(diagnosis, "disk", ERROR_SYSTEM, "no room is left on '%s'", path);
 *     diagnosis_next(diagnosis, "make room");
 *
 * The texts are the arena's.
 */
#ifndef CRISIS_CMD_DIAGNOSIS_H
#define CRISIS_CMD_DIAGNOSIS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/language.h"

#define FINDING_LEVELS(X)                                                                          \
    X(FINDING_OK, N_("ok"))                                                                        \
    X(FINDING_WARNING, N_("warning")) /* a send would go out, but somebody should look at it */    \
    X(FINDING_PROBLEM, N_("problem")) /* a send, or a part of it, would fail */

#define NAMED_VALUE(value, name) value,
enum finding_level { FINDING_LEVELS(NAMED_VALUE) FINDING_LEVEL_COUNT };
#undef NAMED_VALUE
const char *finding_level_name(enum finding_level level);

struct finding {
    enum finding_level level;
    enum error_kind kind; /* of a problem: what a send would end in because of it */
    const char *check;    /* "disk": a word of docs/man/crisis-doctor.1 */
    const char *message;
    const char *next; /* what to do about it; NULL: nothing */
};

struct diagnosis {
    struct arena *arena;
    struct finding *items;
    size_t count, capacity;
    size_t level_counts[FINDING_LEVEL_COUNT];
};

void diagnosis_init(struct diagnosis *diagnosis, struct arena *arena);

void diagnosis_ok(struct diagnosis *diagnosis, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnosis_warning(struct diagnosis *diagnosis, const char *check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnosis_problem(struct diagnosis *diagnosis, const char *check, enum error_kind kind,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A problem, or a warning, out of an error. */
void diagnosis_error(struct diagnosis *diagnosis, const char *check, enum finding_level level,
                     const struct error *error);
/* What to do about the last one. */
void diagnosis_next(struct diagnosis *diagnosis, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit code: ERROR_NONE without a problem, else the gravest of the problems' kinds, which is
 * the first of 1, 7, 3, 4 and 5. With ERROR_SOME_FAILED a send would go out, but not to all. */
enum error_kind diagnosis_kind(const struct diagnosis *diagnosis);

#endif

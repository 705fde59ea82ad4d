/*
 * The after-action report of a run: what is in it, whatever form it takes. It is made from the
 * store and checked against the audit log; this room gets values and makes bytes.
 */
#ifndef CRISIS_REPORT_REPORT_H
#define CRISIS_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/post.h"
#include "store/store.h"

#include "report/figures.h"

/* Keys, not names: the audit log has no others. */
struct report_approval {
    const char *key;       /* "SHA256:…" */
    const char *statement; /* the short hash of what was signed with it */
};

/* What the audit log tells of the run as a whole: begun, asked to stop, stopped, resumed, ended. */
struct report_event {
    int64_t unix_ms;
    const char *words;
};

struct report {
    const struct run_record *run;
    const char *sender; /* the process that sends it now; NULL: none does */
    struct figures figures;
    const struct report_approval *approvals;
    size_t approval_count;
    const char *emergency; /* what the log says of the emergency path; NULL: it was not taken */
    const struct report_event *events;
    size_t event_count;
    const struct figures *rehearsal; /* the last one of the same message: an exercise, or one in a
                                        sandbox; NULL: there was none */
    bool rehearsal_was_in_sandbox;

    uint64_t entry_count;        /* of the audit log, and its root in base64 */
    const char *root;            /* NULL: it could not be found out */
    const char *difference;      /* what differs from the audit log; NULL: nothing does */
    const char *difference_next; /* and what to do about it */

    const char *program; /* "crisis 0.1.0" */
    const char *time_zone;
    int64_t made_unix_ms;
};

/* One delivery, with what there is of it on its network. */
struct report_delivery {
    const struct delivery_record *record;
    const struct post *posts;
    size_t post_count;
};

/* "EXERCISE", "DRY RUN", "LIVE": how each form says it. */
const char *report_mode_words(enum run_mode mode);

/* A sentence on a run that is not finished; "" for one that is. */
const char *report_unfinished_words(enum run_state state);

/* Measures of a run beside each other: this run's and the last rehearsal's. */
enum report_measure_kind { MEASURE_COUNT, MEASURE_MS };
struct report_measure {
    const char *name;
    enum report_measure_kind kind;
    int64_t value; /* -1: there is none */
};
enum { REPORT_MEASURES = 11, REPORT_TIME_MEASURES_FROM = 6 };
/* Always the same ones, in the same order; from REPORT_TIME_MEASURES_FROM on they are times. */
void report_measures(const struct figures *figures, struct report_measure out[REPORT_MEASURES]);

/* "1.3 s", "1785", or "–" for none. */
void report_measure_words(const struct report_measure *measure, char out[32]);

/* "2026-11-27 18:51:17 +01:00", in the zone set. */
void report_time_words(int64_t unix_ms, char out[40]);

#endif

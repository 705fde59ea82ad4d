/*
 * All that is counted of a run, from its deliveries one after the other, in the order of the store:
 *
 *     figures_begin(&figures, arena, run);
 *     figures_add(&figures, delivery);    … each, and its text: figures.texts (report/said_texts.h)
 *     figures_end(&figures);
 *     figures_release(&figures);
 *
 * It takes eight bytes for each that was posted and about a hundred for each that was not.
 */
#ifndef CRISIS_REPORT_FIGURES_H
#define CRISIS_REPORT_FIGURES_H

#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"

#include "report/said_texts.h"
#include "report/tally.h"
#include "report/times.h"

struct figures {
    const struct run_record *run;
    struct tally tally;
    struct times posts;  /* sorted, after the end: when each delivery was posted */
    struct times places; /* when each municipality had its first post */
    struct said_texts texts;

    struct tally_counting counting;
    const char *municipality; /* of the delivery before */
    int64_t reached_ms;       /* that one's first post; -1: none yet */
};

void figures_begin(struct figures *figures, struct arena *arena, const struct run_record *run);
void figures_add(struct figures *figures, const struct delivery_record *delivery);
void figures_end(struct figures *figures);
void figures_release(struct figures *figures);

/* All of it but the texts, of a run of the store. */
int figures_count(struct figures *figures, struct arena *arena, struct store *store,
                  const struct run_record *run, struct error *error);

/* From the start of the run to its end; -1: it has none. */
int64_t figures_end_ms(const struct figures *figures);
size_t figures_reached(const struct figures *figures); /* municipalities, on any channel */

#endif

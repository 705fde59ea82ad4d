/* A rehearsal between the figures of its run and its record in the store. */
#ifndef CRISIS_REPORT_REHEARSED_H
#define CRISIS_REPORT_REHEARSED_H

#include "base/arena.h"
#include "store/rehearsals.h"

#include "report/figures.h"

/* The record of a run that has been counted, which it points into; seed, plan_sha256 and finished
 * are the caller's to add. correction: of the message that took it back; NULL: there was none. */
void rehearsed_record(const struct figures *figures, const struct figures *correction,
                      struct rehearsal_record *out);

/* The figures again, as far as the record has them: counts and times, but neither channels nor
 * troubles nor texts. Release them as any. */
void rehearsed_figures(struct arena *arena, const struct rehearsal_record *rehearsal,
                       struct figures *out);

#endif

/* What `rehearse` says at its end. */
#ifndef CRISIS_CMD_REHEARSAL_VIEW_H
#define CRISIS_CMD_REHEARSAL_VIEW_H

#include "base/problems.h"
#include "report/figures.h"
#include "store/rehearsals.h"

struct rehearsal_view {
    const struct rehearsal_record *record;
    const struct figures *figures;
    struct problems *problems; /* what is wrong already, whatever the networks do */
    const char *plan_file;
};

/* Times, what went wrong and what would have: as text, or as {"event":"problem",…},
 * {"event":"trouble",…} and a last {"event":"rehearsal",…}. */
void rehearsal_view_print(const struct rehearsal_view *view);

#endif

/* Charts of the report as inline SVG: drawn with lines and rectangles, readable without colour,
 * each with a title and a description in words. The figures stand in a table beside each. */
#ifndef CRISIS_REPORT_CHART_H
#define CRISIS_REPORT_CHART_H

#include "base/text.h"

#include "report/report.h"

/* How many per cent were posted by when; the rehearsal, if there is one, as a dashed line. Nothing
 * when nothing was posted. */
void chart_add_course(struct text *out, const struct report *report);

/* Of each channel: what is posted, failed, in doubt, and the rest. */
void chart_add_channels(struct text *out, const struct tally *tally);

#endif

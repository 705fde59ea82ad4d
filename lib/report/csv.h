/*
 * The report as CSV (RFC 4180): a header, then a row for each delivery; UTF-8, lines end in CR LF.
 *
 * A cell that a spreadsheet would take for a formula begins with an apostrophe: cells come from
 * plans, registrations and networks, and a formula can send what is in the sheet elsewhere (CWE
 * 1236). The first column says whether the row fits the audit log.
 */
#ifndef CRISIS_REPORT_CSV_H
#define CRISIS_REPORT_CSV_H

#include "report/report.h"

/* Appends one cell: guarded against formulas, quoted where it must be, cleaned of what is no text
 * for people. */
void csv_add_cell(struct text *out, const char *value);

void csv_add_header(struct text *out);
void csv_add_delivery(struct text *out, const struct report *report,
                      const struct report_delivery *delivery);

#endif

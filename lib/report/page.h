/*
 * The report as one HTML page that needs nothing else: no script, no request, its style inside;
 * printable on A4; every chart also as a table. The parts come in this order:
 *
 *     report_page_begin(sink, report, error);
 *     report_page_add_text(out, &figures.texts.items[i], &draft);   … each of figures.texts
 *     report_page_begin_deliveries(out);
 *     report_page_add_delivery(out, report, &delivery);                 … each of the run
 *     report_page_end(out, report);
 */
#ifndef CRISIS_REPORT_PAGE_H
#define CRISIS_REPORT_PAGE_H

#include "base/text.h"
#include "model/draft.h"

#include "report/report.h"
#include "report/sink.h"

/* What of it grows with the run is passed on in between. */
void report_page_begin(struct sink *sink, const struct report *report, struct error *error);
void report_page_add_text(struct text *out, const struct said_text *said,
                          const struct draft *draft);
void report_page_begin_deliveries(struct text *out);
void report_page_add_delivery(struct text *out, const struct report *report,
                              const struct report_delivery *delivery);
void report_page_end(struct text *out, const struct report *report);

#endif

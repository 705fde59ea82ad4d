/* The pages from within: their styles, and what their files share. For the files of this room only.
 */
#ifndef CRISIS_REPORT_PAGE_PARTS_H
#define CRISIS_REPORT_PAGE_PARTS_H

#include "report/page.h"

extern const char report_page_style[];
extern const char preview_page_style[];

/* From <!DOCTYPE html> into <header>. `sources`: what more than its own style the page may use, as
 * a content security policy has it ("img-src data:; "), or "". */
void report_page_begin_document(struct text *out, const char *title, const char *style,
                                const char *sources);
/* That it is an exercise, or a dry run: on top, and in print on each sheet. */
void report_page_add_mark(struct text *out, enum run_mode mode, const char *words);
/* <time datetime="…">2026-11-27 18:51:17 +01:00</time>; "–" when there is none. */
void report_page_add_time(struct text *out, int64_t unix_ms);
/* The same with the time of day alone where the day is that of `day_unix_ms`. */
void report_page_add_clock(struct text *out, int64_t unix_ms, int64_t day_unix_ms);
/* A sentence, escaped as a whole, so that what is filled in is. */
void report_page_add_words(struct text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* <h2 id="ID">TITLE</h2> in a section of its own, to be closed with </section>. */
void report_page_begin_section(struct text *out, const char *id, const char *title);
/* <dt>TERM</dt><dd>…</dd> */
void report_page_add_term(struct text *out, const char *term, const char *words);
struct report_page_head {
    const char *name; /* marked with N_ */
    bool is_number;
};
/* <table><caption>…</caption><thead>… up to <tbody>. */
void report_page_begin_table(struct text *out, const char *caption,
                             const struct report_page_head *heads, size_t count);
void report_page_end_table(struct text *out);

/* Sections of their own; nothing where there is nothing to tell. */
void report_page_add_channels(struct text *out, const struct report *report);
void report_page_add_failures(struct sink *sink, const struct report *report, struct error *error);
void report_page_add_doubts(struct sink *sink, const struct report *report, struct error *error);
/* Nothing where nothing was to be taken back. */
void report_page_add_retraction(struct sink *sink, const struct report *report,
                                struct error *error);
void report_page_add_unreached(struct sink *sink, const struct report *report, struct error *error);
void report_page_add_comparison(struct text *out, const struct report *report);

#endif

/*
 * The language of what people read: English in the source, other languages from the catalogues of
 * po/ (GNU gettext). What programs read, what is stored and what is signed is the same in every
 * language: JSON, audit entries, journals, ids, states and kinds of errors.
 *
 *     output_line(_("There is no run '%s'."), id);          a whole sentence, never pieces of one
 *     {"yes", 0, NULL, false, N_("do not ask")}              in a table: translated() when printed
 *     ngettext("%zu error", "%zu errors", count)             where a number decides the form
 *
 * po/POTFILES lists the files that do so; tests/e2e/test_language.py checks it, and
 * tests/sentences.py that nothing was forgotten.
 */
#ifndef CRISIS_BASE_LANGUAGE_H
#define CRISIS_BASE_LANGUAGE_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

/* Takes the language of LC_ALL, LC_MESSAGES, LANG and LANGUAGE, and reads its catalogue, so that
 * nothing need be opened later. The locale itself need not be installed. Numbers and dates stay as
 * they are. Before the first thread; without a call everything is English. */
void language_begin(void);

/* Between the two everything is English in this thread: what is stored or signed is made there. */
void language_english_begin(void);
void language_english_end(void);

/* A text that was marked with N_; "" stays "" and NULL stays NULL. */
const char *translated(const char *text) __attribute__((format_arg(1)));

#endif

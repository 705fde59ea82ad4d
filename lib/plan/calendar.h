/*
 * Days and times of day as people write them in a language: "24. november 2026" and "07.25" in
 * Norwegian, "24 November 2026" and "07:25" in English. A language without an entry of its own gets
 * ISO 8601 ("2026-11-24", "07:25"), which no reader takes for another day. A language is matched by
 * its first subtag ("en-GB" is "en").
 */
#ifndef CRISIS_PLAN_CALENDAR_H
#define CRISIS_PLAN_CALENDAR_H

#include <stddef.h>

#include "base/civil_time.h"

enum { CALENDAR_SIZE = 64 };

void calendar_date(const struct civil_time *when, const char *language, char out[CALENDAR_SIZE]);
void calendar_time(const struct civil_time *when, const char *language, char out[CALENDAR_SIZE]);

/* Which month (1 to 12) the word at `at` names, in the language, in full, short or with another
 * ending; its bytes. 0: none, or the language has no entry. */
unsigned calendar_month_at(const char *at, const char *language, size_t *length);

#endif

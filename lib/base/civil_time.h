/* Times as people and protocols write them. Milliseconds since 1970 in UTC ("unix_ms") throughout.
 */
#ifndef CRISIS_BASE_CIVIL_TIME_H
#define CRISIS_BASE_CIVIL_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct error;

struct civil_time {
    int year, month, day; /* month 1-12 */
    int hour, minute, second;
    int offset_minutes; /* east of UTC */
};

enum { RFC3339_SIZE = 32 };

/* "2026-11-23T03:04:12.123Z". */
void rfc3339_format(int64_t unix_ms, char out[RFC3339_SIZE]);
/* The same without a fraction: "2026-11-23T03:04:12Z". */
void rfc3339_format_seconds(int64_t unix_ms, char out[RFC3339_SIZE]);
/* RFC 3339, any offset, with or without fraction, and Graph's "+0000". false when it is none. */
bool rfc3339_parse(const char *string, int64_t *unix_ms);
/* "20261123T030412Z" */
void basic_time_format(int64_t unix_ms, char out[RFC3339_SIZE]);

/* An IANA zone ("Europe/Oslo") that this system knows, or an error that says so. Sets the process's
 * TZ; call once at start, before threads. */
int civil_time_set_zone(const char *zone, struct error *error);
/* In the zone set (UTC before that). */
struct civil_time civil_time_local(int64_t unix_ms);

/* "150ms", "90s", "10m", "6h", "7d", "2w": a number and one unit. false when it is none, negative
 * or over ten years. */
bool duration_parse(const char *string, int64_t *ms);
/* "1.3 s", "2 min 5 s", "3 h": for people. */
void duration_format(int64_t ms, char out[32]);

#endif

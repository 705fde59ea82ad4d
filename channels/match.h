/* Is a post that a network shows ours? By its text and its time, where there is no key. */
#ifndef CRISIS_CHANNELS_MATCH_H
#define CRISIS_CHANNELS_MATCH_H

#include <stdbool.h>
#include <stdint.h>

struct channel_job;

enum match_option {
    MATCH_ENTITIES = 1 << 0,    /* theirs has &, < and > as &amp; &lt; &gt; */
    MATCH_SHORT_LINKS = 1 << 1, /* theirs has https://t.co/… where ours has an address */
    MATCH_HTML = 1 << 2,        /* theirs is HTML: tags are left out, entities are characters */
};

/* The same text, apart from white space, normal form, and what the options name. */
bool match_text(const char *ours, const char *theirs, unsigned options);

enum match_time { MATCH_BEFORE, MATCH_SINCE, MATCH_NO_TIME };

/* Is it a post that another delivery made? An older one with the same text is never taken for ours.
 */
bool match_known(const struct channel_job *job, const char *id);

/* A post made before our request left, or since (by clocks that differ up to MATCH_SKEW_MS)?
 * created: RFC 3339 or Graph's form; NULL or unreadable: MATCH_NO_TIME. */
enum { MATCH_SKEW_MS = 60 * 1000 };
enum match_time match_created(const char *created, int64_t first_sent_unix_ms);

#endif

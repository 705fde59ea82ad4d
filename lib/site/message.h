/*
 * The public site: pages, CAP 1.2 and feeds of messages, as bytes. Values in, bytes out; the files
 * are lib/store's (store/public_site.h).
 *
 * This file is what everything is made from: a message as its record says
 * (model/public_record.h), and how it stands to the other messages of its incident, which are those
 * that follow one another.
 */
#ifndef CRISIS_SITE_MESSAGE_H
#define CRISIS_SITE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { SITE_TIME_SIZE = 26 }; /* "2026-11-23T04:04:12+01:00" and its NUL */

enum site_kind {
    SITE_ALERT,
    SITE_UPDATE,
    SITE_CORRECTION,
    SITE_CANCEL,
    SITE_ALL_CLEAR,
    SITE_INFORMATION,
    SITE_RETRACTION, /* made from a record with `retracted` */
    SITE_KIND_COUNT
};

/* What holds of a message, by the later ones of its incident and by the time. */
enum site_status {
    SITE_IN_FORCE,
    SITE_EXPIRED,
    SITE_UPDATED,
    SITE_CORRECTED,
    SITE_CANCELLED,
    SITE_OVER, /* an all-clear came */
    SITE_RETRACTED,
    SITE_STATUS_COUNT
};

struct site_time {
    char text[SITE_TIME_SIZE]; /* as CAP has it: with an offset, without a fraction */
    int64_t unix_ms;
};

struct site_text {
    const char *language; /* BCP 47 */
    const char *headline; /* never empty */
    const char *body;
};

struct site_media {
    const char *url, *type;
    int64_t size_bytes;      /* 0: not known */
    const char *const *alts; /* one for each of the message's texts */
};

struct site_cap {
    const char *category, *event, *urgency, *severity, *certainty, *response; /* NULL: not given */
};

struct site_message {
    const char *identifier; /* "urn:uuid:…" */
    const char *key;
    const char *site; /* no slash at the end */
    const char *path, *slug;
    const char *sender;
    struct site_time sent, expires;
    struct site_time retracted; /* unix_ms 0: it is not */
    const char *follows;        /* NULL: nothing */
    enum site_kind kind;
    bool is_exercise;
    const char *run, *plan_title;
    const char *municipality_id, *municipality_name;
    const char *county; /* NULL: not given */
    const char *issuer;
    struct site_cap cap;
    const struct site_text *texts; /* at least one */
    size_t text_count;
    const struct site_media *media;
    size_t media_count;
    const struct site_message
        *incident; /* its first message; the message itself when it is alone */
};

/* Messages of one folder, in the order of time once site_messages_arrange() was called. */
struct site_messages {
    const struct site_message **items;
    size_t count, capacity;
};

/* Reads a record. NULL when it is none; *fault then says why, for people. All is in the arena. */
struct site_message *site_message_parse(struct arena *arena, const char *bytes, size_t size,
                                        const char **fault);

/* "2026-11-23T04:04:12+01:00" and nothing else. */
bool site_time_parse(const char *string, struct site_time *out);
/* The same for when a message was retracted, which is never before it was sent. */
bool site_retraction_time_parse(const char *string, const struct site_message *message,
                                struct site_time *out);

void site_messages_add(struct arena *arena, struct site_messages *messages,
                       struct site_message *message);
/* Sorts them, adds the retractions as messages of their own, and finds the incidents. Once, when
 * all of a folder have been added. */
void site_messages_arrange(struct arena *arena, struct site_messages *messages);

/* Of a message among those of its folder. now_unix_ms: what has expired by then. */
enum site_status site_message_status(const struct site_messages *messages,
                                     const struct site_message *message, int64_t now_unix_ms);
/* Neither expired nor replaced by a later message. */
bool site_message_is_current(const struct site_messages *messages,
                             const struct site_message *message, int64_t now_unix_ms);
/* The slug of its page: of a retraction, that of what was retracted. */
const char *site_message_page(const struct site_message *message);

#endif

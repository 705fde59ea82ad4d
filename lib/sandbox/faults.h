/* What goes wrong on purpose: rules read from specifications (sandbox.h), asked for each request.
 */
#ifndef CRISIS_SANDBOX_FAULTS_H
#define CRISIS_SANDBOX_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum channel {
    CHANNEL_NONE,
    CHANNEL_FACEBOOK,
    CHANNEL_X,
    CHANNEL_MASTODON,
    CHANNEL_BLUESKY,
    CHANNEL_TELEGRAM,
    CHANNEL_INSTAGRAM,
    CHANNEL_THREADS,
    CHANNEL_YOUTUBE,
    CHANNEL_WEBHOOK,
    CHANNEL_WORDPRESS,
    CHANNEL_MICROPUB,
    CHANNEL_COUNT
};

/* "facebook", "x" and so on; CHANNEL_NONE for anything else. */
enum channel sandbox_channel_find(const char *name);
const char *sandbox_channel_name(enum channel channel);

enum fault_kind {
    FAULT_SLOW,
    FAULT_HANG,
    FAULT_HANG_AFTER,
    FAULT_RESET_BEFORE,
    FAULT_RESET_AFTER,
    FAULT_STREAM_RESET_BEFORE,
    FAULT_STREAM_RESET_AFTER,
    FAULT_REFUSE_STREAM,
    FAULT_500_BEFORE,
    FAULT_500_AFTER,
    FAULT_502_BEFORE,
    FAULT_502_AFTER,
    FAULT_503_BEFORE,
    FAULT_503_AFTER,
    FAULT_429,
    FAULT_EXPIRED_TOKEN,
    FAULT_DUPLICATE,
    FAULT_REFUSE,
    FAULT_TRUNCATED,
    FAULT_GARBAGE,
    FAULT_HTML,
    FAULT_LARGE,
    FAULT_CLOSE_IDLE,
    FAULT_GOAWAY,
    FAULT_LATE,
    FAULT_IGNORE_KEY,
    FAULT_UNREADY,
    FAULT_SPOILT,
    FAULT_OUTAGE,
    FAULT_TLS_RESET,
    FAULT_WRONG_CERTIFICATE,
    FAULT_KIND_COUNT,
};

/* Which requests a rule looks at. By default: those that post or delete for kinds that act (and
 * duplicate), all for the others. */
enum fault_on { ON_ANY, ON_POST, ON_DELETE, ON_READ, ON_CHANGE };

struct fault_rule {
    enum fault_kind kind;
    enum channel channel;   /* CHANNEL_NONE: any */
    char municipality[128]; /* empty: any */
    char path[64];          /* the end of the path; empty: any */
    enum fault_on on;
    double rate;
    uint64_t times, after; /* times 0: without end */
    int64_t ms, seconds;
    int code;
    uint64_t seen, done; /* requests that matched; faults made */
};

struct fault_rules {
    struct fault_rule *items;
    size_t count;
    uint64_t seed, random; /* the generator's start and state */
};

/* A request as the rules see it. */
struct fault_subject {
    enum channel channel;
    const char *municipality, *key; /* either matches; may be NULL */
    const char *method, *path;
    bool connection_reused;
};

int sandbox_faults_read(struct fault_rules *rules, const char *specification, struct error *error);
void sandbox_faults_reset(struct fault_rules *rules); /* counts and generator as at the start */
void sandbox_faults_release(struct fault_rules *rules);

/* The first rule that applies, or NULL. Counts it. */
const struct fault_rule *sandbox_faults_choose(struct fault_rules *rules,
                                               const struct fault_subject *subject);

/* The same for a connection that has just been made, of which nothing is known yet: the kinds that
 * spoil the handshake, which sandbox_faults_choose() leaves alone. */
const struct fault_rule *sandbox_faults_choose_connection(struct fault_rules *rules);

/* The next number, 0 or more and below 1, of a generator whose state began as a seed. */
double sandbox_random(uint64_t *state);

const char *sandbox_fault_name(enum fault_kind kind);
bool sandbox_fault_acts(enum fault_kind kind);

#endif

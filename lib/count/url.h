/*
 * Links as X recognises them in a text, with and without a protocol: what extractUrlsWithIndices of
 * twitter-text 3.1.0 finds, in one pass and linear time.
 *
 *     struct url_scan scan;
 *     url_scan_init(&scan, units, count);
 *     while (url_scan_next(&scan, &url)) …
 *
 * The links come in order and do not overlap. The units must outlive the scan.
 */
#ifndef CRISIS_COUNT_URL_H
#define CRISIS_COUNT_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct url {
    size_t start, length; /* in code units */
    bool has_protocol;
};

/* Where the parts of a recognised address are. */
struct url_match {
    size_t before; /* index of the character before it, or start when there is none */
    size_t start;
    size_t domain, domain_end;
    size_t port_end; /* domain_end without a port */
    size_t path_end; /* port_end without a path */
    size_t end;      /* after the query */
};

struct url_scan {
    const uint16_t *units;
    size_t count;
    size_t position;

    /* The run of label characters looked at last: it ends where no start inside it matters. */
    size_t run_start, run_end, run_underscore;
    /* The chain of labels looked at last: its first and last dot, and the last top-level domain
     * that ends it, with where the label before that begins. */
    size_t chain_first, chain_last, chain_label, chain_end;

    /* A match without protocol: its domains in Latin letters come one by one. */
    struct url_match match;
    bool match_open;
    size_t latin_at;    /* where to look on */
    size_t latin_shown; /* end of the last one given out */
};

void url_scan_init(struct url_scan *scan, const uint16_t *units, size_t count);
bool url_scan_next(struct url_scan *scan, struct url *out);

#endif

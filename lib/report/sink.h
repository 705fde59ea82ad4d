/*
 * Where a form of the report goes: it is built piece by piece, and a piece that has become large is
 * passed on, so that a report of a hundred thousand deliveries needs no more memory than one of
 * ten. The first failure stands; what is added after it is thrown away.
 */
#ifndef CRISIS_REPORT_SINK_H
#define CRISIS_REPORT_SINK_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

struct sink {
    struct text piece;
    int (*write)(void *context, const char *bytes, size_t size, struct error *error);
    void *context;
    int result; /* -1: it has failed */
};

void sink_init(struct sink *sink,
               int (*write)(void *context, const char *bytes, size_t size, struct error *error),
               void *context);
/* After each row and each section: passes on what has gathered. */
void sink_settle(struct sink *sink, struct error *error);
/* Passes on the rest. -1 with the first error. */
int sink_finish(struct sink *sink, struct error *error);
void sink_release(struct sink *sink);

#endif

/* What went out a short while ago to the same people, told before a live or exercise send: it may
 * be meant, or a slip, and is not refused. */
#ifndef CRISIS_CMD_OVERLAP_H
#define CRISIS_CMD_OVERLAP_H

#include "base/error.h"

#include "cmd/sending.h"

/* Tells of the last run of the same message in the same mode, and of live runs of other messages
 * that reached, or may reach, some of the same municipalities: all of the last hours. The messages
 * that this one follows are none of them. */
int overlap_tell(struct sending *sending, struct error *error);

#endif

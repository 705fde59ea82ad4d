/*
 * What a run keeps of the question that the gate was asked, so that `resume` can ask it again
 * although the plan has changed since: a JSON object in the store.
 */
#ifndef CRISIS_CMD_GATE_RECORD_H
#define CRISIS_CMD_GATE_RECORD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/approval.h"

/* Appends the object. now_unix_ms and until give the wanted statement a window, which it must have
 * to be one; they mean nothing. */
int gate_record_write(const struct approval_request *request, struct text *out,
                      struct error *error);
/* Fills in what was written; ERROR_SYSTEM when it is not readable. */
int gate_record_read(struct arena *arena, const char *json, struct approval_request *out,
                     struct error *error);

#endif

/*
 * A copy of a plan to rehearse with: the same messages, texts, variables and audience; but nobody
 * need approve it, so that it reaches this machine only (trust/approval.h), and the directory files
 * that it names lie beside it under plain names, wherever the plan has them.
 */
#ifndef CRISIS_PLAN_COPY_H
#define CRISIS_PLAN_COPY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "plan/plan.h"

/* Appends the copy, as YAML in one line. `bytes` are those that the plan was loaded from: others
 * are ERROR_INPUT, for they were not checked. */
int plan_copy_write(const struct plan *plan, const char *bytes, size_t size, struct text *out,
                    struct error *error);

/* What the copy calls plan->directories[index], in the arena. */
const char *plan_copy_directory_name(struct arena *arena, size_t index);

#endif

/*
 * The media files that a plan names, read and recognised (spec: the plan file). They lie in the
 * plan's folder or below it, and no symbolic link leads out of it to one.
 *
 *     plan_load(arena, path, …, &plan, error);
 *     if (media_load(arena, plan, &problems) < 0) …
 */
#ifndef CRISIS_MEDIA_LOAD_H
#define CRISIS_MEDIA_LOAD_H

#include "base/arena.h"
#include "base/problems.h"
#include "plan/plan.h"

/* Fills in message_media.content of every message, and the plan's hash of all media: each file
 * once, in the order of first mention. The bytes are in the arena. -1 when an error was added: a
 * file that is not there, is none of the kinds, or is too large. A picture that says where it was
 * taken is a warning. */
int media_load(struct arena *arena, struct plan *plan, struct problems *problems);

#endif

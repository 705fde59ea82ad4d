/* A driver's progress as JSON, for the store, and back. */
#ifndef CRISIS_DISPATCH_PROGRESS_H
#define CRISIS_DISPATCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "channels/channel.h"

enum { PROGRESS_MAX_BYTES = 64 * 1024 };

/* True when there is nothing to remember: nothing was done yet. */
bool progress_is_blank(const struct channel_progress *progress);

/* Appends {"stage":…,"part":…,"polls":…,"handle":"…","posts":[…]}. */
void progress_write(const struct channel_progress *progress, struct text *out);
/* False when the bytes are no progress. *out is blank then. */
bool progress_read(const char *bytes, size_t size, struct channel_progress *out);

/* Appends [{"id":"…","url":"…"},…]; "url" only where there is one. */
void posts_write(const struct post *posts, size_t count, struct text *out);
/* Reads at most THREAD_PARTS_MAX; false when the bytes are no list of posts. */
bool posts_read(const char *json, struct post *out, size_t *out_count);

#endif

/* A driver's progress as JSON, for the store, and back. */
#ifndef CRISIS_DISPATCH_PROGRESS_H
#define CRISIS_DISPATCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "channels/channel.h"

/* The most that a progress, or its posts alone, can be in JSON: every byte of every id, URL,
 * handle and medium escaped as \u00XX. So nothing that is recorded is ever cut. */
enum {
    JSON_ESCAPE_MAX_BYTES = 6,
    POST_FRAME_BYTES = 64, /* names, quotes and commas of one */
    HANDLE_SIZE = sizeof(((struct channel_progress *)0)->handle),
    MEDIA_SIZE = sizeof(((struct channel_progress *)0)->media),
    PROGRESS_MAX_BYTES =
        THREAD_PARTS_MAX *
            ((POST_ID_SIZE + POST_URL_SIZE) * JSON_ESCAPE_MAX_BYTES + POST_FRAME_BYTES) +
        (HANDLE_SIZE + MEDIA_SIZE) * JSON_ESCAPE_MAX_BYTES + 256,
};

/* True when there is nothing to remember: nothing was done yet. */
bool progress_is_blank(const struct channel_progress *progress);

/* Appends {"stage":…,"part":…,"polls":…,"handle":"…","media":"…","posts":[…]}. */
void progress_write(const struct channel_progress *progress, struct text *out);
/* False when the bytes are no progress. *out is blank then. */
bool progress_read(const char *bytes, size_t size, struct channel_progress *out);

/* Appends [{"id":"…","url":"…"},…]; "url" only where there is one. */
void posts_write(const struct post *posts, size_t count, struct text *out);
/* Reads at most THREAD_PARTS_MAX; false when the bytes are no list of posts. */
bool posts_read(const char *json, struct post *out, size_t *out_count);

#endif

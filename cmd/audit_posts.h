/* The posts of a delivery as its row has them, in the lines in which an entry tells of them. */
#ifndef CRISIS_CMD_AUDIT_POSTS_H
#define CRISIS_CMD_AUDIT_POSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Replaces `lines` with those of the first `most` posts; *count: how many posts there are. json is
 * room to work in, for PROGRESS_MAX_BYTES. False when the words are not exactly what posts_write()
 * makes of posts. */
bool audit_posts_lines(const char *words, size_t most, struct text *json, struct text *lines,
                       size_t *count);

#endif

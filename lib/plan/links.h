/* Links (http or https) in texts for people. */
#ifndef CRISIS_PLAN_LINKS_H
#define CRISIS_PLAN_LINKS_H

#include <stddef.h>

#include "base/arena.h"

/* The first link of a text: where it begins, and its length. NULL: none. Full stops, commas and the
 * like at its end, and a closing bracket that it did not open, are not part of it. */
const char *link_find(const char *text, size_t *length);

/* The text without its links. A line that held nothing else goes as well; so do spaces that would
 * be left double, at the end of a line, or before a full stop. */
const char *link_omit_all(struct arena *arena, const char *text);

#endif

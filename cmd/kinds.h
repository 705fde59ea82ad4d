/* What the kinds of channels can do and how far they go, as their drivers say. */
#ifndef CRISIS_CMD_KINDS_H
#define CRISIS_CMD_KINDS_H

#include "model/text_limits.h"

void kinds_print(void);

/* "UTF-16 units", for people. */
const char *kinds_unit_words(enum text_unit unit);

#endif

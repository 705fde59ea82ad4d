/* What the kinds of channels can do and how far they go, as their drivers say. */
#ifndef CRISIS_CMD_KINDS_H
#define CRISIS_CMD_KINDS_H

void kinds_print(void);

#endif

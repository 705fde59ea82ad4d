/* Help, printed from the tables of commands and options. */
#ifndef CRISIS_CMD_HELP_H
#define CRISIS_CMD_HELP_H

#include "cmd/options.h"

int help_overview(void);
int help_command(const struct command *command);
int help_version(void);
/* "  --set NAME=VALUE …     what it does", the second part wrapped in its own column. */
void help_entry(const char *left, const char *right);

#endif

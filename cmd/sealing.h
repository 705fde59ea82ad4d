/* What the commands that write and open sealed files share. */
#ifndef CRISIS_CMD_SEALING_H
#define CRISIS_CMD_SEALING_H

#include "base/error.h"
#include "base/text.h"
#include "trust/age_keys.h"

#include "cmd/options.h"

/* Encrypts to the recipients of --to, armored with --armor, and writes to the file of --output, or
 * to standard output: not to a terminal unless it is text. */
int sealing_write(const struct invocation *invocation, const struct text *plain,
                  struct error *error);
/* Whether sealing_write could: recipients and output. Called before anything is done. */
int sealing_check(const struct invocation *invocation, struct error *error);

/* The identities of the files of --identity; a passphrase is asked for where one is needed. */
int sealing_identities(const struct invocation *invocation, struct age_identities **out,
                       struct error *error);

/* Opens an age file, whole or not at all; out is an initialised secret text. */
int sealing_open(const char *path, const struct age_identities *identities, struct text *out,
                 struct error *error);

#endif

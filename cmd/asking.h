/* Asking before something that cannot be undone: what it will do is told first, then a word must be
 * typed, so that no key pressed by habit does it. */
#ifndef CRISIS_CMD_ASKING_H
#define CRISIS_CMD_ASKING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/language.h"

#include "cmd/context.h"

/* The option of every command that asks. */
#define ASKING_OPTION                                                                              \
    {                                                                                              \
        "yes", 0, NULL, false, N_("do not ask; needed without a terminal")                         \
    }

/* Whether a person is to be asked: not with --yes. Without a terminal, ERROR_USAGE with the message
 * `refusal` (N_): nobody could confirm it. */
int asking_begin(const struct context *context, const char *refusal, bool *out_ask,
                 struct error *error);
/* Asks for the word. ERROR_USAGE with the message `refusal` (N_) when another one is typed. */
int asking_end(const char *question, const char *word, const char *refusal, struct error *error);

/* The option of commands that ask on a terminal only. */
#define ASKING_LIGHTLY_OPTION                                                                      \
    {                                                                                              \
        "yes", 0, NULL, false, N_("do not ask; without a terminal nobody is")                      \
    }

/* Both for what reaches this workspace only: tells what it will do, and asks for `word` to be
 * typed, on a terminal and without --yes. */
__attribute__((format(printf, 4, 5))) int asking_lightly(const struct context *context,
                                                         const char *word, struct error *error,
                                                         const char *format, ...);

#endif

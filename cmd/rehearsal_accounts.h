/*
 * The accounts of a rehearsal: those that a send would use, at the sandbox instead of the networks,
 * and with credentials made up for the occasion. Of a real account only its municipality, channel
 * and label are taken, what its texts must fit, and which accounts share a server; no real
 * credential is opened.
 */
#ifndef CRISIS_CMD_REHEARSAL_ACCOUNTS_H
#define CRISIS_CMD_REHEARSAL_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "model/account.h"

enum { REHEARSAL_KEY_SIZE = 32 };

struct rehearsal_accounts {
    const struct account *accounts; /* ordered by municipality */
    size_t count;
    unsigned char key[REHEARSAL_KEY_SIZE]; /* random: what all secrets are made of */
};

/* For the sandbox (sandbox.h, accounts_file_text). */
void rehearsal_accounts_for_sandbox(const struct rehearsal_accounts *accounts, struct text *out);
/* For `register`: a registration file. `url`: where the sandbox is. */
void rehearsal_accounts_to_register(const struct rehearsal_accounts *accounts, const char *url,
                                    struct text *out);

/* Whether its accounts have their addresses in themselves; else the network's counts. */
bool rehearsal_accounts_have_address(const char *channel);

#endif

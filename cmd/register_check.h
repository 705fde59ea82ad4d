/* Whether an account is what its channel's driver asks for: known channel, its settings, a whole
 * credential. */
#ifndef CRISIS_CMD_REGISTER_CHECK_H
#define CRISIS_CMD_REGISTER_CHECK_H

#include "base/problems.h"
#include "store/registration.h"

/* Adds everything that is wrong with it. No value of a credential is ever shown. */
void register_check(const struct registration_account *account, struct problems *problems);

#endif

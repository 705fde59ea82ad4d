/* Whether an account is what its channel's driver asks for: known channel, its settings, a whole
 * credential. */
#ifndef CRISIS_CMD_REGISTER_CHECK_H
#define CRISIS_CMD_REGISTER_CHECK_H

#include "base/problems.h"
#include "model/account.h"
#include "store/registration.h"
#include "wire/address.h"

/* Adds everything that is wrong with it. No value of a credential is ever shown. */
void register_check(const struct registration_account *account, struct problems *problems);

/* Warns of an account whose requests would go to an internal address that the policy does not let
 * be talked to, as far as its address says so by itself: a name is judged when it is resolved.
 * Names the origin only: the rest of an address may be a secret. */
void register_check_address(const struct account *account, const struct network *network,
                            const struct address_policy *policy, struct place place,
                            struct problems *problems);

#endif

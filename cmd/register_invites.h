/*
 * The invitations that registration files carry. A sealed file came from outside: age does not tell
 * from whom, so it must carry one for each of its municipalities, or the coordinator vouches for it
 * (--without-invite). A plain one is the coordinator's own and needs none.
 */
#ifndef CRISIS_CMD_REGISTER_INVITES_H
#define CRISIS_CMD_REGISTER_INVITES_H

#include "base/error.h"
#include "base/problems.h"
#include "store/registration.h"

#include "cmd/context.h"

/* Marks the invitations that are valid and adds a problem for each that is not, or is missing: an
 * error, or with --without-invite a warning. */
int register_invites(struct context *context, struct registration *registration,
                     struct problems *problems, struct error *error);

#endif

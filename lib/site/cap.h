/*
 * A message as a CAP 1.2 alert (OASIS Common Alerting Protocol, 1 July 2010): compact XML, one
 * <info> for each language, at an address of its own that never changes.
 */
#ifndef CRISIS_SITE_CAP_H
#define CRISIS_SITE_CAP_H

#include "base/text.h"

#include "site/message.h"

enum { SITE_CAP_MAX_BYTES = 4 * 1024 * 1024 };

/* message: one of `messages`, whose earlier ones of the same incident it refers to: all that had
 * not expired when it was sent, and the one that it follows. */
void site_cap_write(const struct site_messages *messages, const struct site_message *message,
                    struct text *out);

#endif

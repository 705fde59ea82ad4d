/* Copies a published log from the network into a folder, so that it can be verified there. */
#ifndef CRISIS_CMD_AUDIT_FETCH_H
#define CRISIS_CMD_AUDIT_FETCH_H

#include "base/error.h"

/* url: where `checkpoint` is, without that name: https, or http on a loopback address. ca_file may
 * be NULL. The folder must be there and empty. Nothing is checked but that each file is there and
 * no larger than it may be. ERROR_SYSTEM: no network, or no such log. ERROR_VERIFICATION: a file of
 * the log is missing. */
int audit_fetch(const char *url, const char *ca_file, const char *folder, struct error *error);

#endif

/* Asks networks, without posting, whether credentials still work and may post. */
#ifndef CRISIS_DISPATCH_CREDENTIAL_CHECK_H
#define CRISIS_DISPATCH_CREDENTIAL_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "channels/channel.h"
#include "store/store.h"

struct loop;
struct http_client;
struct vault;

struct credential_checks {
    struct loop *loop;
    struct http_client *http;
    struct vault *vault;
    const struct network *(*network)(void *context, const char *channel);
    void *network_context;
    const struct stored_account *accounts;
    size_t account_count;
    /* Called once for each account, in the order of the answers. The outcome is OUTCOME_CHECKED, or
     * says what is wrong; OUTCOME_UNKNOWN where the channel cannot be asked. */
    void (*done)(void *context, const struct stored_account *account,
                 const struct channel_outcome *outcome);
    void *context;
};

void check_credentials(const struct credential_checks *checks);

#endif

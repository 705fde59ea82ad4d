/* Asks networks, without posting, whether credentials still work and may post. */
#ifndef CRISIS_DISPATCH_CREDENTIAL_CHECK_H
#define CRISIS_DISPATCH_CREDENTIAL_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "channels/channel.h"
#include "store/store.h"

#include "dispatch/app.h"

struct loop;
struct http_client;
struct outlet;
struct vault;

struct credential_checks {
    struct loop *loop;
    struct http_client *http;
    struct outlet *outlet;
    struct vault *vault;
    struct app_secrets app_secrets;
    const struct network *(*network)(void *context, const char *channel);
    void *network_context;
    const struct stored_account *accounts;
    size_t account_count;
    /* Called once for each account, in the order of the answers. The outcome is OUTCOME_CHECKED, or
     * says what is wrong; OUTCOME_UNKNOWN where the channel cannot be asked. */
    void (*done)(void *context, const struct stored_account *account,
                 const struct channel_outcome *outcome);
    /* Makes a credential that was renewed for the check durable, before it is used. */
    int (*renewed)(void *context, const struct stored_account *account, const void *sealed,
                   size_t sealed_size_bytes, struct error *error);
    void *context;
};

void check_credentials(const struct credential_checks *checks);

#endif

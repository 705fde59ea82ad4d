/*
 * Asks a network for the secrets of the moment (an access token, a session) anew, from the lasting
 * ones that the account has, and seals what comes. It stores nothing: the caller makes the sealed
 * credential durable before anything uses it, since some networks take a refresh token only once.
 */
#ifndef CRISIS_DISPATCH_RENEWING_H
#define CRISIS_DISPATCH_RENEWING_H

#include "base/text.h"
#include "channels/channel.h"
#include "store/store.h"

#include "dispatch/app.h"

struct loop;
struct http_client;
struct vault;
struct renewing; /* one account's, under way */

struct renewing_request {
    struct loop *loop;
    struct http_client *http;
    struct vault *vault;
    const struct app_secrets *app_secrets;
    const struct account *account;
    const struct channel_driver *driver; /* with FEATURE_RENEW */
    const struct network *network;
    const void *sealed; /* the credential as it is: all of these live until done() */
    size_t sealed_size_bytes;
    /* Once, on the loop. RENEWED: `sealed` has the whole credential, the new secrets in it, and may
     * be taken (moved). RETRY: nothing is lost, again later. Else FAILED, with what a person does.
     */
    void (*done)(void *context, const struct channel_outcome *outcome, struct text *sealed);
    void *context;
};

struct renewing *renewing_start(const struct renewing_request *request);
/* Forgets it, when no callback of the HTTP client will come any more. */
void renewing_drop(struct renewing *renewing);

#endif

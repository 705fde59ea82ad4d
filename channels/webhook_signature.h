/*
 * The signatures of Standard Webhooks 1.0.0: over "id.timestamp.body", v1 with the secret that the
 * receiver shares (HMAC-SHA256), and v1a with a key whose public half anybody may know (Ed25519).
 * The secret is the account's; the key is the account's or one of the coordinator's for all.
 */
#ifndef CRISIS_CHANNELS_WEBHOOK_SIGNATURE_H
#define CRISIS_CHANNELS_WEBHOOK_SIGNATURE_H

#include "channels/channel.h"

/* What is wrong with the form of the secret, or of the key if there is one; NULL: nothing. */
const char *webhook_credential_fault(const struct credential *credential);

/* Adds the value of webhook-signature: "v1,<base64>", and " v1a,<base64>" where there is a key.
 * Returns NULL, or what is wrong with secret or key (webhook_no_key_of_coordinator: with the
 * coordinator's key); *out is of no use then. */
extern const char webhook_no_key_of_coordinator[];
const char *webhook_signature_add(const struct channel_job *job, const char *id,
                                  const char *timestamp, const struct text *body, struct text *out);

#endif

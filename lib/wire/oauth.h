/*
 * Signatures of requests: OAuth 1.0a with HMAC-SHA1 (RFC 5849 3.4) and Meta's appsecret_proof.
 * Whatever holds a secret on the way is a secret text.
 */
#ifndef CRISIS_WIRE_OAUTH_H
#define CRISIS_WIRE_OAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#include "wire/http_message.h"

enum { OAUTH_PARAMETERS_MAX = 32 };

struct oauth1_credential {
    const char *consumer_key, *consumer_secret; /* the app's */
    const char *token, *token_secret;           /* the account's */
};

/* Appends the value of the Authorization header for a request to `url` (query included).
 * form_body: an application/x-www-form-urlencoded body, which is signed too; NULL for none and for
 * every other type of body (JSON contributes nothing). The nonce is fresh for each attempt.
 * False, with nothing added, when the parameters are malformed or more than OAUTH_PARAMETERS_MAX.
 */
bool oauth1_authorization_add(struct text *out, const struct oauth1_credential *credential,
                              enum http_method method, const char *url, const char *form_body,
                              const char *nonce, int64_t timestamp_s);

/* Appends the lower-case hexadecimal HMAC-SHA256 of the access token under the app's secret, which
 * Graph calls take as `appsecret_proof`. */
void appsecret_proof_add(struct text *out, const char *app_secret, const char *access_token);

#endif

/*
 * The credential that most networks take: an access token (RFC 6750). What is wrong with one before
 * it goes out, and requests that carry it.
 */
#ifndef CRISIS_CHANNELS_ACCESS_TOKEN_H
#define CRISIS_CHANNELS_ACCESS_TOKEN_H

#include "channels/channel.h"

/* Why the account's access-token cannot be one, for people; NULL: it can. */
const char *access_token_fault(const struct channel_job *job);

/* "Authorization: Bearer" and the token. */
void access_token_add_header(struct http_request *request, const char *token);

/* Begins a request to {address}{path} with the account's access-token, for an answer in JSON. */
void access_token_start_request(const struct channel_job *job, struct channel_action *action,
                                enum http_method method, enum request_effect effect,
                                const char *address, const char *path);

#endif

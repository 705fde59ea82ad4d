/* What requests to the networks of Meta's Graph API share. */
#ifndef CRISIS_CHANNELS_GRAPH_REQUEST_H
#define CRISIS_CHANNELS_GRAPH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/json.h"

#include "channels/channel.h"

/* The network's address, its version included ("https://graph.threads.net/v1.0"), and a '/'. */
void graph_add_address(const struct channel_job *job, const struct channel_driver *driver,
                       struct text *url);
/* The same without the version: tokens are given there. */
void graph_add_token_address(const struct channel_job *job, const struct channel_driver *driver,
                             struct text *url);

/* The account's access token: into the body of a POST (form_add), else into the query (query_add),
 * where the Graph API documents it. with_proof: and the proof that we know the app's secret, where
 * the coordinator's app has one. */
void graph_add_token(const struct channel_job *job, struct text *out,
                     void (*add)(struct text *, const char *, const char *), bool with_proof);

/* The proof by itself, into a text that it initialises. False: there is no app secret, and none is
 * needed. */
bool graph_make_proof(const struct channel_job *job, struct text *out);

/* The id of an object; false when it has none that could stand in a path or a permalink. */
bool graph_read_id(const struct json *object, char *out, size_t size);
bool graph_is_id(const char *id);

#endif

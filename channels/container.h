/*
 * Create, poll, publish: how Threads and Instagram take a post (Threads API, "Posts"; Instagram
 * Platform, "Content Publishing"). A container is made, which nobody sees; when the network has it
 * ready, it is published. One container can be published once, so only the publishing is ever in
 * doubt, and the container itself says whether it was done.
 *
 * A text of several parts is a thread: the container of each part names the published post before
 * it. Pictures go with the first part; the network fetches them.
 */
#ifndef CRISIS_CHANNELS_CONTAINER_H
#define CRISIS_CHANNELS_CONTAINER_H

#include <stdbool.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/graph_reply.h"

enum container_stage {
    CONTAINER_START,
    CONTAINER_ADDING,   /* the pictures of several, each a container of its own */
    CONTAINER_CREATING, /* what will be the post */
    CONTAINER_WAITING,  /* until it is ready */
    CONTAINER_PUBLISHING,
    CONTAINER_LINKING, /* all parts are posted: their permalinks */
    CONTAINER_FINDING, /* is it published? */
    CONTAINER_LISTING, /* then which post is it? */
    CONTAINER_LISTING_OTHER,
    CONTAINER_DELETING,
    CONTAINER_CHECKING,
    CONTAINER_CHECKING_LIMIT,
    CONTAINER_RENEWING,
};
extern const char *const container_stages[];

/* Why a container could not be made ready, by a word in what the network says of it; and what a
 * person does. */
struct container_trouble {
    const char *word, *sentence, *next;
};

/* What a network's containers differ in. */
struct container_network {
    const struct channel_driver *driver;
    const struct graph_errors *errors;
    const char *name; /* for people: "Threads" */
    const char *create_edge, *publish_edge, *limit_edge;
    const char *posts_edge, *replies_edge; /* lists of one's own; replies: NULL, it has none */
    const char *list_limit;
    const char *status_field, *trouble_field;
    const char *text_field;
    const char *text_type, *image_type;       /* media_type of those; NULL: it is left out */
    const struct container_trouble *troubles; /* ends with a NULL word; NULL: it says a subcode */
    const char *check_fields;
    bool (*with_proof)(const struct channel_job *job); /* of the app's secret; NULL: never */
};

/* The account's id, or "me" for the token's own. */
const char *container_account(const struct channel_job *job);

/* POST, FIND, RETRACT and CHECK; the caller has seen to the credential and the parts. */
enum channel_next container_step(const struct container_network *network,
                                 const struct channel_job *job, struct channel_progress *progress,
                                 const struct http_reply *reply, struct channel_action *action);

#endif

/*
 * Threads and Instagram as they take a post: a container is made, becomes ready, and is published
 * once (developers.facebook.com: Threads API, "Posts"; Instagram Platform, "Content Publishing").
 * Checks answer with the error themselves and return false.
 */
#ifndef CRISIS_SANDBOX_CONTAINER_H
#define CRISIS_SANDBOX_CONTAINER_H

#include "sandbox/facebook.h"

enum { CONTAINERS_MAX = 1000000, CONTAINER_LIFE_MS = 24 * 60 * 60 * 1000 };

/* What nobody sees yet. */
struct container {
    struct account *account;
    char *id, *text, *raw; /* raw: what is to be shown of pictures, as JSON; may be NULL */
    struct post *reply_to; /* or NULL */
    bool is_item;          /* one picture of a carousel: it is not published itself */
    bool is_spoilt;        /* by a fault */
    int64_t created_ms, ready_ms;
    struct post *published;     /* the post that it became, or NULL */
    struct container *previous; /* made before it, whosever */
};

/* What the networks differ in. */
struct container_kind {
    enum channel channel;
    const char *create_edge, *publish_edge, *limit_edge, *posts_edge, *replies_edge;
    const char *const *create_names; /* known parameters */
    const char *const *status_names, *const *post_names;
    const char *status_name, *text_name, *grant_type, *token_prefix;
    unsigned posts_in_a_day;
    /* Checks what a container is made of. */
    bool (*check)(struct graph_call *call, bool is_item);
    bool (*refuse_publish)(struct graph_call *call, bool is_ready); /* false */
    bool (*refuse_quota)(struct graph_call *call);                  /* false */
    bool (*may_delete)(struct graph_call *call);
    void (*write_url)(const struct post *post, char *out, size_t size);
};

/* Handles a request whose path, without the version, has these parts. */
void sandbox_container_handle(const struct container_kind *kind, struct graph_call *call,
                              const char *const *parts, size_t count);

/* The account that a path or its token names, for faults. */
struct account *sandbox_container_identify(enum channel channel, const struct world *world,
                                           const struct request *request,
                                           const struct path_parts *path);

/* An item of a carousel of that id that is the account's and ready. */
const struct container *sandbox_container_item(const struct graph_call *call, const char *id);

/* container_object.c */
void sandbox_container_post(struct text *out, const struct container_kind *kind, const char *fields,
                            const struct post *post);
void sandbox_container_status(struct text *out, const struct container_kind *kind,
                              const char *fields, const struct container *container,
                              int64_t now_ms);
const char *sandbox_container_state(const struct container *container, int64_t now_ms);

#endif

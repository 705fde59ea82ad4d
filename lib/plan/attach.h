/*
 * Which of a message's media go with its texts on a channel: those that the network takes, in the
 * plan's order. A post has pictures or a film, never both: the kind that the channel needs, else
 * that of the first one that it takes. What is left out is told among the findings.
 */
#ifndef CRISIS_PLAN_ATTACH_H
#define CRISIS_PLAN_ATTACH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#include "plan/findings.h"
#include "plan/render.h"

/* Of one message on one channel. */
struct attachments {
    const struct message_media **chosen;
    size_t count;
    const struct media **by_language; /* one list per language of the plan, made when asked for */
    bool needs_card;                  /* the channel shows pictures only, and none is chosen */
    const char *missing; /* what no post may lack there and this one does, in words that
                            follow the channel's name; NULL: nothing */
};

/* findings: where to tell what is left out; NULL: nowhere. */
void attach_choose(struct arena *arena, const struct render_request *request,
                   const struct channel_shape *channel, struct findings *findings,
                   struct attachments *out);

/* Tells of alt texts that are longer than the channel takes, in any language. */
void attach_check_alts(const struct render_request *request, const struct channel_shape *channel,
                       const struct attachments *attachments, struct findings *findings);

/* The chosen media with their alt texts in a language; NULL when there are none. */
const struct media *attach_in_language(struct arena *arena, const struct render_request *request,
                                       struct attachments *attachments, size_t language);

/* What a file shows, in a language of the plan, else in its first one. */
const char *attach_alt(const struct message_media *media, size_t language);

/* Whether a channel takes such a file, as far as its kind, form and size go: NULL, or why not,
 * in words that follow "they". */
const char *attach_refusal(struct arena *arena, const struct media_limits *limits,
                           const struct media *media);

/* Where the public site has a file: "https://krise.example.no/media/SHA256.png". NULL: there is no
 * site. */
const char *attach_url(struct arena *arena, const char *site_url, const struct media *media);

#endif

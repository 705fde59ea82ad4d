/* Inside the stand-in for YouTube. Checks answer with the error themselves and return false. */
#ifndef CRISIS_SANDBOX_YOUTUBE_H
#define CRISIS_SANDBOX_YOUTUBE_H

#include "sandbox/network.h"

/* An upload under way, or done: then it has a post. */
struct film {
    struct account *account;
    char id[24]; /* of the session */
    char *title, *description;
    size_t size; /* that was announced */
    struct text bytes;
    struct post *post;
    struct film *previous;
};

/* youtube.c */
bool sandbox_youtube_say(struct exchange *exchange, unsigned status, const char *reason,
                         const char *message);
void sandbox_youtube_ok(struct exchange *exchange, unsigned status);
bool sandbox_youtube_authorize(struct world *world, struct exchange *exchange,
                               struct outcome *outcome);
void sandbox_youtube_trouble(struct world *world, struct exchange *exchange,
                             enum network_trouble trouble, const struct account *account,
                             int64_t seconds);

/* youtube_upload.c */
void sandbox_youtube_open(struct world *world, struct exchange *exchange, struct outcome *outcome);
void sandbox_youtube_put(struct world *world, struct exchange *exchange, struct outcome *outcome);

/* youtube_account.c */
struct account *sandbox_youtube_by_refresh_token(const struct world *world, const char *form,
                                                 size_t length);
void sandbox_youtube_token(struct world *world, struct exchange *exchange, struct outcome *outcome);
void sandbox_youtube_channel(struct world *world, struct exchange *exchange,
                             struct outcome *outcome);
void sandbox_youtube_playlist(struct world *world, struct exchange *exchange,
                              struct outcome *outcome);

#endif

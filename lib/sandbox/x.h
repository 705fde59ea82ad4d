/* Inside the stand-in for X. Checks answer with the error themselves and return false. */
#ifndef CRISIS_SANDBOX_X_H
#define CRISIS_SANDBOX_X_H

#include <jansson.h>

#include "sandbox/network.h"

enum { X_MEDIA_MAX = 4 };
#define BLANK "about:blank"

/* x_error.c */
void sandbox_x_headers(struct exchange *exchange);
void sandbox_x_rate_headers(struct exchange *exchange, unsigned limit, unsigned used,
                            int64_t reset_ms);
bool sandbox_x_problem(struct exchange *exchange, unsigned status, const char *title,
                       const char *type, const char *detail);
/* 400, naming the parameter where there is one. */
bool sandbox_x_invalid(struct exchange *exchange, const char *parameter, const char *value,
                       const char *message);
bool sandbox_x_not_found(struct exchange *exchange, const char *what, const char *id);
bool sandbox_x_refuse(struct world *world, struct exchange *exchange, int code);
void sandbox_x_trouble(struct world *world, struct exchange *exchange, enum network_trouble trouble,
                       const struct account *account, int64_t seconds);

/* x_account.c */
struct account *sandbox_x_identify(const struct world *world, const struct request *request,
                                   const struct path_parts *path);
bool sandbox_x_authorize(struct world *world, struct exchange *exchange, struct outcome *outcome);
/* Counts the request in its window; 429 when the window is used up. */
bool sandbox_x_count(struct world *world, struct exchange *exchange, struct account *account,
                     enum x_endpoint endpoint);
bool sandbox_x_read_query(struct exchange *exchange, struct parameters *parameters,
                          const char *const *known);
/* POST /2/oauth2/token */
void sandbox_x_token(struct world *world, struct exchange *exchange, struct outcome *outcome);

/* x.c: ids grow with time, as X's do. */
uint64_t sandbox_x_next_id(struct world *world);

/* x_media.c: POST /2/media/upload, POST /2/media/metadata */
void sandbox_x_upload(struct world *world, struct exchange *exchange, struct outcome *outcome);
void sandbox_x_describe(struct world *world, struct exchange *exchange, struct outcome *outcome);
/* The member `media` of a post: uploads of this account. */
bool sandbox_x_read_media(const struct world *world, struct exchange *exchange, const json_t *media,
                          const struct account *account, struct upload *out[X_MEDIA_MAX],
                          size_t *count);

/* x_timeline.c */
void sandbox_x_timeline(struct world *world, struct exchange *exchange, const char *id,
                        struct outcome *outcome);
/* A post's text as it is shown: with the address of its pictures behind it. */
void sandbox_x_add_wrapped(struct text *out, const struct post *post);

#endif

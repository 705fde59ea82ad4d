/* Inside the stand-in for WordPress. */
#ifndef CRISIS_SANDBOX_WORDPRESS_H
#define CRISIS_SANDBOX_WORDPRESS_H

#include "sandbox/web_site.h"

/* {"code":…,"message":…,"data":{"status":…}}; false, for those who return at once. */
bool sandbox_wordpress_say(struct exchange *exchange, unsigned status, const char *code,
                           const char *message);
bool sandbox_wordpress_refuse(struct world *world, struct exchange *exchange, int code);
void sandbox_wordpress_trouble(struct world *world, struct exchange *exchange,
                               enum network_trouble trouble, const struct account *account,
                               int64_t seconds);
/* The status and content type of an answer that is a success. */
void sandbox_wordpress_begin(struct exchange *exchange, unsigned status);
/* A post as an answer has it, with the fields that are asked for here. */
void sandbox_wordpress_add_post(struct text *body, const struct post *post);

/* POST …/media: keeps the picture's number. */
void sandbox_wordpress_upload(struct world *world, struct exchange *exchange,
                              struct outcome *outcome);
/* A picture of the site by its number; NULL: it has none. */
struct upload *sandbox_wordpress_media(const struct world *world, const struct account *account,
                                       int64_t number);
/* Attaches what a gallery in the content shows. A number that is none is left out, as WordPress
 * does. */
void sandbox_wordpress_attach(const struct world *world, struct post *post, const char *content);

#endif

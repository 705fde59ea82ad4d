/* Inside the stand-in for the Graph API. Checks answer with the error themselves and return false.
 */
#ifndef CRISIS_SANDBOX_FACEBOOK_H
#define CRISIS_SANDBOX_FACEBOOK_H

#include "sandbox/multipart.h"
#include "sandbox/network.h"

enum { GRAPH_FIELDS_MAX_BYTES = 1024 };

/* A request for one page or post: what every handler needs. */
struct graph_call {
    struct world *world;
    struct exchange *exchange;
    struct outcome *outcome;
    enum channel channel; /* Facebook, or another of its networks */
    struct parameters parameters;
    struct form form; /* of a call with a file: the parameters point into it */
    const char *token;
    struct account *account;
};

/* facebook_error.c */
void sandbox_graph_headers(struct world *world, struct exchange *exchange,
                           const struct account *account, int64_t regain_seconds);
/* An error with its own message; false, so that checks can return it. */
bool sandbox_graph_say(struct world *world, struct exchange *exchange, unsigned status, int code,
                       int subcode, const char *format, ...) __attribute__((format(printf, 6, 7)));
void sandbox_graph_trouble(struct world *world, struct exchange *exchange,
                           enum network_trouble trouble, const struct account *account,
                           int64_t seconds);
bool sandbox_graph_refuse(struct world *world, struct exchange *exchange, int code);

/* facebook_call.c, in the order of the calls */
bool sandbox_graph_read(struct graph_call *call, const char *const *known);
/* The same, of a call with a file `source`. */
bool sandbox_graph_read_file(struct graph_call *call, const char *const *known);
void sandbox_graph_release(struct graph_call *call);
bool sandbox_graph_check_token(struct graph_call *call);
bool sandbox_graph_check_proof(const struct graph_call *call);
/* Binds a token that is new to a page that is new, where no accounts were given. */
bool sandbox_graph_check_page(struct graph_call *call, const char *page);
const char *sandbox_graph_get(const struct graph_call *call, const char *name);
bool sandbox_graph_number(const struct graph_call *call, const char *name, uint64_t standard,
                          uint64_t min, uint64_t max, uint64_t *out);

/* facebook_photos.c: POST /{page}/photos */
void sandbox_graph_photo(struct graph_call *call, const char *page);
/* The parameter attached_media of a post: photos of this page that no post has. */
bool sandbox_graph_attached(const struct graph_call *call,
                            struct upload *out[SANDBOX_POST_MEDIA_MAX], size_t *count);

/* facebook_object.c */
extern const char *const sandbox_graph_page_fields[], *const sandbox_graph_post_fields[];
/* The fields asked for, or the standard ones; all of them known. */
bool sandbox_graph_fields(const struct graph_call *call, const char *const *known,
                          const char *standard, char out[GRAPH_FIELDS_MAX_BYTES]);
/* One object with these fields: the post, or else the page. `id` is always there. */
void sandbox_graph_object(struct text *out, const char *fields, const struct account *page,
                          const struct post *post);

#endif

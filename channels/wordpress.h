/* What the files of the WordPress driver share. */
#ifndef CRISIS_CHANNELS_WORDPRESS_H
#define CRISIS_CHANNELS_WORDPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/json.h"

#include "channels/channel.h"
#include "channels/shared.h"

enum wordpress_stage {
    WORDPRESS_START,
    WORDPRESS_UPLOADING,
    WORDPRESS_POSTING,
    WORDPRESS_COMPARING, /* our slug was taken: by a post of this delivery? */
    WORDPRESS_REMOVING,  /* then the second one goes */
    WORDPRESS_FINDING,
    WORDPRESS_DELETING,
    WORDPRESS_CHECKING_SITE,
    WORDPRESS_CHECKING_API,
    WORDPRESS_CHECKING_CATEGORY,
    WORDPRESS_CHECKING_USER,
};

enum { WORDPRESS_ID_SIZE = 21, WORDPRESS_ROOT_SIZE = 256 };

/* A number that can stand in a path. */
bool wordpress_is_id(const char *id);

/* --- wordpress_request.c --- */

/*
 * Where the site's REST API is, without a slash at the end: the setting `api`, else /wp-json under
 * the site. Without permalinks it is ".../index.php?rest_route=": the path follows either.
 */
void wordpress_root(const struct channel_job *job, char out[WORDPRESS_ROOT_SIZE]);
/* The site and `suffix`; false when it does not fit. */
bool wordpress_site_path(const struct channel_job *job, const char *suffix,
                         char out[WORDPRESS_ROOT_SIZE]);

/* Starts a request to root/path with the fields that its answer is to have. */
void wordpress_start_request(struct channel_action *action, enum http_method method,
                             enum request_effect effect, const char *root, const char *path,
                             const char *id, const char *fields);
void wordpress_authorize(const struct channel_job *job, struct http_request *request);

/* --- wordpress_reply.c --- */

/* What an answer that is no success means. */
struct verdict wordpress_verdict(const struct http_reply *reply, const struct json *root,
                                 enum request_effect effect);
enum channel_next wordpress_end_refused(const struct channel_job *job,
                                        const struct http_reply *reply, const struct json *root,
                                        enum request_effect effect, struct channel_action *action);
/* Is what was to be deleted gone, by this answer or before? A 404 of a web server or of a site
 * without the API says nothing of the post, and neither does a page of a login. */
bool wordpress_is_deleted(const struct http_reply *reply, const struct json *root);

/* --- wordpress_media.c --- */

/* Goes on with the pictures: reply NULL, else the answer to an upload; root is its body. True:
 * *next is what to do next. False: all are settled, and it is the post's turn. */
bool wordpress_media_step(const struct channel_job *job, struct channel_progress *progress,
                          const struct http_reply *reply, const struct json *root,
                          struct channel_action *action, enum channel_next *next);
/* The shortcode that shows the pictures, and the member `featured_media`; none: nothing. */
void wordpress_media_add_gallery(const struct channel_progress *progress, struct text *html);
void wordpress_media_add_member(const struct channel_progress *progress, struct text *body);

/* --- wordpress_check.c --- */

enum channel_next wordpress_step_check(const struct channel_job *job,
                                       struct channel_progress *progress,
                                       const struct http_reply *reply,
                                       struct channel_action *action);

#endif

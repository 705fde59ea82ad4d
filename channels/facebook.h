/* What the files of the Facebook driver share. */
#ifndef CRISIS_CHANNELS_FACEBOOK_H
#define CRISIS_CHANNELS_FACEBOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/json.h"

#include "channels/channel.h"

enum facebook_stage {
    FACEBOOK_START,
    FACEBOOK_POSTING,
    FACEBOOK_FINDING,
    FACEBOOK_DELETING,
    FACEBOOK_CHECKING_PAGE,
    FACEBOOK_CHECKING_TOKEN,
    FACEBOOK_CHECKING_RIGHTS,
    FACEBOOK_UPLOADING,
};

/* The account's page, or NULL. */
const char *facebook_page_of(const struct channel_job *job);

/* The network's address with a '/' at its end. */
void facebook_add_endpoint(const struct channel_job *job, struct text *url);

/* The token and its proof: into the body of a POST (form_add), else into the query (query_add),
 * where the Graph API documents them. */
void facebook_add_credential(const struct channel_job *job, struct text *out,
                             void (*add)(struct text *, const char *, const char *));

/* GET {endpoint}/{path}?fields=…; the path is encoded already. */
enum channel_next facebook_send_read(const struct channel_job *job, const char *path,
                                     const char *fields, struct channel_action *action);

/* POST {page}/photos: a picture that nobody sees before a post has it. */
enum channel_next facebook_send_photo(const struct channel_job *job, const struct media *media,
                                      struct channel_action *action);

/* The member `message` of a post; and where it follows an earlier one `link`, with that one's
 * address, unless pictures take its place or it was refused: then the address is in the text. */
void facebook_add_text(const struct channel_job *job, const struct channel_progress *progress,
                       struct text *body);

/* Does Facebook refuse the post for a link in it? */
bool facebook_is_about_link(const struct json *root);

/* After such a refusal: the earlier post is named otherwise, or not at all; false: it was not. */
bool facebook_change_link(const struct channel_job *job, struct channel_progress *progress);

/* The member `attached_media` of a post, with the pictures that were uploaded; none: nothing. */
void facebook_add_photos(const struct channel_progress *progress, struct text *body);

/* Ends the task by what the error says. */
enum channel_next facebook_end_refused(const struct channel_job *job,
                                       const struct http_reply *reply, const struct json *root,
                                       enum request_effect effect, struct channel_action *action);

/* TASK_CHECK. */
enum channel_next facebook_step_check(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply,
                                      struct channel_action *action);

#endif

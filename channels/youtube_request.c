#include "channels/youtube.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/form.h"

#include "channels/access_token.h"
#include "channels/drivers.h"
#include "channels/link_back.h"
#include "channels/shared.h"
#include "channels/youtube_reply.h"

void youtube_start_request(const struct channel_job *job, struct channel_action *action,
                           enum http_method method, enum request_effect effect, const char *path)
{
    const char *address = channel_address(&channel_youtube, job->account, job->network);

    access_token_start_request(job, action, method, effect, address, path);
}

enum channel_next youtube_send_channel(const struct channel_job *job, struct channel_action *action)
{
    youtube_start_request(job, action, HTTP_GET, EFFECT_NONE, "/youtube/v3/channels");
    query_add(&action->request.url, "part", "id,snippet,contentDetails");
    query_add(&action->request.url, "mine", "true");
    return shared_send(job, action);
}

enum channel_next youtube_end_refused(const struct channel_job *job, const struct http_reply *reply,
                                      const struct json *root, enum request_effect effect,
                                      struct channel_action *action)
{
    struct verdict verdict = youtube_verdict(reply, root, effect);
    return shared_end(job, reply, &verdict, action);
}

bool youtube_is_id(const char *id)
{
    return strlen(id) < YOUTUBE_ID_SIZE &&
           shared_consists_of(id,
                              "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
}

void youtube_keep_post(const struct channel_job *job, struct channel_progress *progress,
                       const char *id)
{
    struct post *post = &progress->posts[0];
    char url[sizeof(post->url)];

    snprintf(post->id, sizeof(post->id), "%s", id);
    snprintf(url, sizeof(url), YOUTUBE_WATCH_ADDRESS "%s", id);
    shared_copy_url(job, url, post->url, sizeof(post->url));
    progress->post_count = 1;
    progress->part = 1;
}

void youtube_title_add(const struct draft *draft, struct text *out)
{
    const char *title = draft->headline && draft->headline[0] ? draft->headline : draft->parts[0];
    text_add_bytes(out, title, strcspn(title, "\r\n"));
}

/* Texts leave room for the address; where one does not, the text is what matters. */
void youtube_add_description(const struct channel_job *job, struct text *body)
{
    struct text description;

    text_init(&description, YOUTUBE_DESCRIPTION_MAX_BYTES);
    link_back_add_text(job, &description);
    json_add_member(body, "description",
                    description.overflowed ? job->draft->parts[0] : description.bytes);
    text_release(&description);
}

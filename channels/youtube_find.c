#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/limits.h"
#include "wire/form.h"

#include "channels/link_back.h"
#include "channels/match.h"
#include "channels/shared.h"
#include "channels/tasks.h"
#include "channels/youtube.h"
#include "channels/youtube_reply.h"

enum { LIST_LENGTH = 50 };

/* The session knows best: it is asked first, and the channel's own list only when it is gone. */
static enum channel_next take_session(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    char id[YOUTUBE_ID_SIZE];
    size_t there, size = job->draft->media[0].size_bytes;
    struct verdict unseen;

    if (shared_is_success(reply) && json_id(root, id, sizeof(id), "id", NULL) &&
        youtube_is_id(id)) {
        if (youtube_is_unseen(root, &unseen))
            return shared_end(job, reply, &unseen, action);
        youtube_keep_post(job, progress, id);
        return shared_end_well(reply, OUTCOME_POSTED, action);
    }
    if (reply->status == 308) {
        bool is_incomplete = youtube_read_range(reply, size, &there) && there < size;
        return shared_end_well(reply, is_incomplete ? OUTCOME_ABSENT : OUTCOME_UNKNOWN, action);
    }
    if (reply->status != 404 && reply->status != 410)
        return youtube_end_refused(job, reply, root, EFFECT_NONE, action);
    progress->stage = YOUTUBE_FINDING_CHANNEL;
    return youtube_send_channel(job, action);
}

static enum channel_next take_channel(const struct channel_job *job,
                                      struct channel_progress *progress,
                                      const struct http_reply *reply, const struct json *root,
                                      struct channel_action *action)
{
    const char *uploads = json_text(json_item(json_get(root, "items", NULL), 0), "contentDetails",
                                    "relatedPlaylists", "uploads", NULL);
    char length[8];

    if (!shared_is_success(reply) || !uploads || !youtube_is_id(uploads))
        return youtube_end_refused(job, reply, root, EFFECT_NONE, action);
    progress->stage = YOUTUBE_FINDING;
    youtube_start_request(job, action, HTTP_GET, EFFECT_NONE, "/youtube/v3/playlistItems");
    query_add(&action->request.url, "part", "snippet,contentDetails,status");
    query_add(&action->request.url, "playlistId", uploads);
    snprintf(length, sizeof(length), "%d", LIST_LENGTH);
    query_add(&action->request.url, "maxResults", length);
    return shared_send(job, action);
}

static bool is_same(const struct channel_job *job, const struct json *item)
{
    const char *title = json_text(item, "snippet", "title", NULL);
    const char *description = json_text(item, "snippet", "description", NULL);
    struct text ours;

    text_init(&ours, TEXT_MAX_BYTES);
    youtube_title_add(job->draft, &ours);
    bool is_ours = title && description && match_text(ours.bytes, title, 0) &&
                   link_back_match(job, description, 0);
    text_release(&ours);
    return is_ours;
}

/* What a page of the list says. */
struct found {
    const struct json *item; /* of several that may be ours the oldest, as in the other drivers'
                                look-ups; or NULL */
    int64_t created_ms;
    bool is_timeless; /* one may be ours, and does not say when it was made */
    bool reaches_back;
};

static void look_at(const struct channel_job *job, const struct json *item, struct found *found)
{
    const char *created = json_text(item, "snippet", "publishedAt", NULL);
    enum match_time time = match_created(created, job->first_sent_unix_ms);
    char id[YOUTUBE_ID_SIZE];
    int64_t created_ms;

    found->reaches_back |= time == MATCH_BEFORE;
    if (time == MATCH_BEFORE || !is_same(job, item) ||
        !json_id(item, id, sizeof(id), "contentDetails", "videoId", NULL) || !youtube_is_id(id) ||
        match_known(job, id))
        return;
    if (time == MATCH_NO_TIME || !rfc3339_parse(created, &created_ms)) {
        found->is_timeless = true;
    } else if (!found->item || created_ms <= found->created_ms) {
        found->item = item;
        found->created_ms = created_ms;
    }
}

static enum channel_next take_list(const struct channel_job *job, struct channel_progress *progress,
                                   const struct http_reply *reply, const struct json *root,
                                   struct channel_action *action)
{
    const struct json *items = json_get(root, "items", NULL);
    struct found found = {.reaches_back = !json_get(root, "nextPageToken", NULL)};
    struct verdict unseen;
    char id[YOUTUBE_ID_SIZE];

    if (!shared_is_success(reply) || !json_is_array(items))
        return youtube_end_refused(job, reply, root, EFFECT_NONE, action);
    for (size_t i = 0; i < json_count(items); i++)
        look_at(job, json_item(items, i), &found);
    if (found.item && youtube_is_unseen(found.item, &unseen))
        return shared_end(job, reply, &unseen, action);
    if (json_id(found.item, id, sizeof(id), "contentDetails", "videoId", NULL)) {
        youtube_keep_post(job, progress, id);
        return shared_end_well(reply, OUTCOME_POSTED, action);
    }
    return shared_end_well(
        reply, found.is_timeless || !found.reaches_back ? OUTCOME_UNKNOWN : OUTCOME_ABSENT, action);
}

enum channel_next youtube_step_find(const struct channel_job *job,
                                    struct channel_progress *progress,
                                    const struct http_reply *reply, struct channel_action *action)
{
    bool is_under_way =
        progress->stage >= YOUTUBE_FINDING_SESSION && progress->stage <= YOUTUBE_FINDING;

    if (progress->post_count > 0)
        return shared_end_well(reply, OUTCOME_POSTED, action);
    if (!youtube_has_session(progress))
        return shared_end_well(NULL, OUTCOME_ABSENT, action); /* no byte of the film has left */
    if (!reply || !is_under_way) {
        progress->stage = YOUTUBE_FINDING_SESSION;
        return youtube_send_probe(job, progress, action);
    }
    if (progress->stage == YOUTUBE_FINDING_SESSION)
        return tasks_take(take_session, job, progress, reply, action);
    return tasks_take(progress->stage == YOUTUBE_FINDING_CHANNEL ? take_channel : take_list, job,
                      progress, reply, action);
}
